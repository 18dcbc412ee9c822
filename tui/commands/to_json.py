"""``--json`` alone: the figures go to standard output, as with ``--json -``."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

OPTION = "--json"
JsonTo = Annotated[
    Path | None,
    typer.Option(OPTION, help="Write it as JSON, into this file; alone or with -, to standard output."),
]


class WithJson(TyperCommand):
    """A command with an option ``JsonTo``; typer itself knows no option whose value may be missing."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        return super().parse_args(ctx, completed(args))


def completed(args: list[str]) -> list[str]:
    """The words of a command, with ``-`` behind a ``--json`` that no file follows."""
    if "--" in args:
        end = args.index("--")
        return completed(args[:end]) + args[end:]
    found = list(args)
    for at in reversed(range(len(args))):
        following = args[at + 1] if at + 1 < len(args) else "--"
        if args[at] == OPTION and following.startswith("-") and following != "-":
            found.insert(at + 1, "-")
    return found
