"""One line of an interview: a place, from when to when, and what else the patient told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from tui.clean import clean_text
from tui.forms.days import Days
from tui.forms.pieces import Kind, pieces
from tui.forms.told import CERTAIN, NO, OTHERS, PARTLY, UNSURE, YES, Told, read_told
from tui.forms.trouble import Trouble
from tui.forms.when import EXAMPLE, When, read_when
from tui.language.catalogue import tr
from tui.language.words import day, span, zone_name

MOST_CHARACTERS = 300
SURE = 0.9
SIGMA_SURE_MIN = 30  # as the engine takes what people remember: see adapters/records/interview.py
SIGMA_UNSURE_MIN = 60

_PARTS = re.compile(r"[,;，、]")
_CHOSEN = re.compile(r"(.*?)\s*\[([^\[\]]+)\]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """``place`` as it was written, ``place_id`` where one of the gazetteer was chosen for it."""

    place: str
    place_id: str
    when: When
    told: Told

    @property
    def sigma_min(self) -> int:
        """How far the times are taken to err, in minutes."""
        return SIGMA_SURE_MIN if _share(self.told.certainty) >= SURE else SIGMA_UNSURE_MIN


def read_stay(line: str, days: Days, before: date | None = None) -> Stay | Trouble | None:
    """What a line says; None for an empty one. ``before``: the day of the line before, which holds where
    none is told here."""
    line = clean_text(line, MOST_CHARACTERS).strip()
    if not line:
        return None
    first, *rest = (part.strip() for part in _PARTS.split(line))
    place, times, told = [first], [], Told()
    for part in rest:
        if not part:
            continue
        if (more := read_told(part, told)) is not None:
            told = more
        elif (both := _time_and_told(part, days, told)) is not None:
            times.append(both[0])
            told = both[1]
        elif times or told != Told():
            return Trouble(
                tr("{part} is not understood", part=f"“{part[:40]}”"),
                tr("after place and time: sure, likely or unsure; mask or no mask; alone or 2 others"),
            )
        else:
            place.append(part)  # a place may have a comma in its name
    if not times:
        place, times, told = _time_within(place, days, told)
    return _stay(", ".join(part for part in place if part), times, told, days, before)


def read_stays(lines: Sequence[str], days: Days) -> list[Stay | Trouble | None]:
    """All lines, each with the day of the one before where it tells none."""
    found: list[Stay | Trouble | None] = []
    before: date | None = None
    for line in lines:
        one = read_stay(line, days, before)
        if isinstance(one, Stay):
            before = one.when.start.date()
        found.append(one)
    return found


def place_written(line: str, days: Days) -> str:
    """The text before the time or the first comma, which is looked for in the gazetteer while it is
    written."""
    head, _ = _head(line, days)
    chosen = _CHOSEN.fullmatch(head)
    return (chosen[1] if chosen else head).strip()


def with_place(line: str, name: str, place_id: str, days: Days) -> str:
    """The line with a place of the gazetteer in it; its id stays readable beside the name."""
    kept = _PARTS.sub(" ", name).replace("[", "(").replace("]", ")")
    return f"{kept} [{place_id}]{_head(line, days)[1]}"


def _head(line: str, days: Days) -> tuple[str, str]:
    """What names the place, and the rest of the line with its comma."""
    match = _PARTS.search(line)
    head, rest = (line[: match.start()], line[match.start() :]) if match else (line, "")
    place, times, _ = _time_within([head], days, Told())
    if times:
        return place[0], f", {head.split(None, len(place[0].split()))[-1]}{rest}"
    return head, rest


def said(stay: Stay, zone: tzinfo, found: str) -> str:
    """The line in words: ``found`` says which place it is."""
    when = stay.when
    start = when.start.replace(tzinfo=zone)
    if when.whole_days:
        told = f"{day(start, zone)}"
        if when.end is None:
            told = tr("some time on {day}", day=told)
        elif when.end.date() != when.start.date():
            told = tr("all day, {first} to {last}", first=told, last=day(when.end.replace(tzinfo=zone), zone))
        else:
            told = tr("all day, {day}", day=told)
    elif when.end is None:
        at = start.strftime("%H:%M")
        told = f"{day(start, zone)} " + tr("from {at}, end not told", at=f"{at} {zone_name(start, zone)}")
    else:
        told = (
            f"{day(start, zone)} {span(start, when.end.replace(tzinfo=zone), zone)} {zone_name(start, zone)}"
        )
    parts = [
        told,
        found,
        tr("±{n} min", n=stay.sigma_min),
        _mask(stay.told.mask),
        _companions(stay.told.companions),
    ]
    return ", ".join(part for part in parts if part)


def notes(stay: Stay, days: Days) -> tuple[str, ...]:
    """What is odd about a stay, though it can be handed in."""
    first, last = stay.when.start.date(), (stay.when.end or stay.when.start).date()
    if (days.first is not None and last < days.first) or (days.last is not None and first > days.last):
        return (tr("outside the infectious days: no camera is opened for it"),)
    return ()


def _stay(place: str, times: list[str], told: Told, days: Days, before: date | None) -> Stay | Trouble:
    if not place:
        return Trouble(tr("no place is told"), tr("begin the line with the place, as City library"))
    when = read_when(" ".join(times), days, before) if times else None
    if when is None:
        return Trouble(tr("no time is told"), tr("write from when to when, as {example}", example=EXAMPLE))
    if isinstance(when, Trouble):
        return when
    if when.start > days.now or (when.end is not None and not when.whole_days and when.end > days.now):
        return Trouble(tr("this lies in the future"), tr("check the day and the time"))
    chosen = _CHOSEN.fullmatch(place)
    name, place_id = (chosen[1], chosen[2].strip()) if chosen else (place, "")
    return Stay(place=name or place_id, place_id=place_id, when=when, told=told)


def _is_time(part: str, days: Days) -> bool:
    """A bare number is none: it tells how many came along."""
    found = pieces(part, days)
    if isinstance(found, Trouble):
        return True
    return bool(found) and any(piece.kind is not Kind.HOUR for piece in found or ())


def _time_and_told(part: str, days: Days, told: Told) -> tuple[str, Told] | None:
    """``2 Mar 10:10-11:30 no mask``: a time, and after it what else was told; None where it is neither."""
    words = part.split()
    for cut in range(len(words), 0, -1):
        head, tail = " ".join(words[:cut]), " ".join(words[cut:])
        if _is_time(head, days) and (more := read_told(tail, told)) is not None:
            return head, more
    return None


def _time_within(place: list[str], days: Days, told: Told) -> tuple[list[str], list[str], Told]:
    """``City library 14:10-15:00``, without a comma: the longest end of the last part that is a time."""
    words = place[-1].split()
    for cut in range(0 if len(place) > 1 else 1, len(words)):
        if (found := _time_and_told(" ".join(words[cut:]), days, told)) is not None:
            return [*place[:-1], " ".join(words[:cut])], [found[0]], found[1]
    return place, [], told


def _share(certainty: str) -> float:
    if certainty in (CERTAIN, UNSURE, ""):
        return SURE if certainty == CERTAIN else 0.0
    return float(certainty) if certainty[0].isdigit() else 0.0


def _mask(mask: str) -> str:
    return {YES: tr("mask"), NO: tr("no mask"), PARTLY: tr("mask partly worn")}.get(mask, "")


def _companions(companions: str) -> str:
    if companions == OTHERS:
        return tr("with others")
    if not companions:
        return ""
    if companions == "0":
        return tr("alone")
    return tr("with {n} other" if companions == "1" else "with {n} others", n=companions)
