"""G6: one subject a search, past footage only, nothing that goes on looking by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from adapters.footage.archive import load_archive
from engine.api.schema import TraceStart
from engine.domain.authorisation import Role, Scope
from engine.domain.camera import Segment
from engine.domain.errors import InputError, Refused, Unknown
from engine.domain.interval import Interval
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.ports import Image
from engine.schedule.frames import Enrolled, Failed
from engine.trace.gather import gather
from engine.trace.narrow import narrow
from tests.guarantees.house import ME, NOON, NOW, a_camera, a_house, a_record, a_segment, by
from tests.guarantees.server_house import KIM, a_case, an_order, permitted
from tests.guarantees.worker_line import WorkerLine


def portrait(shared: Path, name: str) -> Image:
    return cv2.imread(str(shared / "faces" / "enrol" / f"{name}.png"))


def png(image: Image) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def enrolled(worker: WorkerLine, *images: Image) -> Enrolled | Failed:
    return worker.enrols(*(png(image) for image in images))


def refused(answer: Enrolled | Failed, words: str) -> None:
    assert isinstance(answer, Failed)
    assert answer.kind == "input"
    assert words in answer.problem
    assert answer.mend


def test_g06_two_photographs_of_one_person_are_one_subject(worker: WorkerLine, shared: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    for person in "ABCD":
        images = [portrait(shared, f"{person}_{n}") for n in ("0", "1", "0_masked")]
        assert isinstance(enrolled(worker, *images), Enrolled)


@pytest.mark.parametrize("pair", ["AB", "BC", "CD", "DA"])
@pytest.mark.parametrize("join", [cv2.hconcat, cv2.vconcat], ids=["beside", "above"])
def test_g06_two_faces_in_one_reference_photo_are_refused(
    worker: WorkerLine, shared: Path, pair: str, join: object
) -> None:
    a, b = (portrait(shared, f"{p}_0") for p in pair)
    both = join([a, cv2.resize(b, a.shape[1::-1])])  # type: ignore[operator]
    refused(enrolled(worker, both), "2 faces")


def test_g06_a_smaller_second_face_is_refused(worker: WorkerLine, shared: Path) -> None:
    """Half as high as the first one: a companion, not a poster far off."""
    a, b = portrait(shared, "A_0"), portrait(shared, "B_0")
    half = cv2.resize(b, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    beside = np.full((a.shape[0], half.shape[1], 3), 127, np.uint8)
    beside[: half.shape[0]] = half
    refused(enrolled(worker, np.hstack([a, beside])), "2 faces")


def test_g06_a_second_face_too_small_to_matter_leaves_the_template_as_it_is(
    worker: WorkerLine, shared: Path
) -> None:
    a, b = portrait(shared, "A_0"), portrait(shared, "B_0")
    tiny = cv2.resize(b, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    beside = np.full((a.shape[0], tiny.shape[1], 3), 127, np.uint8)
    beside[: tiny.shape[0]] = tiny
    alone, together = enrolled(worker, a), enrolled(worker, np.hstack([a, beside]))
    assert isinstance(alone, Enrolled)
    assert isinstance(together, Enrolled)
    one, other = (np.frombuffer(e.enrolment.template, "<f4") for e in (alone, together))
    assert float(one @ other) > 0.99


@pytest.mark.parametrize("pair", ["AB", "BC", "CD", "DA", "BG"])
def test_g06_photographs_of_two_people_are_no_subject(worker: WorkerLine, shared: Path, pair: str) -> None:
    a, b = pair
    refused(enrolled(worker, portrait(shared, f"{a}_0"), portrait(shared, f"{b}_0")), "somebody else")
    third = enrolled(
        worker, portrait(shared, f"{a}_0"), portrait(shared, f"{a}_1"), portrait(shared, f"{b}_0")
    )
    refused(third, "somebody else")


def defocused(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 6), np.uint8)


def grey(image: Image) -> Image:
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize("pair", ["AB", "BC", "DA"])
@pytest.mark.parametrize("made_poor", [defocused, grey])
def test_g06_a_second_person_made_too_poor_to_be_compared_is_no_part_of_a_subject(
    worker: WorkerLine, shared: Path, pair: str, made_poor: object
) -> None:
    """What cannot be compared with the patient's photograph must not be mixed into the template."""
    a, b = (portrait(shared, f"{p}_0") for p in pair)
    answer = enrolled(worker, a, made_poor(b))  # type: ignore[operator]
    assert isinstance(answer, Failed), "two people made one template"


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(hours=1), timedelta(days=30)])
async def test_g06_a_search_that_ends_in_the_future_is_refused(tmp_path: Path, ahead: timedelta) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        with pytest.raises(Refused) as no:
            await house.authorisation(end=NOW + ahead)
        assert no.value.rule == "G6"


async def test_g06_an_authorisation_does_not_live_for_ever(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        for life in (timedelta(days=32), timedelta(days=3000)):
            with pytest.raises(Refused) as no:
                await house.authorisation(expires_at=NOW + life)
            assert no.value.rule == "G6"
        assert await house.authorisation(expires_at=NOW + timedelta(days=31))


async def test_g06_resubmitting_each_minute_never_reaches_a_later_minute(tmp_path: Path) -> None:
    """Footage goes on arriving and a script asks again and again: what was authorised stays past."""
    camera = a_camera()
    footage: list[Segment] = []
    async with a_house(tmp_path, cameras=(camera,), segments=()) as house:
        object.__setattr__(house.context.site, "segments", lambda _: tuple(footage))
        await house.case()
        end = NOON + timedelta(minutes=6)
        permitted = await house.authorisation(end=end)
        for minute in range(6, 12):
            footage[:] = [a_segment(camera, minute)]
            house.clock.pass_s(60)
            await house.traced("A", permitted)
        assert house.pool.grants
        assert max(g.interval.end for g in house.pool.grants) <= end


async def test_g06_a_finished_trace_does_not_look_again_by_itself(tmp_path: Path) -> None:
    camera = a_camera()
    footage = [a_segment(camera, 5)]
    async with a_house(tmp_path, cameras=(camera,), segments=()) as house:
        object.__setattr__(house.context.site, "segments", lambda _: tuple(footage))
        await house.case()
        assert (await house.traced()).trace.state is TraceState.COMPLETE
        before = len(house.pool.grants)
        footage[:] = [a_segment(camera, 20)]
        house.clock.pass_s(3600)
        await house.tracing.everything()
        await house.case("B", still=False)
        await house.traced("B")
        assert len(house.pool.grants) == before
    async with a_house(tmp_path, cameras=(camera,), clock=house.clock) as again:
        await again.tracing.everything()
        assert not again.runner.busy
        assert not again.pool.grants


async def test_g06_later_footage_is_looked_at_when_somebody_asks_while_they_may(tmp_path: Path) -> None:
    camera = a_camera()
    footage = [a_segment(camera, 5)]
    async with a_house(tmp_path, cameras=(camera,), segments=()) as house:
        object.__setattr__(house.context.site, "segments", lambda _: tuple(footage))
        await house.case()
        trace_id = (await house.traced()).trace.trace_id
        before = len(house.pool.grants)
        footage.append(a_segment(camera, 20))
        await house.tracing.again(ME, trace_id)
        await house.over(trace_id)
        later = house.pool.grants[before:]
        assert later
        assert {g.footage_sha256 for g in later} == {(footage[1].sha256,)}  # what was looked at stays so
        asked = [line for line in await house.audit() if line.outcome == "again"]
        assert [(line.person, line.object) for line in asked] == [(ME.name, trace_id)]
        footage.append(a_segment(camera, 35))
        house.clock.pass_s(7 * 86_400)
        seen = len(house.pool.grants)
        with pytest.raises(Refused, match="expired"):
            await house.tracing.again(ME, trace_id)
        assert len(house.pool.grants) == seen


async def test_g06_only_who_works_on_the_case_may_ask_for_later_footage(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        start = TraceStart(case_id="A", authorisation_id=(await permitted(house)).authorisation_id)
        trace_id = (await house.tracing.start(KIM, start)).trace_id
        await house.over(trace_id)
        with pytest.raises(Unknown, match="there is no trace"):
            await house.tracing.again(by("han", 2009, Role.INVESTIGATOR), trace_id)
        await house.tracing.again(KIM, trace_id)
        await house.over(trace_id)
        row = await house.store.run(lambda tx: house.context.traces.get(tx, trace_id))
        assert row.revision == 2


@pytest.mark.parametrize(
    "address",
    ["rtsp://10.0.0.7/live", "http://camera/stream.mjpg", "/dev/video0", "udp://@:1234", "../live.mp4"],
)
def test_g06_a_live_address_opens_nothing(tmp_path: Path, address: str) -> None:
    camera = a_camera()
    folder = tmp_path / "footage"
    folder.mkdir()
    (tmp_path / "live.mp4").write_bytes(b"frames")
    manifest = folder / "footage.toml"
    manifest.write_text(
        f'[[segment]]\ncamera = "hall"\nfile = "{address}"\nstart_device = 2026-03-02T03:00:00Z\n'
        f'end_device = 2026-03-02T03:10:00Z\nsha256 = "{"0" * 64}"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError):
        archive = load_archive(folder, manifest)
        archive.open(archive.segments(camera.camera_id)[0])


def test_g06_footage_that_ends_in_the_future_stays_shut(tmp_path: Path) -> None:
    """By the true time of the camera, also where its own clock runs behind and says otherwise."""
    (tmp_path / "live.mp4").write_bytes(b"frames")
    manifest = tmp_path / "footage.toml"
    manifest.write_text(
        '[[segment]]\ncamera = "hall"\nfile = "live.mp4"\nstart_device = 2026-03-02T03:00:00Z\n'
        f'end_device = 2026-03-02T03:10:00Z\nsha256 = "{"0" * 64}"\n',
        encoding="utf-8",
    )
    late, behind_s = datetime(2026, 3, 2, 3, 10, 30, tzinfo=UTC), -60.0
    archive = load_archive(tmp_path, manifest, now=late, offsets_s={"hall": behind_s})
    with pytest.raises(InputError, match="future"):
        archive.open(archive.segments("hall")[0])
    past = load_archive(tmp_path, manifest, now=late + timedelta(minutes=1), offsets_s={"hall": behind_s})
    assert past.open(past.segments("hall")[0])


def test_g06_a_record_of_the_future_selects_no_minute_of_it(tmp_path: Path) -> None:
    """A forged record may say tomorrow; the authorisation ends in the past and cuts it off."""
    scope = Scope(
        cameras=frozenset({"hall"}),
        sources=frozenset(Source),
        interval=Interval(start=NOON - timedelta(hours=1), end=NOON + timedelta(minutes=10)),
        face_search=True,
        max_camera_hours=100.0,
    )
    infectious = Interval(start=NOON - timedelta(days=2), end=NOON + timedelta(days=10))
    tomorrow = msgspec.structs.replace(
        a_record(), interval=Interval(start=NOON, end=NOON + timedelta(days=3), sigma_s=60.0)
    )
    camera = a_camera()
    plan = narrow(
        gather([tomorrow], infectious, scope),
        infectious=infectious,
        scope=scope,
        cameras=[camera],
        segments=lambda _: [a_segment(camera, 60 * 24 * 5)],
    )
    assert plan.windows
    assert max(w.interval.end for w in plan.windows) <= scope.interval.end
