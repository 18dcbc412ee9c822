"""The work with the line list: fetch, write down, put together, export. No widget in sight."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.contact_schema import ContactEntry, ContactLine, ExportKind, ExportRequest, SceneOf
from tui.casework import linelist
from tui.casework.linelist import LineList
from tui.casework.triage import CHANGED
from tui.clean import MAX_CHARACTERS, REPLACEMENT
from tui.language.catalogue import tr
from tui.port import Engine

AWAY = "the engine did not reply: look whether it was done when it is back"


class Contacting:
    """Holds the line list of the case on the desk. ``changed`` is called when there is something new to
    paint, ``say`` with one line for the person and its tone."""

    def __init__(self, engine: Engine, changed: Callable[[], None], say: Callable[[str, str], None]) -> None:
        self._engine = engine
        self._changed = changed
        self._say = say
        self.state = LineList()

    def become(self, state: LineList) -> None:
        self.state = state
        self._changed()

    async def load(self, case_id: str) -> bool:
        """The rows of a case as they stand. Ten thousand are put in order beside the screen. False where
        the engine did not reply."""
        begun = self.state
        try:
            lines = await self._engine.contacts(case_id)
        except EngineAway:
            return False  # the header says so
        except EngineSaysNo as refusal:
            self._say(str(refusal), "alarm")
            return True
        while self._is_for(case_id, begun):
            before = self.state
            listed = await asyncio.to_thread(linelist.with_lines, before, case_id, lines)
            if self.state is before:  # else filter or order were changed meanwhile, and hold
                self.become(listed)
                break
        return True

    def _is_for(self, case_id: str, begun: LineList) -> bool:
        """Neither has another case come on the desk since ``begun``, nor is the list kept from the person."""
        return self.state.case_id in ("", case_id) and self.state.hidden == begun.hidden

    async def hide(self, case_id: str, why: str) -> None:
        """The list of this case is kept from the person; no other stands in its place."""
        self.become(linelist.kept_from(self.state, case_id, why))

    async def write(self, entry: ContactEntry, line: ContactLine | None) -> str:
        """A new row, or another form of ``line``; its id once it is written, else ""."""
        case_id = self.state.case_id
        try:
            if line is None:
                written = await self._engine.add_contact(case_id, entry)
            else:
                written = await self._engine.change_contact(
                    case_id, line.contact_id, entry, version=line.version
                )
        except (EngineAway, EngineSaysNo) as problem:
            self._tell(problem)
            if isinstance(problem, EngineSaysNo) and problem.status == CHANGED:
                await self.load(case_id)  # the next try is about the row as it stands now
            return ""
        self._say(tr("{name}: saved", name=written.name), "good")
        await self.load(case_id)
        return written.contact_id

    async def merge(self, keep: ContactLine, other: ContactLine) -> bool:
        """Put ``other`` into ``keep``; True once that is done."""
        case_id = self.state.case_id
        try:
            await self._engine.merge_contacts(case_id, keep.contact_id, (other.contact_id,))
        except (EngineAway, EngineSaysNo) as problem:
            self._tell(problem)
            return False
        self._say(
            tr("{other} went into {keep}; U takes it out again", other=other.name, keep=keep.name), "good"
        )
        self.state = linelist.marked(self.state, "")
        await self.load(case_id)
        return True

    async def unmerge(self, line: ContactLine) -> None:
        """Take out again what went in last."""
        case_id = self.state.case_id
        try:
            await self._engine.unmerge_contact(case_id, line.contact_id, line.merged[-1])
        except (EngineAway, EngineSaysNo) as problem:
            self._tell(problem)
            return
        self._say(tr("taken out again"), "good")
        await self.load(case_id)

    async def export(self, kind: ExportKind, typed_case_id: str, folder: Path) -> None:
        """Write the file as the engine made it, never over another one, for this person's eyes only."""
        try:
            exported = await self._engine.export(
                self.state.case_id, ExportRequest(kind=kind, typed_case_id=typed_case_id)
            )
        except (EngineAway, EngineSaysNo) as problem:
            self._tell(problem)
            return
        try:
            path = await asyncio.to_thread(write_new, folder, exported.name, exported.content)
        except OSError as problem:
            said = tr("the export could not be written: {why}", why=problem.strerror or "?")
            self._say(said, "alarm")
            return
        left = tr(", {n} left out: no second confirmation", n=exported.left_out) if exported.left_out else ""
        self._say(tr("{rows} rows in {path}", rows=exported.rows, path=path) + left, "good")

    def _tell(self, problem: EngineAway | EngineSaysNo) -> None:
        self._say(tr(AWAY) if isinstance(problem, EngineAway) else str(problem), "alarm")


def write_new(folder: Path, name: str, content: bytes) -> Path:
    """A new file in ``folder`` that only its owner can read; its path. Raises OSError."""
    stem, _, ending = Path(name).name.partition(".")
    for number in range(1, 1000):
        path = folder / (f"{stem}.{ending}" if number == 1 else f"{stem}-{number}.{ending}")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123
                file.write(content)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise FileExistsError(17, "there are too many exports of that name")


def entry_of(line: ContactLine, **changed: object) -> ContactEntry:
    """A row as it can be written again."""
    assert line.backing is not None
    given: dict[str, object] = {
        "name": line.name, "backing": line.backing, "reference": line.reference, "phone": line.phone,
        "scenes": scenes_of(line),
        "risk": line.risk, "status": line.status, "follow_up_until": line.follow_up_until,
        "owner": line.owner, "note": line.note,
    }  # fmt: skip
    return ContactEntry(**{**given, **changed})  # type: ignore[arg-type]


def scenes_of(line: ContactLine) -> tuple[SceneOf, ...]:
    """The people beside sightings that a row is of, by the number that stays: who is called U-001 may be
    somebody else once another sighting is confirmed."""
    return tuple(
        SceneOf(candidate_id=scene.candidate_id, person=scene.person, number=scene.number)
        for scene in line.scenes
    )


def is_cut(line: ContactLine) -> bool:
    """True for a row of which the desk has not every letter, or with several lines where the form has one:
    writing it anew would lose the rest."""
    lines = (line.name, line.reference, line.phone, line.owner)
    return any("\n" in text for text in lines) or any(
        REPLACEMENT in text or (text.endswith("…") and len(text) >= MAX_CHARACTERS)
        for text in (*lines, line.note)
    )
