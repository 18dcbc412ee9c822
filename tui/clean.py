"""The one sanitiser. Everything the engine says passes here before a widget can see it (G19)."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Awaitable
from enum import Enum
from typing import Any, TypeVar, cast

import msgspec
import numpy as np

from engine.api.case_schema import Kept
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.contact_schema import ContactLine
from engine.api.lines import Line
from engine.api.review_schema import MOST_NOTE_CHARACTERS
from engine.api.schema import TraceDetail
from engine.api.site_schema import CityMap
from engine.domain.contact import LONGEST
from tui.port import Engine

T = TypeVar("T")

MAX_CHARACTERS = 200
# What people write may be longer and have several lines, by struct and field: as much as the engine keeps.
LONG = {
    ("CandidateView", "note"): MOST_NOTE_CHARACTERS,
    ("ContactLine", "note"): LONGEST["note"],
    ("ContactLine", "reference"): LONGEST["reference"],
}
MAX_KEPT_CHARACTERS = 64 * 1024  # of what a person keeps with a case, which may have several lines
MAX_MARKS = 3  # combining marks on one letter; Vietnamese and Thai need two, Hebrew three
REPLACEMENT = "\ufffd"
PLAIN = bytes(range(0x20, 0x5C)) + bytes(range(0x5D, 0x7F))  # printable ASCII without the backslash
LOOK_TOGETHER_FROM = 4096  # bytes of JSON; less is cleaned at once
NEVER_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
NON_JOINER = "\u200c"  # part of the spelling of some scripts, and of no width
JOINER = "\u200d"  # left out between letters: with it no two programs agree on how wide they are
# Selects how the character before it looks; whether that changes its width no two terminals agree on.
SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
# Skin tones and the letters of flags change the width of what stands before them; fillers of Hangul are
# letters that nobody sees.
UNSURE = frozenset(
    map(chr, (*range(0x1F3FB, 0x1F400), *range(0x1F1E6, 0x1F200), 0x3164, 0x115F, 0x1160, 0xFFA0))
)


def clean_text(text: str, limit: int = MAX_CHARACTERS) -> str:
    """At most ``limit`` characters, none of which commands a terminal, turns the text round or changes the
    width of another: a line is as wide as its characters are one by one.

    Control, format, surrogate, private and unassigned characters and line separators become
    U+FFFD; a non-joiner stays between letters, a joiner is left out there; marks piled higher than
    ``MAX_MARKS`` are left out. Hangul that was taken apart into jamo is put together (NFC).
    """
    cut = text[:limit]
    if not (cut.isascii() and cut.isprintable()):
        cut = "".join(_kept(unicodedata.normalize("NFC", cut)))[:limit]
    return cut if len(text) <= limit else cut[: limit - 1] + "…"


def clean_lines(text: str, limit: int = MAX_KEPT_CHARACTERS) -> str:
    """Several lines, each of them clean; a tab is a blank."""
    return "\n".join(clean_text(line, limit) for line in text[:limit].replace("\t", " ").split("\n"))


def _kept(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for place, character in enumerate(text):
        if character in SELECTORS or (character == JOINER and _between_letters(text, place)):
            continue
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if marks > MAX_MARKS:
            continue
        parts = character == NON_JOINER and _between_letters(text, place)
        if (category in NEVER_SHOWN and not parts) or character in UNSURE:
            character = REPLACEMENT
        kept.append(character)
    return kept


def _between_letters(text: str, place: int) -> bool:
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return len(around) == 2 and all(unicodedata.category(c)[0] in "LM" for c in around)


def cleaned(value: T, limit: int = MAX_CHARACTERS) -> T:
    """The same value with every string in it cleaned, however deep; bytes and enums as they are."""
    if _certainly_clean(value, limit):
        return value
    return _deep(value, limit)  # type: ignore[no-any-return]


def _certainly_clean(value: object, limit: int) -> bool:
    """Whether one look at all of it together finds nothing to clean: ten thousand rows in some
    milliseconds. False says only that each string has to be looked at by itself."""
    if not isinstance(value, msgspec.Struct | tuple) or not value:
        return False
    together = msgspec.json.encode(value)
    if len(together) < LOOK_TOGETHER_FROM:
        return False
    quotes = np.flatnonzero(np.frombuffer(together, np.uint8) == ord('"'))
    if len(quotes) > 1 and np.diff(quotes).max() > limit:
        return False
    rest = together.translate(None, PLAIN).decode("utf-8", "replace")
    return unicodedata.is_normalized("NFC", rest) and not any(map(_suspicious, set(rest)))


def _suspicious(character: str) -> bool:
    """What a cleaned text never holds, combining marks, and what JSON writes with a backslash: control
    characters among it."""
    category = unicodedata.category(character)
    unsure = category[0] == "M" or character in UNSURE or character in "\\" + REPLACEMENT
    return category in NEVER_SHOWN or unsure


def _deep(value: Any, limit: int) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return clean_text(value, limit)
    if isinstance(value, tuple):
        return tuple(_deep(item, limit) for item in value)
    if isinstance(value, dict):
        return {_deep(key, limit): _deep(item, limit) for key, item in value.items()}
    if isinstance(value, Kept):
        return msgspec.structs.replace(value, text=clean_lines(value.text), by=clean_text(value.by, limit))
    if isinstance(value, msgspec.Struct):
        old = {name: getattr(value, name) for name in value.__struct_fields__}
        kind = type(value).__name__
        new = {
            name: clean_lines(item, LONG[kind, name]) if (kind, name) in LONG else _deep(item, limit)
            for name, item in old.items()
        }
        changed = {name: item for name, item in new.items() if item != old[name]}
        return msgspec.structs.replace(value, **changed) if changed else value
    return value


class CleanEngine:
    """An engine whose every answer and refusal has been cleaned, whatever it is asked. The desk holds no
    other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        async def asked(*args: object, **given: object) -> Any:
            return await _cleanly(method(*args, **given))

        return asked

    async def city_map(self) -> CityMap:
        """A large city has tens of thousands of names and numbers."""
        return await _cleanly_beside(self._engine.city_map())

    async def contacts(self, case_id: str) -> tuple[ContactLine, ...]:
        return await _cleanly_beside(self._engine.contacts(case_id))

    async def trace(self, trace_id: str) -> TraceDetail:
        return await _cleanly_beside(self._engine.trace(trace_id))

    async def events(self, after: int | None = None) -> AsyncIterator[Line]:
        try:
            async for line in self._engine.events(after):
                yield cleaned(line)
        except (EngineAway, EngineSaysNo) as problem:
            raise _problem(problem) from None


def clean(engine: Engine) -> Engine:
    """The same engine, of which nothing reaches a screen as it came."""
    return cast(Engine, CleanEngine(engine))


async def _cleanly(answer: Awaitable[T]) -> T:
    try:
        return cleaned(await answer)
    except (EngineAway, EngineSaysNo) as problem:
        raise _problem(problem) from None


async def _cleanly_beside(answer: Awaitable[T]) -> T:
    """What may be large is cleaned beside the screen: keys come meanwhile."""
    try:
        return await asyncio.to_thread(cleaned, await answer)
    except (EngineAway, EngineSaysNo) as problem:
        raise _problem(problem) from None


def _problem(problem: EngineAway | EngineSaysNo) -> EngineAway | EngineSaysNo:
    if isinstance(problem, EngineSaysNo):
        return EngineSaysNo(problem.status, clean_text(problem.code), clean_text(str(problem)))
    return EngineAway(clean_text(str(problem)))
