"""``tracedesk keys``: every key of the desk, with the ids by which a person gives other keys."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.domain.errors import InputError
from tui.commands.failing import EXIT_CODE


def keys(
    toml: Annotated[bool, typer.Option("--toml", help="Print a keys.toml to start from instead.")] = False,
) -> None:
    """The keys of the desk. Others go into ~/.config/tracedesk/keys.toml."""
    from tui.comfort.own_files import called
    from tui.keyboard.keymap import keymap_file, read_keymap, starting_file
    from tui.keyboard.names import shown_key
    from tui.keys import ACTIONS, keys_of, use_keys

    if toml:
        typer.echo(starting_file(), nl=False)
        return
    problem = ""
    try:
        use_keys(read_keymap(keymap_file()))
    except InputError as mistake:
        problem = str(mistake)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("id", "keys", "screens", "what it does"):
        table.add_column(title, overflow="fold")
    for action in ACTIONS:
        written = " ".join(map(shown_key, keys_of(action)))
        where = ", ".join(sorted(action.where)) if len(action.where) < 4 else "everywhere"
        what = action.description + (" (dangerous)" if action.dangerous else "")
        table.add_row(*map(Text, (action.id, written, where, what)))
    console = Console()
    console.print(table)
    console.print(Text(f"\nother keys: tracedesk keys --toml > {called(keymap_file())}"), soft_wrap=True)
    if problem:
        typer.echo(f"tracedesk: {problem}; until then the desk has its own keys", err=True)
        raise typer.Exit(EXIT_CODE)
