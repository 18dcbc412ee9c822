"""``tracedesk contacts``: the line list of a case, in pages."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from engine.api.client import EngineClient
from engine.api.contact_schema import Backing, ContactEntry, ContactLine, ContactStatus, Risk, Scene, SceneOf
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, minute, say
from tui.commands.contact_form import asked, from_file
from tui.commands.failing import plainly
from tui.commands.listing import listing

app = typer.Typer(help="Contacts of a case: list, write down, put together.", no_args_is_help=True)

PAGE = 50
Contact = Annotated[str, typer.Argument(metavar="CONTACT", help="Its id, from the list.")]
From = Annotated[
    Path | None,
    typer.Option("--from", help="JSON with name, reference, phone, note; - is standard input."),
]
RiskOption = Annotated[Risk | None, typer.Option(help="How they were exposed, as you judge it.")]
StatusOption = Annotated[ContactStatus | None, typer.Option(help="How far the follow-up has come.")]
Until = Annotated[str | None, typer.Option("--until", help='Follow-up until, as 2026-03-16; "" for none.')]
Owner = Annotated[str | None, typer.Option(help="Who follows up.")]
Scenes = Annotated[
    list[str] | None, typer.Option("--scene", help="An unnamed person of the list who this is, by the id.")
]


@app.command("list")
@plainly()
def list_contacts(
    case_id: str,
    after: Annotated[str, typer.Option(help="Go on after this contact.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=20_000, help="Rows at once.")] = PAGE,
    named: Annotated[bool, typer.Option("--named", help="Only those with a name.")] = False,
    socket: SocketOption = None,
) -> None:
    """Named people, then the unnamed of every confirmed scene. Minutes are the sum over the scenes."""
    page, left = ask(socket, lambda client: _page(client, case_id, after, limit, named))
    rows = [
        (
            line.contact_id,
            line.name,
            f"{line.minutes:.1f} min" if line.scenes else "",
            line.status if line.backing else "unnamed",
            f"risk {line.risk}" if line.risk else "",
            f"until {line.follow_up_until}" if line.follow_up_until else "",
            line.phone,
            f"{line.backing}: {line.reference}" if line.backing else "",
            _scenes(line.scenes),
            line.owner,
            ", ".join(line.merged),
            line.note,
        )
        for line in page
    ]
    headings = (
        "contact", "name", "minutes", "status", "risk", "until",
        "phone", "by", "scenes", "owner", "with", "note",
    )  # fmt: skip
    listing(headings, rows, "nobody is on the list", first=6)
    if left:
        rest = f"{left} more: tracedesk contacts list {case_id} --after {page[-1].contact_id}"
        typer.echo(rest, err=True)


@app.command()
@plainly()
def add(
    case_id: str,
    backing: Annotated[Backing, typer.Option(help="What gave the name.")],
    file: From = None,
    scene: Scenes = None,
    risk: RiskOption = None,
    status: StatusOption = None,
    until: Until = None,
    owner: Owner = None,
    socket: SocketOption = None,
) -> None:
    """Write somebody down who has a name from papers or a call, and link scenes to them."""
    written = from_file(file) if file is not None else asked()
    entry = ContactEntry(
        **({"name": "", "reference": ""} | written.given),
        backing=backing,
        scenes=tuple(_scene_of(s) for s in scene or ()),
        risk=risk,
        status=status or ContactStatus.FOUND,
        follow_up_until=_day(until or ""),
        owner=owner or "",
    )
    _told(ask(socket, lambda client: client.add_contact(case_id, entry)), "is on the list")


@app.command()
@plainly()
def change(
    case_id: str,
    contact: Contact,
    backing: Annotated[Backing | None, typer.Option(help="What gave the name.")] = None,
    file: From = None,
    write: Annotated[bool, typer.Option("--write", help="Ask for name, reference, phone, note.")] = False,
    scene: Scenes = None,
    unlink: Annotated[list[str] | None, typer.Option(help="A scene that is theirs no more.")] = None,
    risk: RiskOption = None,
    status: StatusOption = None,
    until: Until = None,
    owner: Owner = None,
    socket: SocketOption = None,
) -> None:
    """Change what is given and leave the rest."""
    options = {"backing": backing, "risk": risk, "status": status, "owner": owner}
    changes: dict[str, object] = {field: value for field, value in options.items() if value is not None}
    if until is not None:
        changes["follow_up_until"] = _day(until)
    if file is not None:
        changes |= from_file(file).given

    async def work(client: EngineClient) -> ContactLine:
        lines = await client.contacts(case_id)
        line = next((one for one in lines if one.contact_id == contact), None)
        if line is None:
            mend = f"see: tracedesk contacts list {case_id}"
            raise InputError(f"there is no contact {contact}", place=case_id, mend=mend)
        typed = asked(line).given if write else {}
        kept = [_of(s) for s in line.scenes if _id_of(s) not in (unlink or ())]
        links = (*kept, *(_scene_of(s) for s in scene or ()))
        entry = msgspec.structs.replace(_entry(line), scenes=links, **changes, **typed)
        return await client.change_contact(case_id, contact, entry, version=line.version)

    _told(ask(socket, work), "is changed")


@app.command()
@plainly()
def merge(
    case_id: str,
    keep: Annotated[str, typer.Argument(metavar="KEEP", help="The contact that stays.")],
    others: Annotated[list[str], typer.Argument(metavar="OTHER...", help="Contacts that are the same.")],
    socket: SocketOption = None,
) -> None:
    """Say that named contacts are one person; each can be taken out again."""
    _told(ask(socket, lambda client: client.merge_contacts(case_id, keep, tuple(others))), "holds them all")


@app.command()
@plainly()
def unmerge(case_id: str, contact: Contact, other: str, socket: SocketOption = None) -> None:
    """Take a contact out of another again, as it was."""
    _told(ask(socket, lambda client: client.unmerge_contact(case_id, contact, other)), f"is without {other}")


async def _page(
    client: EngineClient, case_id: str, after: str, limit: int, named: bool
) -> tuple[tuple[ContactLine, ...], int]:
    """Rows of this page, and how many come after it. Of the rest nothing is cleaned or drawn."""
    lines = [line for line in await client.contacts(case_id) if line.backing or not named]
    start = 0
    if after:
        places = {line.contact_id: place for place, line in enumerate(lines, start=1)}
        if after not in places:
            raise InputError("is not on the list any more", place="--after", mend="begin again without it")
        start = places[after]
    page = tuple(lines[start : start + limit])
    return page, len(lines) - start - len(page)


def _entry(line: ContactLine) -> ContactEntry:
    """The row as it would be written anew, without scenes. Raises InputError for an unnamed one."""
    if line.backing is None:
        raise InputError(
            "is unnamed",
            place=line.contact_id,
            mend="add a contact with its reference, and link it: tracedesk contacts add --scene",
        )
    fields = [name for name in ContactEntry.__struct_fields__ if name not in ("scenes", "backing")]
    return ContactEntry(backing=line.backing, **{name: getattr(line, name) for name in fields})


def _id_of(scene: Scene) -> str:
    return f"{scene.candidate_id}:{scene.number}"


def _of(scene: Scene) -> SceneOf:
    return SceneOf(candidate_id=scene.candidate_id, person=scene.person, number=scene.number)


def _scene_of(contact_id: str) -> SceneOf:
    """The scene of an unnamed row, by its id. Raises InputError."""
    candidate_id, colon, number = contact_id.rpartition(":")
    if not (candidate_id and colon and number.isascii() and number.isdigit() and int(number)):
        raise InputError("is no unnamed person of the list", place="--scene", mend="give the id of one")
    return SceneOf(candidate_id=candidate_id, person="", number=int(number))


def _scenes(scenes: Sequence[Scene]) -> str:
    """Ids and places; the first few of many."""
    said = [
        f"{_id_of(s)} {s.camera_name or s.camera} {minute(s.start)} "
        f"{s.distance_low_m:.1f}-{s.distance_high_m:.1f} m"
        for s in scenes[:3]
    ]
    return "; ".join([*said, *([f"and {len(scenes) - 3} more"] if len(scenes) > 3 else [])])


def _day(said: str) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise InputError("is no date", place="--until", mend="write it as 2026-03-16") from None


def _told(line: ContactLine, what: str) -> None:
    scenes = f", {len(line.scenes)} scenes, {line.minutes:.1f} minutes" if line.scenes else ""
    say(f"contact {line.contact_id} {what}{scenes}")
