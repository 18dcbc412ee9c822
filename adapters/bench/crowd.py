"""Ten made-up traces with two thousand candidates and ten thousand contacts, for measuring a console."""

from datetime import UTC, datetime, timedelta

import cv2
import msgspec
import numpy as np

from engine.api.contact_schema import Backing, ContactLine, Risk, Scene
from engine.api.schema import (
    API_VERSION,
    CandidateView,
    ExposureView,
    GapView,
    Hello,
    Picture,
    TraceDetail,
    TraceView,
    ViewReply,
    VisitView,
)
from engine.api.site_schema import CameraPlace, CityMap, Street
from engine.domain.authorisation import AuthorisationState
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from engine.domain.track import MaskState

TRACES, CANDIDATES_EACH, CONTACTS = 10, 200, 10_000
WINDOWS = 600
PERSON = "investigator"
NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
NAMES = ("김서윤", "이하준", "박지우", "Novak Ilse", "Okafor Amara", "정도현", "Lindqvist Tomas", "한은채")
FACE_PX = 128  # height of the face in a picture of 160


class Crowd:
    """How the made-up engine stands: ``tick`` moves every trace on a little."""

    def __init__(self) -> None:
        self.hello = Hello(
            version="bench", api_min=API_VERSION, api_max=API_VERSION, profile="rehearsal", person=PERSON,
            site="bench", timezone="Asia/Seoul", demo_models=True, roles=("investigator", "auditor"),
        )  # fmt: skip
        self.ticks = 0
        self.answers: dict[str, CandidateView] = {}
        self._pictures = {look: _pictures(look) for look in range(6)}
        self._candidates = {n: tuple(_candidate(n, c) for c in range(CANDIDATES_EACH)) for n in range(TRACES)}
        self._scenes = tuple(_scene(number) for number in range(CONTACTS))

    @property
    def now(self) -> datetime:
        return NOON + timedelta(hours=2, seconds=self.ticks / 4)

    def tick(self) -> None:
        self.ticks += 1

    def traces(self) -> tuple[TraceView, ...]:
        return tuple(self._trace(number) for number in range(TRACES))

    def detail(self, trace_id: str) -> TraceDetail:
        """Raises KeyError for a trace that there is not."""
        number = {f"T-{n}": n for n in range(TRACES)}[trace_id]
        return TraceDetail(
            trace=self._trace(number),
            candidates=tuple(self.answers.get(c.candidate_id, c) for c in self._candidates[number]),
            visits=tuple(_visit(number, place) for place in range(24)),
            gaps=tuple(
                GapView(start=_at(7 + 30 * n), end=_at(20 + 30 * n), reason="no camera") for n in range(24)
            ),
            exposures=tuple(_exposure(scene) for scene in self._scenes) if number == 0 else (),
            scope_cameras=tuple(f"cam{n}" for n in range(40)),
        )

    def contacts(self, case_id: str) -> tuple[ContactLine, ...]:
        if case_id != _case(0):
            return ()
        return tuple(_contact(number, scene) for number, scene in enumerate(self._scenes))

    def view(self, candidate_id: str, face_height_px: float, number: int) -> ViewReply:
        look = sum(candidate_id.encode()) % len(self._pictures)
        return ViewReply(
            view_id=f"V-{number}",
            candidate_id=candidate_id,
            adequate=face_height_px >= 60,
            not_before=self.now,
            subject=self._pictures[0][:1],
            pictures=self._pictures[look],
        )

    def answer(self, candidate_id: str, answer: Answer, by: str = PERSON) -> CandidateView:
        """Raises StopIteration for a candidate that there is not."""
        before = self.answers.get(candidate_id) or next(
            c for all_of in self._candidates.values() for c in all_of if c.candidate_id == candidate_id
        )
        changed = msgspec.structs.replace(
            before, answer=answer, decided_by=by, decided_at=self.now, version=before.version + 1,
            support="moderate support that it is the patient",
        )  # fmt: skip
        self.answers[candidate_id] = changed
        return changed

    def city_map(self) -> CityMap:
        streets = [
            Street(name=f"{n}-gil", line=((127.0, 37.5 + n / 900), (127.04, 37.5 + n / 900)))
            for n in range(36)
        ] + [
            Street(name=f"{n}-ro", line=((127.0 + n / 900, 37.5), (127.0 + n / 900, 37.54)))
            for n in range(36)
        ]
        cameras = [
            CameraPlace(
                camera_id=f"cam{n}",
                name=f"cam{n}",
                lat=37.5 + n % 36 / 900,
                lon=127 + n // 36 / 900,
                range_m=30,
            )
            for n in range(1200)
        ]
        return CityMap(streets=tuple(streets), cameras=tuple(cameras))

    def _trace(self, number: int) -> TraceView:
        done = (self.ticks * (number + 1) // 8) % WINDOWS
        answered = sum(view.trace_id == f"T-{number}" for view in self.answers.values())
        return TraceView(
            trace_id=f"T-{number}", case_id=_case(number), state=TraceState.RUNNING, step="scan",
            queued=NOON, started=NOON, first_window=NOON, first_candidate=NOON, finished=None,
            windows_total=WINDOWS, windows_done=done, frames=self.ticks * 37 * (number + 3),
            faces=self.ticks * 11, cannot_assess=self.ticks, candidates=CANDIDATES_EACH,
            undecided=CANDIDATES_EACH - answered, camera_id=f"cam{self.ticks // 4 % 40}", message="",
            expires_at=NOON + timedelta(hours=9), four_eyes=False,
            window_fraction=self.ticks * 7 % 100 / 100, authorisation=AuthorisationState.APPROVED,
            ground="separate_consent",
        )  # fmt: skip


def _case(number: int) -> str:
    return f"2026-{number + 101}"


def _at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def _candidate(trace: int, number: int) -> CandidateView:
    return CandidateView(
        candidate_id=f"C-{trace}-{number}", trace_id=f"T-{trace}", case_id=_case(trace),
        camera_id=f"cam{number % 40}", camera_name=f"cam{number % 40} west door", place="City library",
        start=_at(3 * number), end=_at(3 * number + 0.2), sigma_s=2.0, llr=None, mask=MaskState.BARE,
        inter_eye_px=30.0 + number % 30, infeasible="",
        evidence=(
            f"{30 + number % 30} px between the eyes, sharp, frontal", "no mask",
            f"seen for {number % 9 + 1}.0 s in 31 usable frames", "camera clock known to ± 2 s",
            "1 other people in the scene", "the journey is possible",
        ),
        support="", neighbours=1, answer=None, because=None, decided_by="", decided_at=None,
    )  # fmt: skip


def _visit(trace: int, number: int) -> VisitView:
    return VisitView(
        start=_at(30 * number), end=_at(30 * number + 7), sigma_s=60.0, place_id=f"pl-{number % 6}",
        label=f"{NAMES[number % 6]}네 식당" if number % 2 else f"Market hall {number % 6}",
        basis="both" if number % 3 else "record", cameras=(f"cam{number % 40}",), sources=("card",),
        lat=37.5 + (number * 7 + trace) % 36 / 900, lon=127 + (number * 5) % 36 / 900, radius_m=50.0,
        conflict="",
    )  # fmt: skip


def _scene(number: int) -> Scene:
    return Scene(
        candidate_id=f"C-0-{number % CANDIDATES_EACH}", person=f"U-{number:05d}", camera=f"cam{number % 40}",
        start=_at(number % 600), end=_at(number % 600 + 3), minutes=0.5 + number % 40,
        distance_low_m=0.5 + number % 7 / 4, distance_high_m=1.5 + number % 7, patient_mask=MaskState.BARE,
        person_mask=tuple(MaskState)[number % 3], suggestions=(), camera_name=f"cam{number % 40} west door",
        place="City library",
    )  # fmt: skip


def _exposure(scene: Scene) -> ExposureView:
    return ExposureView(
        person=scene.person, camera=scene.camera, candidate_id=scene.candidate_id, start=scene.start,
        end=scene.end, minutes=scene.minutes, distance_low_m=scene.distance_low_m,
        distance_high_m=scene.distance_high_m, patient_mask=scene.patient_mask,
        person_mask=scene.person_mask, suggestions=scene.suggestions,
    )  # fmt: skip


def _contact(number: int, scene: Scene) -> ContactLine:
    named = number % 4 == 3
    return ContactLine(
        contact_id=f"{scene.candidate_id}:{scene.person}", case_id=_case(0),
        name=f"{number:05d} {NAMES[number % 8]}" if named else scene.person,
        backing=Backing.ROSTER if named else None, reference=f"roster line {number}" if named else "",
        scenes=(scene,), minutes=scene.minutes, risk=(None, *Risk)[number % 4] if named else None,
    )  # fmt: skip


def _pictures(look: int) -> tuple[Picture, ...]:
    """Two faces and a frame: a few shapes with grain, so that every cell has a colour of its own, as those
    of real pictures have."""
    grain = np.random.default_rng(look)
    faces = []
    for turned in (-6, 8):
        image = np.full((160, 160, 3), (96, 88, 78), np.uint8)
        cv2.ellipse(image, (80, 80), (52, 68), 0, 0, 360, (30 + 9 * look, 52, 70), -1)
        cv2.ellipse(image, (80 + turned, 90), (44, 54), 0, 0, 360, (150 - 9 * look, 178, 220), -1)
        for side in (-18, 18):
            cv2.circle(image, (80 + turned + side, 82), 5, (40, 40, 40), -1)
        faces.append(_picture("face", _grainy(image, grain)))
    frame = _grainy(np.full((180, 320, 3), (120, 112, 100), np.uint8), grain)
    return (*faces, _picture("frame", frame))


def _grainy(image: np.ndarray, grain: np.random.Generator) -> np.ndarray:
    noise = grain.normal(0, 12, (*image.shape[:2], 1))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _picture(kind: str, image: np.ndarray) -> Picture:
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 88])
    face_px = FACE_PX if kind == "face" else FACE_PX / 4
    return Picture(
        kind=kind, at=NOON, width=image.shape[1], height=image.shape[0], face_px=face_px, jpeg=jpeg.tobytes()
    )
