"""One row of the line list, written down field by field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Grid, Vertical
from textual.widgets import Input, Static

from engine.api.contact_schema import Backing, ContactEntry, ContactLine, ContactStatus, Risk, SceneOf
from engine.domain.contact import LONGEST
from tui.casework.contacting import entry_of
from tui.language.catalogue import tr
from tui.panes.field import Field
from tui.panes.longfield import LongField
from tui.screens.above import Above
from tui.terminal.theme import TONES

Kind = TypeVar("Kind", bound=StrEnum)

FIELDS = ("name", "by", "reference", "phone", "risk", "status", "until", "owner", "note")
LABELS = {"phone": "phone number"}  # where the name of the field is not what stands before it
HINTS = {
    "name": "as the record gives it",
    "reference": "roster line, card record, or who was called when",
    "until": "2026-03-16",
}
CHOICES: dict[str, type[StrEnum]] = {"by": Backing, "risk": Risk, "status": ContactStatus}

KEYS = "enter: next field, the last one saves; F10 saves at once; esc goes back"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Which field, and what is wrong with it."""

    field: str
    words: str


def entry_from(given: dict[str, str], scenes: tuple[SceneOf, ...]) -> ContactEntry | Mistake:
    """What was typed as a row, or the first field that is none."""
    for needed in ("name", "reference"):
        if not given.get(needed, "").strip():
            return Mistake(needed, tr("is missing: a name comes from a record"))
    backing = _one_of(Backing, given.get("by", ""))
    if backing is None:
        return Mistake("by", _choices(Backing))
    risk = _one_of(Risk, given.get("risk", ""))
    if risk is None and given.get("risk", "").strip():
        return Mistake("risk", _choices(Risk))
    status = _one_of(ContactStatus, given.get("status", "") or ContactStatus.FOUND)
    if status is None:
        return Mistake("status", _choices(ContactStatus))
    until = given.get("until", "").strip()
    try:
        follow_up_until = date.fromisoformat(until) if until else None
    except ValueError:
        return Mistake("until", tr("is no date: write 2026-03-16"))
    return ContactEntry(
        name=given["name"].strip(),
        backing=backing,
        reference=given["reference"].strip(),
        phone=given.get("phone", "").strip(),
        scenes=scenes,
        risk=risk,
        status=status,
        follow_up_until=follow_up_until,
        owner=given.get("owner", "").strip(),
        note=given.get("note", "").strip(),
    )


def _one_of(kind: type[Kind], words: str) -> Kind | None:
    """A value by its name, in English or in the person's language, or by the beginning that no other has."""
    wanted = words.strip().casefold()
    exact = [value for value in kind if wanted in (value, tr(value).casefold())]
    fitting = exact or [v for v in kind if wanted and (v.startswith(wanted) or tr(v).startswith(wanted))]
    return fitting[0] if len(fitting) == 1 else None


def _choices(kind: type[StrEnum]) -> str:
    return tr("is one of: {all}", all=", ".join(map(tr, kind)))


def _label(name: str) -> str:
    return tr(LABELS.get(name, name))


def _hint(name: str) -> str:
    return " ".join(map(tr, CHOICES[name])) if name in CHOICES else tr(HINTS.get(name, ""))


def limit_of(name: str) -> int:
    """Characters of a field; those that hold one of a list or a day need few."""
    return LONGEST.get(name, 64)


def typed(line: ContactLine) -> dict[str, str]:
    """A row as it would be typed."""
    return {
        "name": line.name, "by": tr(line.backing or ""), "reference": line.reference, "phone": line.phone,
        "risk": tr(line.risk or ""), "status": tr(line.status),
        "until": str(line.follow_up_until or ""), "owner": line.owner, "note": line.note,
    }  # fmt: skip


class ContactForm(Above[ContactEntry | None], inherit_bindings=False):
    """Enter goes from field to field and at the last one takes the row; escape goes back. ``line`` None
    and ``scenes`` for a new row that an unnamed person of a scene is linked to. ``draft`` are fields that
    were begun before; ``typed_so_far`` hears of all that differ, at every letter."""

    BINDINGS = [
        Binding("escape", "dismiss", "back", show=False),
        Binding("down,tab", "app.focus_next", "next", show=False),
        Binding("up,shift+tab", "app.focus_previous", "previous", show=False),
        Binding("f10", "take", "take", show=False),
    ]

    def __init__(
        self,
        line: ContactLine | None,
        scenes: tuple[SceneOf, ...] = (),
        beside: str = "",
        *,
        draft: Mapping[str, str] = MappingProxyType({}),
        typed_so_far: Callable[[dict[str, str]], object] = dict,
    ) -> None:
        super().__init__()
        self._typed_so_far = typed_so_far
        self._scenes = scenes if line is None else entry_of(line).scenes
        self._beside = beside
        self._before = {} if line is None else typed(line)
        values = {**self._before, **draft}
        self._fields = {
            name: Field(values.get(name, ""), id=f"contact-{name}", limit=limit_of(name), hint=_hint(name))
            for name in FIELDS[:-1]
        }
        self._note = LongField(values.get("note", ""), limit=limit_of("note"))
        self._mistake: Mistake | None = None
        self._said = Static(id="contact-said", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            head = tr("contact") + (f"  {self._beside}" if self._beside else "")
            yield Static(Text(head, style=TONES["strong"]), markup=False)
            with Grid(id="contact-fields"):
                for name, field in self._fields.items():
                    yield Static(Text(_label(name)), markup=False)
                    yield field
                yield Static(Text(_label("note")), markup=False)
                yield self._note
            yield self._said

    def on_mount(self) -> None:
        self._fields["name"].focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell()

    def on_text_area_changed(self, event: LongField.Changed) -> None:
        event.stop()
        self._tell()

    def _tell(self) -> None:
        self._typed_so_far(
            {n: said for n, said in self._said_now().items() if said != self._before.get(n, "")}
        )

    def _said_now(self) -> dict[str, str]:
        return {name: field.value for name, field in self._fields.items()} | {"note": self._note.said}

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_long_field_taken(self, event: LongField.Taken) -> None:
        event.stop()
        self.action_take()

    def on_descendant_focus(self, _: events.DescendantFocus) -> None:
        """What is wrong with this field, or what the keys do."""
        if self._mistake is not None and self.focused is self._fields[self._mistake.field]:
            self._said.update(
                Text(f"{_label(self._mistake.field)}: {self._mistake.words}", style=TONES["alarm"])
            )
        else:
            self._said.update(Text(tr(KEYS), style=TONES["muted"]))

    def action_take(self) -> None:
        taken = entry_from(self._said_now(), self._scenes)
        if isinstance(taken, ContactEntry):
            self.dismiss(taken)
            return
        self._mistake = taken
        self.set_focus(None)
        self._fields[taken.field].focus()
