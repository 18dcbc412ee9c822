"""Rows that are wider than a terminal: a few words each, then what there is to say of it, a line each."""

from collections.abc import Sequence

import typer
from rich.console import Console

from tui.clean import clean_text

LONGEST = 2_000  # characters of a cell


def listing(headings: Sequence[str], rows: Sequence[Sequence[object]], nothing: str, *, first: int) -> None:
    """At a terminal the ``first`` cells of a row stand on its line and each other one that says something on
    a line of its own, under its heading: nothing is cut off, and a screen reader reads it in order. In a
    pipe every row is one line with tabs between its cells, under one line of headings."""
    if not Console().is_terminal:
        typer.echo("\t".join(headings))
        for row in rows:
            typer.echo("\t".join(_said(cell) for cell in row))
        return
    if not rows:
        typer.echo(nothing)
    for row in rows:
        said = [_said(cell) for cell in row]
        typer.echo("  ".join(word for word in said[:first] if word))
        for heading, cell in zip(headings[first:], said[first:], strict=True):
            if cell:
                typer.echo(f"    {heading}: {cell}")


def _said(cell: object) -> str:
    """One plain line: no tab or line break of the data ends a cell."""
    return " ".join(clean_text("" if cell is None else str(cell), LONGEST).split())
