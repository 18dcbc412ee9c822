"""Whether a desk can be drawn on this terminal at all, asked before anything is begun for it."""

import os
import sys
from collections.abc import Mapping

from engine.domain.errors import InputError

NO_SCREEN = ("", "dumb", "unknown")  # terminals that only print line after line
WITHOUT = "or do without the desk: trace and demo have --headless"


def check_terminal(environ: Mapping[str, str] = os.environ, encoding: str = "") -> None:
    """Raises InputError where a desk would be a mess: a terminal that cannot place text, or one that does
    not take UTF-8. ``encoding`` is that of the terminal, as Python has it."""
    terminal = environ.get("TERM", "")
    if terminal in NO_SCREEN:
        problem = f"the desk cannot be drawn on a terminal {terminal!a}"
        raise InputError(problem, place="TERM", mend=f"set TERM=xterm-256color if it is one, {WITHOUT}")
    takes = encoding or getattr(sys.__stderr__, "encoding", None) or "utf-8"  # Textual draws there
    if takes.lower().replace("-", "").replace("_", "") != "utf8":
        problem = f"the desk cannot be drawn in {takes!a}"
        raise InputError(problem, place="LANG", mend=f"set LANG=C.UTF-8, {WITHOUT}")
