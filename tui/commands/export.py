"""``tracedesk export``: a line list or a timeline as a file, for the case whose number is typed."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from engine.api.contact_schema import ExportKind, ExportRequest
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, say
from tui.commands.failing import on_disk, plainly

MEND = "name another file; an export that was made stands in the audit all the same"


@plainly()
def export(
    case_id: str,
    out: Annotated[Path, typer.Option(help="The file to write, for your eyes alone.")],
    kind: Annotated[ExportKind, typer.Option(help="What to export.")] = ExportKind.LINE_LIST,
    case_number: Annotated[
        str | None, typer.Option(help="The case number, typed again; else it is asked for.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    socket: SocketOption = None,
) -> None:
    """Write what leaves the house, once two people have confirmed it. It stands in the audit first.

    If you hand it to another body, record that: tracedesk case notice passed-on. The patient is owed to be
    told.
    """
    require_writable(out, force=force)
    typed = case_number
    if typed is None:
        typed = typer.prompt("type the case number to export it", default="", show_default=False)
    wanted = ExportRequest(kind=kind, typed_case_id=typed.strip())
    file = ask(socket, lambda client: client.export(case_id, wanted))
    write(out, file.content, force=force)
    say(f"{out}: {file.rows} rows, export {file.export_id}, sha256 {file.sha256}")
    if file.left_out:
        say(f"left out: {file.left_out} confirmed candidates without the same answer of a second reviewer")
    say(f"if it goes to another body: tracedesk case notice passed-on {case_id}")


def require_writable(out: Path, *, force: bool) -> None:
    """Raises InputError before anything is exported where the file could not be written."""
    if out.is_dir():
        raise InputError("is a folder", file=str(out), mend="name a file")
    if os.path.lexists(out) and not force:
        raise InputError(
            "is there already", file=str(out), mend="name another file, or write over it: --force"
        )
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}", file=str(out), mend="make it first")
    if not os.access(out.parent, os.W_OK):
        raise InputError("cannot be written", file=str(out), mend="name a file in a folder of yours")


def write(out: Path, content: bytes, *, force: bool) -> None:
    """The file whole, for its owner alone, or nothing; what is there is written over with ``force`` only,
    however it came there. Raises InputError."""
    new = out.with_name(f".{out.name}.{secrets.token_hex(4)}.new")
    with on_disk(out, MEND), contextlib.ExitStack() as gone:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        gone.callback(new.unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not force:
            try:
                os.link(new, out)  # fails where a file came there meanwhile
                return
            except FileExistsError:
                raise
            except OSError:  # a stick whose file system has no links
                if os.path.lexists(out):
                    raise
        new.replace(out)
