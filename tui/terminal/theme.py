"""The few colours of the desk, one set for each theme. A tone also comes with a shape or a word, never
alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Hex colours. ``ground`` and ``surface`` lie under all others; ``line`` is for borders alone."""

    ground: str
    surface: str
    line: str
    text: str
    muted: str
    accent: str
    notice: str
    good: str
    alarm: str
    dark: bool = True


DARK = Colours(
    ground="#12161c", surface="#171c24", line="#39424f", text="#d8dde4", muted="#8d97a5", accent="#6cb6c9",
    notice="#e2b65c", good="#86c78f", alarm="#ec7f78",
)  # fmt: skip
LIGHT = Colours(
    ground="#fbfbf9", surface="#f1f2ef", line="#b9bfc6", text="#1d232b", muted="#5a636e", accent="#0f6075",
    notice="#7a4f00", good="#1d6a2c", alarm="#ad1f1a", dark=False,
)  # fmt: skip
# Every tone stands 7:1 or more against both grounds: WCAG 2.2, success criterion 1.4.6 (AAA).
CONTRAST = Colours(
    ground="#000000", surface="#0d0d0d", line="#a0a0a0", text="#ffffff", muted="#c4c9d0", accent="#7fe3ff",
    notice="#ffd75f", good="#8cff9a", alarm="#ff9d96",
)  # fmt: skip


def _theme(name: str, colours: Colours) -> Theme:
    return Theme(
        name=name,
        primary=colours.accent,
        secondary=colours.muted,
        accent=colours.accent,
        warning=colours.notice,
        error=colours.alarm,
        success=colours.good,
        foreground=colours.text,
        background=colours.ground,
        surface=colours.surface,
        panel=colours.surface,
        dark=colours.dark,
        variables={"border": colours.accent, "border-blurred": colours.line},
    )


DESK = _theme("tracedesk", DARK)
LIGHT_DESK = _theme("tracedesk-light", LIGHT)
CONTRAST_DESK = _theme("tracedesk-contrast", CONTRAST)
# Textual's theme of the terminal's own palette, with borders that show on black as well as on white.
SIXTEEN = replace(
    BUILTIN_THEMES["ansi-dark"],
    name="tracedesk-16",
    primary="ansi_cyan",
    secondary="ansi_default",
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "border-blurred": "ansi_bright_black"},
)


def _tones(colours: Colours) -> dict[str, Style]:
    return {
        "plain": Style(),
        "strong": Style(bold=True),
        "muted": Style(color=colours.muted),
        "accent": Style(color=colours.accent),
        "notice": Style(color=colours.notice),
        "good": Style(color=colours.good),
        "alarm": Style(color=colours.alarm, bold=True),
        "rehearsal": Style(color=colours.ground, bgcolor=colours.notice, bold=True),
        "selected": Style(bold=True, reverse=True),
    }


# By name only: what a name looks like is the terminal's, on a black ground as on a white one. Nothing is
# white or black, and what is less important is plain rather than a grey that some palettes hide.
_TERMINALS_OWN: dict[str, Style] = {
    "plain": Style(),
    "strong": Style(bold=True),
    "muted": Style(),
    "accent": Style(color="cyan"),
    "notice": Style(color="yellow"),
    "good": Style(color="green"),
    "alarm": Style(color="red", bold=True),
    "rehearsal": Style(color="yellow", bold=True, reverse=True),
    "selected": Style(bold=True, reverse=True),
}

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DESK, LIGHT_DESK, CONTRAST_DESK, SIXTEEN)}
_TONES_OF: dict[str, dict[str, Style]] = {
    DESK.name: _tones(DARK),
    LIGHT_DESK.name: _tones(LIGHT),
    CONTRAST_DESK.name: _tones(CONTRAST),
    SIXTEEN.name: _TERMINALS_OWN,
}


class Tones(Mapping[str, Style]):
    """Styles by tone, of the theme at hand. A text that was made keeps the styles it was made with."""

    def __init__(self) -> None:
        self._now = _TONES_OF[DESK.name]

    def __getitem__(self, tone: str) -> Style:
        return self._now[tone]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)

    def become(self, theme: str) -> None:
        """The tones of a theme; those of the dark one for a theme that is not ours."""
        self._now = _TONES_OF.get(theme, _TONES_OF[DESK.name])


TONES = Tones()


def fitting(wanted: str, color_system: str | None) -> str:
    """Name of the theme to begin with: what a person wants, else what this terminal can show."""
    if wanted in THEMES:
        return wanted
    return SIXTEEN.name if color_system == "standard" else DESK.name
