"""The pieces of which people make a time: days, times of day, durations, what stands between them."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tui.forms.days import Days
from tui.forms.trouble import Trouble
from tui.language.catalogue import tr

NOON = 12 * 60
MIDNIGHT = 24 * 60
DASH = 1  # the number of a "to" that is only a dash, which may also stand between a day and its time


class Kind(StrEnum):
    DAY = "day"
    WEEKDAY = "weekday"
    TIME = "time"
    HOUR = "hour"  # a bare number: an hour where it stands beside a dash
    LASTING = "lasting"
    TO = "to"
    ALL_DAY = "all day"
    SAME_DAY = "same day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What it is by its kind: ``day``, ``number`` (of a weekday, 0 for Monday; else minutes after midnight,
    0..1440; of an hour, the hour). ``half`` is "am", "pm" or "" where it was not said."""

    kind: Kind
    day: date | None = None
    number: int = 0
    half: str = ""


Made = Piece | Trouble | None
Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Days], Made]]


def normal(text: str) -> str:
    """One width, one case, one kind of dash, no brackets."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"[\u2010-\u2015\u2212\u223c\u301c~]", "-", text)
    return re.sub(r"[()]", " ", text).strip()


def pieces(text: str, days: Days) -> list[Piece] | Trouble | None:
    """The pieces of ``text`` in their order; None where something in it belongs to no time at all; a
    trouble where it speaks of a day or a time that there is not."""
    rest, found = normal(text), []
    while rest := rest.lstrip(" ,."):
        for pattern, made in _RULES:
            if match := pattern.match(rest):
                piece = made(match, days)
                if isinstance(piece, Trouble):
                    return piece
                if piece is not None:
                    found.append(piece)
                rest = rest[match.end() :]
                break
        else:
            return None
    return found


# --- days -------------------------------------------------------------------------------------------


def _dated(said: str, year: str | None, month: int, number: int, days: Days) -> Made:
    """Without a year the one that fits the case."""
    if not year:
        day = days.of_month(month, number)
        return _no_day(said) if day is None else Piece(kind=Kind.DAY, day=day)
    try:
        return Piece(kind=Kind.DAY, day=date(int(year), month, number))
    except ValueError:
        return _no_day(said)


def _slashed(match: re.Match[str], days: Days) -> Made:
    """Month first, as in Korea; day first where only that is a day, or an infectious one."""
    first, second = int(match[1]), int(match[2])
    by_month = _dated(match[0], None, first, second, days)
    by_day = _dated(match[0], None, second, first, days)
    if not isinstance(by_month, Piece) or not isinstance(by_day, Piece):
        return by_month if isinstance(by_month, Piece) else by_day
    assert by_month.day is not None and by_day.day is not None
    return by_day if days.infectious(by_day.day) and not days.infectious(by_month.day) else by_month


def _numbered(match: re.Match[str], days: Days) -> Made:
    day = days.numbered(int(match[1]))
    return _no_day(match[0]) if day is None else Piece(kind=Kind.DAY, day=day)


def _ago(back: int) -> Callable[[re.Match[str], Days], Made]:
    return lambda match, days: Piece(kind=Kind.DAY, day=days.today - timedelta(days=back))


def _no_day(said: str) -> Trouble:
    return Trouble(tr("there is no day {said}", said=said.strip()), tr("write it as 2 Mar or 2026-03-02"))


# --- times of day -----------------------------------------------------------------------------------

_MORNING = frozenset({"am", "a.m.", "오전", "새벽", "아침"})
_NIGHT = frozenset({"밤", "저녁"})


def _time(said: str, hour: str, minute: str | None, half: str | None) -> Made:
    """A time of day; one at night before five is after midnight."""
    at = int(hour) * 60 + int(minute or 0)
    told = "" if not half else "am" if half in _MORNING else "pm"
    if half in _NIGHT and at < 5 * 60:
        told = "am"
    if told == "pm" and at < NOON:
        at += NOON
    elif told == "am" and NOON <= at < NOON + 60:
        at -= NOON
    if int(minute or 0) > 59 or at > MIDNIGHT:
        return Trouble(tr("there is no time {said}", said=said.strip()), tr("write it as 14:10"))
    return Piece(kind=Kind.TIME, number=at, half=told)


def _lasting(hours: str | None, minutes: str | None) -> Made:
    return Piece(kind=Kind.LASTING, number=round(float(hours or 0) * 60) + int(minutes or 0))


def _plain(kind: Kind, number: int = 0) -> Callable[[re.Match[str], Days], Made]:
    return lambda match, days: Piece(kind=kind, number=number)


# --- the rules, in the order in which they are tried --------------------------------------------------

_MONTHS = (
    "jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?",
    "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?",
)  # fmt: skip
_WEEKDAYS = (
    "mon(?:day)?|월요일(?:날)?|월(?![가-힣])", "tue(?:s(?:day)?)?|화요일(?:날)?|화(?![가-힣])",
    "wed(?:nesday)?|수요일(?:날)?|수(?![가-힣])", "thu(?:r?s(?:day)?)?|목요일(?:날)?|목(?![가-힣])",
    "fri(?:day)?|금요일(?:날)?|금(?![가-힣])", "sat(?:urday)?|토요일(?:날)?|토(?![가-힣])",
    "sun(?:day)?|일요일(?:날)?|일(?![가-힣])",
)  # fmt: skip
_YEAR = r"(?:\s+(20\d\d)(?!\s*-\s*\d{4}(?!\d)|[:\d]))?"
_HALF = r"(?:(오전|오후|새벽|아침|저녁|밤)\s*)"
_AFTER = r"\s*(am|pm|a\.m\.|p\.m\.)?"
_END = r"(?![a-z0-9:])"


def _rule(pattern: str, made: Callable[[re.Match[str], Days], Made]) -> Rule:
    return re.compile(pattern), made


def _month(number: int, name: str) -> tuple[Rule, Rule]:
    """``2 Mar`` and ``Mar 2``, with a year or without."""
    return (
        _rule(
            rf"(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:of\s+)?{name}\.?{_END}{_YEAR}",
            lambda m, d: _dated(m[0], m[2], number, int(m[1]), d),
        ),
        _rule(
            rf"{name}\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?(?!\s*시){_END}{_YEAR}",
            lambda m, d: _dated(m[0], m[2], number, int(m[1]), d),
        ),
    )


_RULES: tuple[Rule, ...] = (
    _rule(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)\.?t?",
          lambda m, d: _dated(m[0], m[1], int(m[2]), int(m[3]), d)),
    _rule(r"(?:(\d{4})년\s*)?(\d{1,2})월\s*(\d{1,2})일(?:날)?",
          lambda m, d: _dated(m[0], m[1], int(m[2]), int(m[3]), d)),
    *(rule for number, name in enumerate(_MONTHS, 1) for rule in _month(number, name)),
    _rule(rf"(\d{{1,2}})/(\d{{1,2}}){_END}", _slashed),
    _rule(r"(\d{1,2})일(?:날)?(?!요일)", _numbered),
    _rule(rf"(\d{{1,2}})(?:st|nd|rd|th){_END}", _numbered),
    _rule(r"(?:for\s+|\+\s*)?(\d{1,3}(?:\.\d+)?)\s*시간(?:\s*(\d{1,2})분)?(?:간|\s*동안)?",
          lambda m, d: _lasting(m[1], m[2])),
    _rule(r"(\d{1,4})\s*분(?:간|\s*동안)", lambda m, d: _lasting(None, m[1])),
    _rule(rf"(?:for\s+|\+\s*)(\d{{1,3}}(?:\.\d+)?)\s*h(?:ours?|rs?)?(?:\s*(\d{{1,2}})\s*m(?:in)?)?{_END}",
          lambda m, d: _lasting(m[1], m[2])),
    _rule(rf"(?:for\s+|\+\s*)(\d{{1,4}})\s*m(?:in(?:utes?|s)?)?{_END}", lambda m, d: _lasting(None, m[1])),
    _rule(rf"{_HALF}?(\d{{1,2}})[:h](\d{{2}})(?::00)?(?!\d){_AFTER}",
          lambda m, d: _time(m[0], m[2], m[3], m[1] or m[4])),
    _rule(rf"{_HALF}?(\d{{1,2}})\s*시\s*반", lambda m, d: _time(m[0], m[2], "30", m[1])),
    _rule(rf"{_HALF}?(\d{{1,2}})\s*시(?:\s*(\d{{1,2}})\s*분)?", lambda m, d: _time(m[0], m[2], m[3], m[1])),
    _rule(r"(\d{1,2})\s*(am|pm|a\.m\.|p\.m\.)", lambda m, d: _time(m[0], m[1], None, m[2])),
    _rule(rf"{_HALF}(\d{{1,2}}){_END}", lambda m, d: _time(m[0], m[2], None, m[1])),
    _rule(rf"(\d{{2}})(\d{{2}}){_END}", lambda m, d: _time(m[0], m[1], m[2], None)),
    _rule(rf"(\d{{1,2}})\.\s?(\d{{1,2}}){_END}", lambda m, d: _dated(m[0], None, int(m[1]), int(m[2]), d)),
    *(_rule(rf"(?:{name}){_END}", _plain(Kind.WEEKDAY, n)) for n, name in enumerate(_WEEKDAYS)),
    _rule(rf"(?:day before yesterday|그저께|그제){_END}", _ago(2)),
    _rule(rf"(?:yesterday|어제|어저께){_END}", _ago(1)),
    _rule(rf"(?:today|오늘){_END}", _ago(0)),
    _rule(rf"(?:(?:the\s+)?same day|같은\s*날|당일){_END}", _plain(Kind.SAME_DAY)),
    _rule(rf"(?:(?:all|whole) day|하루\s*종일|종일){_END}", _plain(Kind.ALL_DAY)),
    _rule(rf"(?:noon|정오){_END}", _plain(Kind.TIME, NOON)),
    _rule(rf"(?:midnight|자정){_END}", _plain(Kind.TIME, MIDNIGHT)),
    _rule(r"-+", _plain(Kind.TO, DASH)),
    _rule(rf"(?:to|until|till){_END}|부터|에서", _plain(Kind.TO)),
    _rule(rf"(?:from|at|on|about|around|the){_END}|경|쯤|정도|까지|에", lambda m, d: None),
    _rule(rf"(\d{{1,2}}){_END}", lambda m, d: Piece(kind=Kind.HOUR, number=int(m[1]))),
)  # fmt: skip
