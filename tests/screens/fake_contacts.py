"""A line list in memory: named and unnamed contacts, invented, as many as a test asks for."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice

import msgspec

from engine.api.client import EngineSaysNo
from engine.api.contact_schema import (
    Backing,
    ContactEntry,
    ContactLine,
    ContactStatus,
    Exported,
    ExportKind,
    ExportRequest,
    Risk,
    Scene,
    SceneOf,
)
from engine.domain.track import MaskState

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
FAMILY = ("김", "이", "박", "최", "Novak", "Okafor", "Lindqvist", "정", "Marchetti", "한")
GIVEN = ("서윤", "하준", "도현", "Ilse", "Tomas", "지우", "Amara", "은채", "Petra", "민재")
PLACES = ("cam1 west door", "cam2 reading room", "cam3 tram stop", "cam4 market hall")


def a_scene(number: int, case: str = "A", **given: object) -> Scene:
    """The ``number``-th unnamed person, in a scene of that case."""
    start = NOON + timedelta(minutes=7 * (number % 90))
    minutes = 0.5 + number % 30
    scene = Scene(
        candidate_id=f"C-{case}-{1 + number % 9}", person=f"U-{number:03d}", number=number,
        camera=f"cam{1 + number % 4}", camera_name=PLACES[number % 4],
        start=start, end=start + timedelta(minutes=minutes), minutes=minutes,
        distance_low_m=0.4 + number % 5 / 2, distance_high_m=1.1 + number % 5,
        patient_mask=MaskState.BARE, person_mask=tuple(MaskState)[number % len(MaskState)],
        suggestions=("meets close contact (2 m, 15 min)",) if minutes >= 15 else (),
    )  # fmt: skip
    return msgspec.structs.replace(scene, **given)


def unnamed(number: int, case: str = "A") -> ContactLine:
    return of_scene(case, a_scene(number, case))


def of_scene(case_id: str, scene: Scene) -> ContactLine:
    return ContactLine(
        contact_id=f"{scene.candidate_id}:{scene.number}",
        case_id=case_id,
        name=scene.person,
        scenes=(scene,),
        minutes=scene.minutes,
    )


def named(number: int, case: str = "A", **given: object) -> ContactLine:
    scenes = (a_scene(number, case),) if number % 3 else ()
    line = ContactLine(
        contact_id=f"P-{case}-{number}", case_id=case,
        name=f"{FAMILY[number % 10]} {GIVEN[number // 10 % 10]}",
        backing=tuple(Backing)[number % 5], reference=f"roster 2026-03-02 line {number}",
        phone=f"010-0000-{number % 10000:04d}", scenes=scenes,
        minutes=sum(scene.minutes for scene in scenes), risk=(None, *Risk)[number % 4],
        status=tuple(ContactStatus)[number % 5],
        follow_up_until=date(2026, 3, 16) if number % 2 else None,
        owner=("investigator", "lee", "")[number % 3],
    )  # fmt: skip
    return msgspec.structs.replace(line, **given)


def line_list(lines: int, case: str = "A") -> tuple[ContactLine, ...]:
    """``lines`` rows by turns named and unnamed: 10,000 are made in well below a second."""
    makers = islice(cycle((named, unnamed, unnamed)), lines)
    return tuple(maker(number, case) for number, maker in enumerate(makers, 1))


class FakeContacts:
    """The client's methods about contacts for one person. ``lists`` are the line lists by case; a case
    that has none yet gets ten rows. ``refuse_contacts`` is raised by every change while it is set."""

    lists: dict[str, dict[str, ContactLine]]
    exports: list[tuple[str, ExportRequest]]
    refuse_contacts: EngineSaysNo | None = None
    left_out = 0

    def has_contacts(self, lines: tuple[ContactLine, ...], case_id: str = "A") -> None:
        self._lists()[case_id] = {line.contact_id: line for line in lines}

    async def contacts(self, case_id: str) -> tuple[ContactLine, ...]:
        return tuple(self._of(case_id).values())

    async def add_contact(self, case_id: str, entry: ContactEntry) -> ContactLine:
        self._may_change()
        lines = self._of(case_id)
        contact_id = f"P-{case_id}-new-{len(lines) + 1}"
        scenes = self._take(case_id, entry.scenes)
        lines[contact_id] = self._line(case_id, contact_id, entry, scenes, 1)
        return lines[contact_id]

    async def change_contact(
        self, case_id: str, contact_id: str, entry: ContactEntry, *, version: int
    ) -> ContactLine:
        self._may_change()
        lines, before = self._of(case_id), self._one(case_id, contact_id)
        if before.backing is None:
            raise EngineSaysNo(403, "refused", "an unnamed person cannot be changed (G8)")
        if before.version != version:
            raise EngineSaysNo(409, "conflict", "the contact was changed by lee at 12:21; look at it again")
        for scene in before.scenes:
            line = of_scene(case_id, scene)
            lines[line.contact_id] = line
        scenes = self._take(case_id, entry.scenes)
        changed = self._line(case_id, contact_id, entry, scenes, version + 1)
        lines[contact_id] = msgspec.structs.replace(changed, merged=before.merged)
        return lines[contact_id]

    async def merge_contacts(self, case_id: str, keep_id: str, other_ids: tuple[str, ...]) -> ContactLine:
        self._may_change()
        kept, others = self._one(case_id, keep_id), [self._one(case_id, other) for other in other_ids]
        if any(line.backing is None for line in (kept, *others)):
            raise EngineSaysNo(403, "refused", "an unnamed person cannot be put together (G8)")
        for other in others:
            self._inside()[other.contact_id] = self._of(case_id).pop(other.contact_id)
        scenes = (*kept.scenes, *(scene for other in others for scene in other.scenes))
        return self._put(kept, scenes, (*kept.merged, *other_ids))

    async def unmerge_contact(self, case_id: str, contact_id: str, other_id: str) -> ContactLine:
        self._may_change()
        kept = self._one(case_id, contact_id)
        if other_id not in kept.merged:
            raise EngineSaysNo(404, "unknown", f"{other_id} is not part of {contact_id}")
        other = self._inside().pop(other_id)
        self._of(case_id)[other_id] = other
        scenes = tuple(scene for scene in kept.scenes if scene not in other.scenes)
        return self._put(kept, scenes, tuple(m for m in kept.merged if m != other_id))

    async def export(self, case_id: str, wanted: ExportRequest) -> Exported:
        self._may_change()
        if wanted.typed_case_id != case_id:
            raise EngineSaysNo(400, "bad input", f"typed_case_id: is not {case_id}")
        self.__dict__.setdefault("exports", []).append((case_id, wanted))
        named_rows = [line.name for line in self._of(case_id).values() if wanted.kind is ExportKind.LINE_LIST]
        content = "\r\n".join(("contact", *named_rows, "")).encode("utf-8-sig")
        return Exported(
            export_id="E-1", name=f"{wanted.kind.replace('_', '-')}.csv", media_type="text/csv",
            content=content, sha256=hashlib.sha256(content).hexdigest(), rows=len(named_rows),
            left_out=self.left_out,
        )  # fmt: skip

    # --- inside -------------------------------------------------------------------------------------

    def _lists(self) -> dict[str, dict[str, ContactLine]]:
        lists: dict[str, dict[str, ContactLine]] = self.__dict__.setdefault("lists", {})
        return lists

    def _inside(self) -> dict[str, ContactLine]:
        inside: dict[str, ContactLine] = self.__dict__.setdefault("_merged", {})
        return inside

    def _of(self, case_id: str) -> dict[str, ContactLine]:
        if case_id not in self._lists():
            self.has_contacts(line_list(10, case_id), case_id)
        return self._lists()[case_id]

    def _one(self, case_id: str, contact_id: str) -> ContactLine:
        if contact_id not in self._of(case_id):
            raise EngineSaysNo(404, "unknown", f"there is no contact {contact_id}")
        return self._of(case_id)[contact_id]

    def _may_change(self) -> None:
        if self.refuse_contacts is not None:
            raise self.refuse_contacts

    def _take(self, case_id: str, wanted: tuple[SceneOf, ...]) -> tuple[Scene, ...]:
        """The scenes as they stand with unnamed rows, which are not listed any more after that."""
        lines = self._of(case_id)
        ids = {(line.scenes[0].candidate_id, line.name): key for key, line in lines.items() if line.scenes}
        taken = [
            lines.pop(
                f"{scene.candidate_id}:{scene.number}"
                if scene.number
                else ids.get((scene.candidate_id, scene.person), ""),
                None,
            )
            for scene in wanted
        ]
        if None in taken:
            raise EngineSaysNo(400, "bad input", "scenes: no such scene beside a confirmed candidate")
        return tuple(scene for line in taken if line is not None for scene in line.scenes)

    def _line(
        self, case_id: str, contact_id: str, entry: ContactEntry, scenes: tuple[Scene, ...], version: int
    ) -> ContactLine:
        return ContactLine(
            contact_id=contact_id, case_id=case_id, name=entry.name, backing=entry.backing,
            reference=entry.reference, phone=entry.phone, scenes=scenes,
            minutes=sum(scene.minutes for scene in scenes), risk=entry.risk, status=entry.status,
            follow_up_until=entry.follow_up_until, owner=entry.owner, note=entry.note, version=version,
        )  # fmt: skip

    def _put(self, kept: ContactLine, scenes: tuple[Scene, ...], merged: tuple[str, ...]) -> ContactLine:
        minutes = sum(scene.minutes for scene in scenes)
        changed = msgspec.structs.replace(
            kept, scenes=scenes, minutes=minutes, merged=merged, version=kept.version + 1
        )
        self._of(kept.case_id)[kept.contact_id] = changed
        return changed
