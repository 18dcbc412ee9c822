"""What a person likes: ``~/.config/tracedesk/desk.toml``, read whole or not at all.

Each field is documented where the example is made: ``tracedesk settings --example`` prints it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

from engine.domain.errors import InputError
from tui.comfort.own_files import called, line_of, own_file, read_toml
from tui.language.catalogue import ENGLISH, LANGUAGES

FILE = "desk.toml"
AUTO = "auto"
LOCK_ON_SERVER_MIN = 10.0
PAINTS_PER_S, SLOW_PAINTS_PER_S = 4, 2

Theme = Literal["auto", "tracedesk", "tracedesk-light", "tracedesk-contrast", "tracedesk-16"]
Language = Literal["auto", "en", "ko"]
Clipboard = Literal["auto", "osc52", "off"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lock_after_min`` 0 never locks; None is ten minutes on a server and never in a rehearsal."""

    theme: Theme = "auto"
    language: Language = "auto"
    clipboard: Clipboard = "auto"
    lock_after_min: Annotated[float, msgspec.Meta(ge=0, le=720)] | None = None
    mouse: bool = True
    slow_link: bool = False

    def lock_after_s(self, profile: str) -> float:
        """Seconds without a key after which the screen is hidden; 0 for never."""
        if self.lock_after_min is not None:
            return 60 * self.lock_after_min
        return 0.0 if profile == "rehearsal" else 60 * LOCK_ON_SERVER_MIN

    @property
    def paints_per_s(self) -> int:
        return SLOW_PAINTS_PER_S if self.slow_link else PAINTS_PER_S

    def spoken(self, environ: Mapping[str, str] = os.environ) -> str:
        """The language of the desk: as set, else as the person's environment says."""
        if self.language != AUTO:
            return self.language
        return of_environment(environ)

    def copies(self, environ: Mapping[str, str] = os.environ) -> bool:
        """Whether an id may go to the terminal's clipboard. The bare console of a machine has none."""
        if self.clipboard == AUTO:
            return environ.get("TERM", "") not in ("", "dumb", "linux")
        return self.clipboard != "off"


def of_environment(environ: Mapping[str, str]) -> str:
    """What the locale of the environment asks for, where the desk speaks it; else English."""
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    language = named.partition("_")[0].partition(".")[0].lower()
    return language if language in LANGUAGES else ENGLISH


def settings_file() -> Path:
    return own_file(FILE)


def read_settings(path: Path) -> Settings:
    """The defaults where there is no file. Raises InputError naming file, line and mend."""
    tables, text = read_toml(path)
    for name in tables:
        if name not in Settings.__struct_fields__:
            raise InputError(
                f"there is no setting {name!r}", file=called(path), place=line_of(text, name),
                mend=f"the settings are: {', '.join(Settings.__struct_fields__)}",
            )  # fmt: skip
        try:
            msgspec.convert({name: tables[name]}, Settings)
        except msgspec.ValidationError as problem:
            why = str(problem).partition(" - at")[0].lower()
            mend = (
                f"one of: {', '.join(choices)}"
                if (choices := _choices(name))
                else "see tracedesk settings --example"
            )
            raise InputError(why, file=called(path), place=line_of(text, name), mend=mend) from None
    return msgspec.convert(tables, Settings)


def _choices(name: str) -> tuple[str, ...]:
    return {"theme": get_args(Theme), "language": get_args(Language), "clipboard": get_args(Clipboard)}.get(
        name, ()
    )


EXAMPLE = """\
# Settings of the desk. Each line shows what holds without it; take the # away from what you change.

# Colours: auto is tracedesk (dark), or tracedesk-16 where the terminal has 8 or 16 colours.
# tracedesk-light is for a bright ground, tracedesk-contrast has every text at 7:1 or more, and
# tracedesk-16 has the colours of the terminal's own palette. NO_COLOR=1 takes all colours away.
# theme = "auto"

# Language: auto follows LC_ALL, LC_MESSAGES and LANG. "en" or "ko".
# language = "auto"

# Copying with y. Only ids without a person in them are ever copied: those of candidates, traces and
# authorisations, and of a case where it is written with A-Z, a-z, 0-9 and - alone.
# osc52 asks the terminal to take the id (over SSH too; in tmux: set -g set-clipboard on);
# auto does so but on the bare console of a machine; off copies nothing.
# clipboard = "auto"

# Minutes without a key after which the screen is hidden; 0 for never, 720 at most. Without this line: 10
# minutes on a server, never in a rehearsal. It hides the screen and is no password: leave with q, or lock
# your own computer.
# lock_after_min = 10

# Whether the mouse works in the desk. Without it the terminal's own selection works everywhere.
# mouse = true

# For a slow line: fewer paints a second and no mouse. The same as --slow-link.
# slow_link = false
"""
