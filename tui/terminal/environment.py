"""What the environment may tell Textual about this desk: nothing that opens a port, writes a file or
presses keys. Textual reads these when it is imported, so this comes first (G19)."""

import os
import sys
from collections.abc import Mapping, MutableMapping

from engine.domain.errors import InputError

# Remote consoles, logs of everything that happens, pictures of the screen, keys pressed by themselves,
# another driver (a web page), a stylesheet or a theme from elsewhere.
NEVER = (
    "TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_DEVTOOLS_HOST", "TEXTUAL_DEVTOOLS_PORT", "TEXTUAL_DRIVER",
    "TEXTUAL_FILTERS", "TEXTUAL_LOG", "TEXTUAL_PRESS", "TEXTUAL_SCREENSHOT", "TEXTUAL_SCREENSHOT_FILENAME",
    "TEXTUAL_SCREENSHOT_LOCATION", "TEXTUAL_SHOW_RETURN", "TEXTUAL_THEME",
)  # fmt: skip
ALWAYS = {"TEXTUAL_ANIMATIONS": "none"}
# Milliseconds after which an escape is the key and not the beginning of another: quick, but where a line is
# slow and the rest of a key may come later.
ESCAPE, ESCAPE_MS = "ESCDELAY", "25"
NO_COLOR = "NO_COLOR"
SLOW = {"TEXTUAL_FPS": "10", "TEXTUAL_SMOOTH_SCROLL": "0"}

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


def quiet(*, slow_link: bool, environ: MutableMapping[str, str] = os.environ) -> tuple[str, ...]:
    """Take away what must not be, and set what a slow line needs. Names what was taken away."""
    if environ.get(NO_COLOR) == "":
        del environ[NO_COLOR]  # empty is as if it were not there, by no-color.org
    taken = tuple(name for name in NEVER if environ.pop(name, "") != "")
    environ.update(ALWAYS)
    if slow_link:
        environ.update(SLOW)
    else:
        environ.setdefault(ESCAPE, ESCAPE_MS)
    return taken
