"""``tracedesk case interview``: lines about where the patient was, as people write them at the desk."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated

import typer

from engine.api.client import EngineClient
from engine.api.schema import RecordsTaken
from engine.api.site_schema import PlaceFound
from engine.domain.errors import InputError
from tui.clean import cleaned
from tui.commands.connect import SocketOption, ask, say
from tui.commands.contact_form import text_from
from tui.commands.failing import plainly
from tui.forms.days import Days
from tui.forms.interview_file import interview_file
from tui.forms.lines import MOST_LINES
from tui.forms.places import PlaceBook, place_note, place_words
from tui.forms.stay import Stay, notes, read_stays, said
from tui.forms.taken import taken_words
from tui.forms.trouble import Trouble
from tui.language.words import zone_called

DRAFT = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Lines as they were understood: one entry a line, None for an empty one."""

    stays: tuple[Stay | Trouble | None, ...]
    book: PlaceBook
    days: Days
    zone: tzinfo
    timezone: str


@plainly()
def interview(
    case_id: str,
    file: Annotated[
        Path | None, typer.Argument(help="Lines, one a stay; - is standard input; else your draft.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say how each line is understood.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Hand in without being asked.")] = False,
    socket: SocketOption = None,
) -> None:
    """Hand in where the patient was, one line a stay: City library, 2 Mar 14:10-15:00, sure, no mask, alone.

    Every line is said back as it is understood. Where one is not, nothing is handed in.
    """
    given = None if file is None else text_from(file)
    read = ask(socket, lambda client: _read(client, case_id, given))
    wrong = tell(read)
    stays = [one for one in read.stays if isinstance(one, Stay)]
    if wrong:
        mend = "mend these lines; nothing was handed in"
        raise InputError(f"{wrong} of the lines cannot be read", place="interview", mend=mend)
    if not stays:
        raise InputError("has no line", place="interview", mend="write one a stay")
    if check:
        say(f"{_stays(len(stays))} can be handed in")
        return
    if not yes and not _agreed(case_id, len(stays)):
        say("nothing was handed in")
        return

    async def work(client: EngineClient) -> RecordsTaken:
        placed = [read.book.with_id(stay) for stay in stays]
        taken = await client.add_records(case_id, interview_file(placed, read.timezone, read.days.now))
        if given is None:
            await client.keep(case_id, DRAFT, "")
        return taken

    for words, _ in taken_words(ask(socket, work), read.days.now):
        say(words)


def tell(read: Read) -> int:
    """Each line as it is understood, what is odd about it, and what is wrong; how many are wrong. The
    latter go to stderr."""
    wrong = 0
    for number, one in enumerate(read.stays, start=1):
        if isinstance(one, Trouble):
            wrong += 1
            say(f"line {number}: {one}", err=True)
            continue
        if one is None:
            continue
        placed = read.book.placed(one)
        say(f"line {number}: {said(one, read.zone, place_words(one, placed))}")
        note = place_note(placed)
        if placed.like:
            like = ", ".join(f"{place.name} [{place.place_id}]" for place in placed.like[:3])
            note = f"no place is surely meant, so it opens no camera: write one of {like}"
        for odd in (*notes(one, read.days), note):
            if odd:
                say(f"  note: {odd}")
    return wrong


async def _read(client: EngineClient, case_id: str, given: str | None) -> Read:
    """Raises InputError for a case that is not this person's, and for more lines than one file holds."""
    text = given if given is not None else (await client.kept(case_id, DRAFT)).text
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise InputError(f"has over {MOST_LINES} lines", place="interview", mend="hand it in in parts")
    case = next((c for c in await client.board() if c.case_id == case_id), None)
    if case is None:
        raise InputError("there is no such case of yours", place=case_id, mend="see: tracedesk case list")
    timezone = (await client.hello()).timezone
    zone = zone_called(timezone)
    days = Days.of(datetime.now(UTC), case.infectious_start, case.infectious_end, zone)
    stays = read_stays(lines, days)

    async def places(wanted: str) -> tuple[PlaceFound, ...]:
        return cleaned(await client.places(wanted))

    book = PlaceBook(places)
    for stay in stays:
        if isinstance(stay, Stay):
            await book.look(book.wanted(stay))
    return Read(stays=tuple(stays), book=book, days=days, zone=zone, timezone=timezone)


def _agreed(case_id: str, count: int) -> bool:
    if not sys.stdin.isatty():
        mend = "give --yes to hand in, or --check to read only"
        raise InputError("nobody is at a terminal to be asked", place="interview", mend=mend)
    return typer.confirm(f"hand in {_stays(count)} of case {case_id}? What is handed in stays", default=False)


def _stays(count: int) -> str:
    return "1 stay" if count == 1 else f"{count} stays"
