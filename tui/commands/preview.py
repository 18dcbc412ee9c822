"""``tracedesk site preview FILE``: what a mapping would make of a record file, values redacted."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.records.mapping import load_mapping
from adapters.records.preview import Preview
from adapters.records.preview import preview as previewed
from adapters.records.table import MAX_BYTES
from engine.domain.errors import InputError
from tui.commands.case_folder import mapping_for
from tui.commands.failing import plainly


def preview(
    file: Annotated[Path, typer.Argument(help="A record file: .csv, .xlsx or .json.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="Its mapping (TOML); else the one beside it.")
    ] = None,
) -> None:
    """Show what a mapping makes of a record file; no value is shown, only its form."""
    with plainly("tracedesk site preview"):
        chosen = load_mapping(mapping) if mapping is not None else mapping_for(file, None)
        shown = previewed(_content(file), str(file), chosen)
    console = Console(highlight=False)
    for part in rendered(shown):
        console.print(part)


def rendered(shown: Preview) -> tuple[Table | Text, ...]:
    """The preview for a terminal. Names and forms are plain text, never markup (G19)."""
    columns = Table()
    columns.add_column("our column")
    columns.add_column("their column")
    for ours, theirs in shown.taken.items():
        columns.add_row(Text(ours), Text(theirs))
    for ours in shown.fixed:
        columns.add_row(Text(ours), Text("(fixed in the mapping)"))
    rows = Table()
    names = list(dict.fromkeys((*shown.taken, *shown.fixed)))
    for name in ("", *names, "person", "outcome"):
        rows.add_column(Text(name), overflow="fold")
    for row in shown.rows:
        cells = [row.cells[name] for name in names]
        rows.add_row(*(Text(cell) for cell in (row.place, *cells, row.subject, row.outcome)))
    left_out = ", ".join(shown.left_out) or "none"
    return (
        Text(f"{shown.file}: {shown.source.value} records"),
        columns,
        Text("first rows, values redacted:"),
        rows,
        Text(f"columns dropped at intake: {left_out}"),
    )


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(file), mend="check the path") from None
    except OSError as problem:
        raise InputError(problem.strerror or "cannot be read", file=str(file)) from None
