"""What the environment may tell Textual about this desk: nothing that opens a port, writes a file or
presses keys. Textual reads these when it is imported, so this comes first (G19)."""

import os
from collections.abc import MutableMapping

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
