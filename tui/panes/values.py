"""What a line is never folded in: a date, a time, an amount with its unit."""

import re

from rich.cells import cell_len
from rich.text import Text

from tui.language.words import MONTHS, WEEKDAYS

JOIN = "\ue000"  # in the place of a blank at which nothing is folded; cleaned text has none of its own

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_DATE = (
    rf"(?:(?:{'|'.join(WEEKDAYS)}) )?\d{{1,2}} (?:{'|'.join(MONTHS)})\b(?: \d{{4}})?"
    r"|(?:\d{4}년 )?\d{1,2}월 \d{1,2}일(?:\([월화수목금토일]\))?"
    r"|\d{4}-\d{2}-\d{2}"
)
_UNIT = r"(?:s|min|h|m|km|px|days?|hours?|minutes?|seconds?|degrees|metres|KiB|MiB|GiB|%)(?![\w])"
_AMOUNT = (
    rf"(?:± ?)?\d[\d.,–]*(?: h \d+(?: min)?(?!\w)| {_UNIT})"  # ± 50 m, 5 h 12 min
    r"|(?:± )?\d[\d.,–]*(?:시간 \d+분?|초|분|픽셀|시간|일)?"
)
_ZONE = r"(?: (?:UTC|[A-Z]{3,4})\b)?"
MOMENT = re.compile(
    rf"(?:{_CLOCK}–)?(?:{_DATE})(?: {_CLOCK}(?:–{_CLOCK})?)?{_ZONE}|{_CLOCK}(?:–{_CLOCK})?{_ZONE}|{_AMOUNT}"
)
PARTS = re.compile(rf"(?:{_CLOCK}–)?(?:{_DATE})|{_CLOCK}{_ZONE}|{_AMOUNT}")


def held_together(text: Text, room: int) -> Text:
    """The same with its values held together, as far as they are at most ``room`` cells."""

    def whole(match: re.Match[str]) -> str:
        value = match[0]
        return value.replace(" ", JOIN) if cell_len(value) <= room else PARTS.sub(part, value)

    def part(match: re.Match[str]) -> str:
        return match[0].replace(" ", JOIN) if cell_len(match[0]) <= room else match[0]

    return _with(text, MOMENT.sub(whole, text.plain))


def with_blanks(line: Text) -> Text:
    """A line of what was held together, as it is shown."""
    return _with(line, line.plain.replace(JOIN, " "))


def _with(text: Text, plain: str) -> Text:
    """Other characters, one for each, in the styles that are there."""
    if plain == text.plain:
        return text
    other = text.copy()
    other.plain = plain
    return other
