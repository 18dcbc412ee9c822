"""``tracedesk authorisation``: ask for one, permit one, refuse, revoke; and the emergency path."""

from pathlib import Path
from typing import Annotated

import typer

from engine.api.client import EngineClient
from engine.api.forms import EmergencyRequest
from engine.api.schema import AuthorisationRequest, AuthorisationView
from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, minute, say, second, table
from tui.commands.contact_form import text_needed
from tui.commands.failing import plainly
from tui.commands.trace import read_cases, site_above

app = typer.Typer(help="Authorisations: request, approve, refuse, revoke, review.", no_args_is_help=True)

SiteOption = Annotated[Path | None, typer.Option("--site", help="The site; else site.toml above the case.")]


@app.command("list")
@plainly()
def list_authorisations(socket: SocketOption = None) -> None:
    """What waits, what stands and what has ended."""
    rows = [
        (
            a.authorisation_id,
            a.case_id,
            "EMERGENCY" if a.state is AuthorisationState.EMERGENCY else a.state,
            "1 camera" if a.cameras == 1 else f"{a.cameras} cameras",
            f"{minute(a.start)} to {minute(a.end)}",
            f"{a.max_camera_hours:g} h",
            minute(a.expires_at),
            a.requested_by,
            a.ended_by or a.approved_by or (f"review by {minute(a.review_due)}" if a.review_due else ""),
        )
        for a in ask(socket, EngineClient.authorisations)
    ]
    headings = ("authorisation", "case", "state", "scope", "footage", "at most", "expires", "asked by", "by")
    table(headings, rows, "no authorisation is known here")


@app.command()
@plainly()
def show(authorisation_id: str, socket: SocketOption = None) -> None:
    """All that an authorisation says, before somebody permits it."""

    async def work(client: EngineClient) -> AuthorisationView | None:
        return next(
            (a for a in await client.authorisations() if a.authorisation_id == authorisation_id), None
        )

    found = ask(socket, work)
    if found is None:
        mend = "see: tracedesk authorisation list"
        raise InputError("there is no such authorisation", place=authorisation_id, mend=mend)
    for name, value in details_of(found):
        if value:
            say(f"{name}: {value}")


def details_of(paper: AuthorisationView) -> list[tuple[str, str]]:
    """Names and values in the order in which they matter; "" for what it does not say."""
    cameras = ", ".join(paper.camera_ids)
    return [
        ("authorisation", f"{paper.authorisation_id} for case {paper.case_id}"),
        ("state", "EMERGENCY" if paper.state is AuthorisationState.EMERGENCY else str(paper.state)),
        ("why it could not wait", paper.reason),
        ("review due", minute(paper.review_due)),
        ("purpose", paper.purpose.replace("_", " ")),
        ("face search", "yes" if paper.face_search else "no, records alone"),
        ("footage", f"{minute(paper.start)} to {minute(paper.end)}"),
        ("cameras", f"{paper.cameras}" + (f": {cameras}" if cameras else "")),
        ("at most", f"{paper.max_camera_hours:g} camera-hours"),
        ("sources", ", ".join(paper.sources)),
        ("references", "; ".join(f"{source} {ref}" for source, ref in paper.references.items())),
        ("order", paper.order_ref),
        ("asked by", f"{paper.requested_by} {minute(paper.requested_at)}".strip()),
        ("permitted by", paper.approved_by),
        ("two people", "yes" if paper.four_eyes else "no: a rehearsal"),
        ("expires", minute(paper.expires_at)),
        ("ended by", f"{paper.ended_by} {minute(paper.ended_at)}".strip()),
    ]


@app.command()
@plainly()
def request(case: Path, site: SiteOption = None, socket: SocketOption = None) -> None:
    """Ask for what authorisation.toml of a case folder says. Somebody else permits it."""
    wanted = _wanted(case, site)
    asked = ask(socket, lambda client: client.request_authorisation(wanted))
    say(f"authorisation {asked.authorisation_id} for case {asked.case_id} is {asked.state} {_footage(asked)}")


@app.command()
@plainly()
def preview(case: Path, site: SiteOption = None, socket: SocketOption = None) -> None:
    """Show what that would open and about how long it takes here. Nothing is asked for or opened."""
    wanted = _wanted(case, site)
    found = ask(socket, lambda client: client.preview_scope(wanted))
    rows = [(line.camera_id, line.name, second(line.start), second(line.end)) for line in found.lines]
    table(("camera", "name", "from", "to"), rows, "no camera")
    about = "nothing was measured here yet" if found.seconds is None else f"about {found.seconds:.0f} s here"
    say(f"{found.cameras} cameras, {found.windows} windows, {found.camera_hours:.2f} camera-hours; {about}")
    for note in found.notes:
        say(f"note: {note}")


@app.command()
@plainly()
def emergency(
    case: Path,
    site: SiteOption = None,
    socket: SocketOption = None,
) -> None:
    """In force at once, told to everybody, and ended after a day unless a second person reviewed it.

    Asks why it cannot wait, in a sentence; a script gives it on standard input.
    """
    wanted = _wanted(case, site)
    form = EmergencyRequest(wanted=wanted, reason=text_needed("why it cannot wait, in a sentence"))
    asked = ask(socket, lambda client: client.emergency(form))
    say(
        f"EMERGENCY: authorisation {asked.authorisation_id} for case {asked.case_id} is in force"
        f" {_footage(asked)}; somebody else has to review it before {minute(asked.review_due)}"
    )


@app.command()
@plainly()
def approve(authorisation_id: str, socket: SocketOption = None) -> None:
    """Permit what somebody else asked for."""

    async def work(client: EngineClient) -> AuthorisationView:
        version = await _version(client, authorisation_id)
        return await client.approve_authorisation(authorisation_id, version=version)

    _told(ask(socket, work))


@app.command()
@plainly()
def refuse(authorisation_id: str, socket: SocketOption = None) -> None:
    """Say no to what somebody asked for."""

    async def work(client: EngineClient) -> AuthorisationView:
        version = await _version(client, authorisation_id)
        return await client.refuse_authorisation(authorisation_id, version=version)

    _told(ask(socket, work))


@app.command()
@plainly()
def revoke(authorisation_id: str, socket: SocketOption = None) -> None:
    """End it now; what runs under it stops within two seconds."""
    _told(ask(socket, lambda client: client.revoke_authorisation(authorisation_id)))


@app.command()
@plainly()
def review(
    authorisation_id: str,
    justified: Annotated[bool, typer.Option("--justified/--not-justified", help="May it go on?")],
    socket: SocketOption = None,
) -> None:
    """Look at an emergency afterwards, as a second person."""

    async def work(client: EngineClient) -> AuthorisationView:
        version = await _version(client, authorisation_id)
        return await client.review_emergency(authorisation_id, justified=justified, version=version)

    _told(ask(socket, work))


async def _version(client: EngineClient, authorisation_id: str) -> int:
    """The version as it stands; an unknown one gets the engine's own answer."""
    known = {a.authorisation_id: a.version for a in await client.authorisations()}
    return known.get(authorisation_id, 1)


def _footage(view: AuthorisationView) -> str:
    """What the engine took of the time that was asked for: no more than the infectious period."""
    return f"for {minute(view.start)} to {minute(view.end)}"


def _told(view: AuthorisationView) -> None:
    say(f"authorisation {view.authorisation_id} for case {view.case_id} is {view.state}")


def _wanted(case: Path, site: Path | None) -> AuthorisationRequest:
    (folder,) = read_cases([case], site or site_above(case))
    if folder.authorisation is None:
        raise InputError("is missing", file=str(case / "authorisation.toml"), mend="see docs/CASE_FOLDER.md")
    return folder.authorisation
