"""The line list as the desk holds it: rows, filter, order, what is to be put together. Pure values."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

import msgspec

from engine.api.contact_schema import ContactLine, Risk, Scene

INVERSE, FUZZY = "!", "~"
_RISKS = {Risk.HIGH: 0, Risk.LOW: 1, None: 2, Risk.NONE: 3}


class Order(StrEnum):
    """What the list can be sorted by; the first is how the engine sends it."""

    AS_SENT = "as sent"
    MINUTES = "minutes"
    RISK = "risk"
    NAME = "name"
    FOLLOW_UP = "follow-up"


class Row(msgspec.Struct, frozen=True, gc=False):
    """A line and the words in which a filter looks, made once."""

    line: ContactLine
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineList:
    """``rows`` are all of the case, ``shown`` those that the filter lets through, in order; ``keep_id``
    the row that others are to be put together with, "" for none. ``hidden`` says why the list is kept from
    this person, "" where it is not."""

    case_id: str = ""
    rows: tuple[Row, ...] = ()
    shown: tuple[ContactLine, ...] = ()
    filter: str = ""
    order: Order = Order.AS_SENT
    keep_id: str = ""
    hidden: str = ""
    by_id: dict[str, ContactLine] = field(default_factory=dict)

    @property
    def keep(self) -> ContactLine | None:
        return self.by_id.get(self.keep_id)


def with_lines(before: LineList, case_id: str, lines: Sequence[ContactLine]) -> LineList:
    """Newer rows; filter and order stay. Those of another case take the marks of this one away. A row that
    says the same stays the very same: of ten thousand few change, and the rest needs no new place."""
    known = {row.line.contact_id: row for row in before.rows}
    rows = tuple(_row(line, known.get(line.contact_id)) for line in lines)
    by_id = {row.line.contact_id: row.line for row in rows}
    keep_id = before.keep_id if before.case_id == case_id and before.keep_id in by_id else ""
    return _chosen(replace(before, case_id=case_id, rows=rows, by_id=by_id, keep_id=keep_id, hidden=""))


def kept_from(before: LineList, case_id: str, why: str) -> LineList:
    """Nothing of the list, and why."""
    return replace(with_lines(before, case_id, ()), hidden=why)


def with_filter(before: LineList, text: str) -> LineList:
    """Rows that have the text in any of their words; ``~text`` those that have its letters in this order,
    ``!text`` those that have not."""
    return _chosen(replace(before, filter=text.strip()))


def with_order(before: LineList, order: Order) -> LineList:
    return _chosen(replace(before, order=order))


def next_order(order: Order) -> Order:
    orders = tuple(Order)
    return orders[(orders.index(order) + 1) % len(orders)]


def marked(before: LineList, contact_id: str) -> LineList:
    """The row that others are to be put together with; "" takes the mark away."""
    return replace(before, keep_id=contact_id)


def why_no_name(line: ContactLine | None) -> str:
    """ "" for a row that stands on a record, else why it can be neither changed nor put together."""
    if line is None:
        return "no row is at hand"
    if line.backing is None:
        return "an unnamed person gets a name only through a record: + makes a row from one"
    return ""


def last_scene(line: ContactLine) -> Scene | None:
    return max(line.scenes, key=lambda scene: scene.end, default=None)


def camera_of(scene: Scene) -> str:
    """Its name, its id where it has none."""
    return scene.camera_name or scene.camera


def matcher(text: str) -> Callable[[str], bool]:
    """Whether lower-case words pass a filter."""
    if text.startswith(INVERSE):
        inner = matcher(text[1:].strip())
        return (lambda words: not inner(words)) if text[1:].strip() else (lambda words: True)
    wanted = text.removeprefix(FUZZY).strip().casefold()
    if text.startswith(FUZZY) and wanted:
        letters = [re.escape(letter) for letter in wanted if not letter.isspace()]
        pattern = re.compile("[^\n]*?".join(letters))
        return lambda words: pattern.search(words) is not None
    return lambda words: wanted in words


def _row(line: ContactLine, known: Row | None) -> Row:
    return known if known is not None and known.line == line else Row(line, _words(line))


def _chosen(state: LineList) -> LineList:
    passes = matcher(state.filter)
    shown = [row.line for row in state.rows if passes(row.words)]
    if state.order is not Order.AS_SENT:
        shown.sort(key=_KEYS[state.order])
    return replace(state, shown=tuple(shown))


def _words(line: ContactLine) -> str:
    """Everything that can be read in a row, one thing a line."""
    parts = [line.name, line.phone, line.reference, line.owner, line.note, line.status]
    parts += [str(part) for part in (line.backing, line.risk, line.follow_up_until) if part]
    for scene in line.scenes:
        parts += [f"{scene.person} {scene.camera} {scene.camera_name}", scene.place]
    return "\n".join(parts).casefold()


_KEYS: dict[Order, Callable[[ContactLine], tuple[object, ...]]] = {
    Order.MINUTES: lambda line: (-line.minutes, line.contact_id),
    Order.RISK: lambda line: (_RISKS[line.risk], -line.minutes, line.contact_id),
    Order.NAME: lambda line: (line.backing is None, line.name.casefold(), line.contact_id),
    Order.FOLLOW_UP: lambda line: (line.follow_up_until or date.max, line.contact_id),
}
