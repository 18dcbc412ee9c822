"""The part of the engine in memory that takes records, photographs, grounds and emergencies."""

import hashlib
from datetime import datetime, timedelta

import msgspec

from engine.api.client import EngineSaysNo
from engine.api.forms import EmergencyRequest, StillPicture, StillView
from engine.api.schema import (
    AuthorisationView,
    CaseView,
    GroundRecord,
    RecordFile,
    RecordsTaken,
    StillFile,
    StillTaken,
)
from engine.domain.authorisation import AuthorisationState
from engine.domain.ground import GroundKind
from engine.domain.track import MaskState
from tests.screens.fake_casework import an_authorisation
from tests.screens.fake_house import FakeHouse
from tests.screens.invented import FACE_SHARE, head, picture

NO_FACE = b"no face"
TWO_FACES = b"two faces"


class FakeIntake(FakeHouse):
    """Cases here are infectious from four days before noon in Seoul to eight days after it."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        midnight = now.replace(hour=15, minute=0, second=0)  # in Seoul, of the next day
        self.on_board = {
            case_id: msgspec.structs.replace(
                case,
                infectious_start=midnight - timedelta(days=5),
                infectious_end=midnight + timedelta(days=8),
            )
            for case_id, case in self.on_board.items()
        }
        self.photographs: dict[str, list[StillView]] = {}
        self.looked_at: set[str] = set()
        self.says_taken: RecordsTaken | None = None

    async def add_records(self, case_id: str, records: RecordFile) -> RecordsTaken:
        self._may("records", (case_id, records))
        rows = records.content.decode().splitlines()[1:]
        case = self.on_board[case_id]
        self.on_board[case_id] = msgspec.structs.replace(case, records=case.records + len(rows))
        return self.says_taken or RecordsTaken(file=records.file, taken=len(rows), dropped={}, warnings=())

    async def add_still(self, case_id: str, still: StillFile) -> StillTaken:
        self._may("still", (case_id, still))
        if still.content in (NO_FACE, TWO_FACES):
            what = (
                "shows no face; use a photograph in which the face is clearly to be seen"
                if still.content == NO_FACE
                else "shows 2 faces; cut the photograph so that only the patient is in it"
            )
            raise EngineSaysNo(422, "input", f"{still.file}: {what}")
        still_id = hashlib.sha256(still.content).hexdigest()[:16]
        view = StillView(still_id=still_id, file=still.file, provenance=still.provenance, seconded_by="")
        self.photographs.setdefault(case_id, []).append(view)
        return StillTaken(still_id=still_id, file=still.file, inter_eye_px=41.0, mask=MaskState.BARE)

    async def stills(self, case_id: str) -> tuple[StillView, ...]:
        self._there()
        return tuple(self.photographs.get(case_id, ()))

    async def view_still(self, case_id: str, still_id: str) -> StillPicture:
        self._may("view still", (case_id, still_id))
        self.looked_at.add(still_id)
        shown = picture("subject", head("patient"), 160 * FACE_SHARE)
        return StillPicture(still_id=still_id, picture=shown)

    async def second_still(self, case_id: str, still_id: str) -> StillView:
        self._may("second still", (case_id, still_id))
        if still_id not in self.looked_at:
            raise EngineSaysNo(403, "G5", "nobody seconds a photograph unseen; look at it first [G5]")
        photos = self.photographs[case_id]
        place = next(n for n, still in enumerate(photos) if still.still_id == still_id)
        photos[place] = msgspec.structs.replace(photos[place], seconded_by=self.greeting.person)
        return photos[place]

    async def record_ground(
        self, case_id: str, ground: GroundRecord, *, version: int | None = None
    ) -> CaseView:
        self._may("ground", (case_id, ground, version))
        if ground.kind is GroundKind.LAW:
            said = f"{ground.law_id} is not on the list of laws that permit a face search"
            raise EngineSaysNo(403, "G3", f"{said}; known: none is installed [G3]")
        return self._with_ground(case_id, str(ground.kind))

    async def withdraw_ground(self, case_id: str, *, version: int | None = None) -> CaseView:
        self._may("withdraw", (case_id, version))
        return self._with_ground(case_id, "withdrawn")

    async def emergency(self, request: EmergencyRequest) -> AuthorisationView:
        self._may("emergency", request)
        wanted = request.wanted
        paper = an_authorisation(
            10 + len(self.papers), wanted.case_id, self.now, state=AuthorisationState.EMERGENCY,
            requested_by=self.greeting.person, approved_by="", expires_at=wanted.expires_at,
            cameras=len(wanted.cameras), reason=request.reason, review_due=self.now + timedelta(hours=24),
            camera_ids=wanted.cameras, requested_at=self.now,
        )  # fmt: skip
        self.papers[paper.authorisation_id] = paper
        return paper

    def _with_ground(self, case_id: str, ground: str) -> CaseView:
        case = self.on_board[case_id]
        case = msgspec.structs.replace(case, ground=ground, version=case.version + 1)
        self.on_board[case_id] = case
        return CaseView(
            case_id=case_id, state=case.state, records=case.records, stills=case.stills, ground=ground,
            version=case.version,
        )  # fmt: skip
