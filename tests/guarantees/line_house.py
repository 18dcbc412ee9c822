"""A house with a line list: scenes, a second reviewer, and somebody who writes names down."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.api.contact_schema import (
    Backing,
    ContactEntry,
    Exported,
    ExportKind,
    ExportRequest,
    Scene,
    SceneOf,
)
from engine.api.contacts import LineLists
from engine.api.exporting import Exporting
from engine.api.schema import TraceStart
from engine.domain.decision import Answer
from engine.domain.track import Track
from tests.guarantees.house import House, a_track
from tests.guarantees.server_house import KIM, LEE, a_case, an_order, permitted

ENTRY = ContactEntry(name="Park Ji-woo", backing=Backing.ROSTER, reference="roster of 2 March, line 14")
LIST = ExportRequest(kind=ExportKind.LINE_LIST, typed_case_id="A")


def entry(*scenes: Scene, **given: object) -> ContactEntry:
    links = tuple(SceneOf(candidate_id=s.candidate_id, person=s.person, number=s.number) for s in scenes)
    return msgspec.structs.replace(ENTRY, scenes=links, **given)


def lists(house: House) -> LineLists:
    return LineLists(house.context)


def exporting(house: House) -> Exporting:
    return Exporting(house.context)


def meetings(*seconds: float, neighbours: int = 1) -> tuple[Track, ...]:
    """A sighting for each, so many seconds after noon, with somebody beside the patient."""
    return tuple(a_track(seconds=s, neighbours=neighbours) for s in seconds)


def finds(house: House, tracks: Sequence[Track]) -> None:
    """From now on the first window of a trace holds these."""
    before = len(house.pool.grants)
    house.pool.tracks = lambda request: (
        tuple(tracks) if request.window.window_id == house.pool.grants[before].window_id else ()
    )


async def rehearsed(house: House, tracks: Sequence[Track]) -> tuple[str, tuple[str, ...]]:
    """A traced case of a rehearsal: trace, and candidates by time."""
    await house.case()
    finds(house, tracks)
    found = await house.traced()
    ordered = sorted(found.candidates, key=lambda c: c.start)
    return found.trace.trace_id, tuple(c.candidate_id for c in ordered)


async def on_server(house: House, tracks: Sequence[Track]) -> tuple[str, tuple[str, ...]]:
    """A traced case of a server, nothing answered yet: trace, and candidates by time."""
    await an_order(house)
    await a_case(house)
    authorisation = await permitted(house)
    finds(house, tracks)
    start = TraceStart(case_id="A", authorisation_id=authorisation.authorisation_id)
    trace = await house.tracing.start(KIM, start)
    await house.over(trace.trace_id)
    found = await house.tracing.detail(KIM, trace.trace_id)
    ordered = sorted(found.candidates, key=lambda c: c.start)
    return trace.trace_id, tuple(c.candidate_id for c in ordered)


async def both_answer(house: House, trace_id: str, candidates: Sequence[str], *second: Answer) -> None:
    """Kim confirms all of them; Lee, who has seen none of that, answers as given."""
    for candidate_id in candidates:
        await house.confirm(candidate_id, Answer.SAME, KIM)
    if second:
        await house.review.second(LEE, trace_id)
        for candidate_id, answer in zip(candidates, second, strict=True):
            await house.confirm(candidate_id, answer, LEE)


def rows_of(file: Exported) -> list[str]:
    """Lines of the file without its heading."""
    return file.content.decode("utf-8-sig").split("\r\n")[1:-1]


def database(state: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(state.glob("tracedesk.sqlite*")))
