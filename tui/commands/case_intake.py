"""What is brought in for a case by plain commands: an interview, the ground for a face search, photographs.

What is personal is typed, or read from a file or standard input, never an argument (G19).
"""

from typing import Annotated

import typer

from engine.api.client import EngineClient, EngineSaysNo
from engine.api.schema import CaseView, GroundRecord, StillFile, StillTaken
from engine.domain.errors import InputError
from engine.domain.ground import GroundKind
from tui.clean import clean_text
from tui.commands.connect import SocketOption, ask, say, table
from tui.commands.contact_form import asked_lines
from tui.commands.drawing import draw, draws, terminal
from tui.commands.failing import plainly
from tui.forms.paper import paper_digest, read_file
from tui.forms.photo_words import refused_photo_words, taken_photo_words
from tui.forms.trouble import Trouble

MOST_MIB = 16


@plainly()
def ground(
    case_id: str,
    document: Annotated[
        str, typer.Option(help="The signed consent to face search: its file, or its sha256.")
    ] = "",
    law: Annotated[str, typer.Option(help="Or the id of a law of the list installed here.")] = "",
    socket: SocketOption = None,
) -> None:
    """Record why a face search is lawful for this patient: a paper of its own, apart from the records.

    Only the sha256 of the paper goes to the engine. Without --document and --law: say what stands.
    """
    if document and law:
        raise InputError("is given with a document", place="--law", mend="give one of the two")
    if not document and not law:
        say(f"the ground of case {case_id}: {_ground(ask(socket, lambda client: _case(client, case_id)))}")
        return
    if law:
        record = GroundRecord(kind=GroundKind.LAW, law_id=law)
    else:
        digest = paper_digest(document)
        if isinstance(digest, Trouble):
            raise InputError(digest.what, place="--document", mend=digest.mend)
        record = GroundRecord(kind=GroundKind.SEPARATE_CONSENT, document_sha256=digest)

    async def work(client: EngineClient) -> CaseView:
        version = (await _case(client, case_id)).version
        return await client.record_ground(case_id, record, version=version)

    recorded = ask(socket, work)
    said = f", by the paper with sha256 {record.document_sha256}" if record.document_sha256 else ""
    say(f"the ground of case {case_id}: {_ground(recorded)}{said}")


@plainly()
def withdraw(case_id: str, socket: SocketOption = None) -> None:
    """Withdraw the ground for a face search: it stops, and what came out of it is erased."""
    ask(socket, lambda client: client.withdraw_ground(case_id))
    say(f"the ground of case {case_id} is withdrawn; what came out of a face search is erased")


@plainly()
def photos(case_id: str, socket: SocketOption = None) -> None:
    """The photographs of a case and who stands behind them."""
    found = ask(socket, lambda client: client.stills(case_id))
    rows = [(s.still_id, s.file, s.provenance, s.seconded_by or "nobody yet") for s in found]
    table(("photo", "file", "provenance", "seconded by"), rows, "the case has no photograph")


@plainly()
def photo(case_id: str, photo: str, socket: SocketOption = None) -> None:
    """Look at a photograph, in half cells of this terminal; the look stands in the audit.

    In a pipe nobody looks, and nothing is asked for: who seconds a photograph has seen it.
    """
    console = terminal()
    if not draws(console):
        mend = "look at it at a terminal that shows colours, or at the desk"
        raise InputError("nobody sees it here", place=f"photograph {photo}", mend=mend)
    shown = ask(socket, lambda client: client.view_still(case_id, photo)).picture
    draw(shown.jpeg, console)
    size = f"{shown.width} x {shown.height} pixels, the face {shown.face_px:.0f} high"
    say(f"photograph {photo} of case {case_id}: {size}; nobody else is in it")


@plainly()
def add_photo(
    case_id: str,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The picture, on this machine.")],
    socket: SocketOption = None,
) -> None:
    """Hand a photograph of the patient in; its face is looked for and measured.

    Asks where it comes from and for which notification; a script gives the two as lines of standard input.
    """
    read = read_file(file, MOST_MIB)
    if isinstance(read, Trouble):
        raise InputError(read.what, place="FILE", mend=read.mend)
    name, content = read
    origin, notification = asked_lines(
        ("where it comes from, and who handed it over", "notification that it was handed over for")
    )
    if not origin:
        raise InputError("is missing", place="where it comes from", mend="say it")
    still = StillFile(
        file=clean_text(name), content=content, provenance=origin, notification_ref=notification
    )

    async def work(client: EngineClient) -> StillTaken:
        try:
            return await client.add_still(case_id, still)
        except EngineSaysNo as refused:
            raise InputError(refused_photo_words(refused)) from None

    taken = ask(socket, work)
    say(f"photograph {taken.still_id} of case {case_id}")
    for words, _ in taken_photo_words(taken):
        say(words.strip())


@plainly()
def second(case_id: str, photo: str, socket: SocketOption = None) -> None:
    """Stand behind a photograph that somebody else brought: it shows this patient."""
    ask(socket, lambda client: client.second_still(case_id, photo))
    say(f"photograph {photo} of case {case_id} is seconded")


async def _case(client: EngineClient, case_id: str) -> CaseView:
    """Raises InputError where this person has no such case."""
    found = next((c for c in await client.cases() if c.case_id == case_id), None)
    if found is None:
        raise InputError("there is no such case of yours", place=case_id, mend="see: tracedesk case list")
    return found


def _ground(case: CaseView) -> str:
    return case.ground.replace("_", " ") if case.ground else "none, so no face is searched for"
