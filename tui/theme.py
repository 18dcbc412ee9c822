"""The few colours of the desk. Each tone also comes with a shape or a word, never alone."""

from dataclasses import replace

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

GROUND = "#12161c"
SURFACE = "#171c24"
LINE = "#39424f"
TEXT = "#d8dde4"
MUTED = "#8d97a5"
ACCENT = "#6cb6c9"
NOTICE = "#e2b65c"
GOOD = "#86c78f"
ALARM = "#ec7f78"

DESK = Theme(
    name="tracedesk",
    primary=ACCENT,
    secondary=MUTED,
    accent=ACCENT,
    warning=NOTICE,
    error=ALARM,
    success=GOOD,
    foreground=TEXT,
    background=GROUND,
    surface=SURFACE,
    panel=SURFACE,
    dark=True,
    variables={"border": ACCENT, "border-blurred": LINE},
)
# Textual's theme of the terminal's own palette, with borders that show on black as well as on white.
SIXTEEN = replace(
    BUILTIN_THEMES["ansi-dark"],
    name="tracedesk-16",
    primary="ansi_cyan",
    secondary="ansi_default",
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "border-blurred": "ansi_bright_black"},
)

TONES: dict[str, Style] = {
    "plain": Style(),
    "strong": Style(bold=True),
    "muted": Style(color=MUTED),
    "accent": Style(color=ACCENT),
    "notice": Style(color=NOTICE),
    "good": Style(color=GOOD),
    "alarm": Style(color=ALARM, bold=True),
    "rehearsal": Style(color=GROUND, bgcolor=NOTICE, bold=True),
    "selected": Style(bold=True, reverse=True),
}
