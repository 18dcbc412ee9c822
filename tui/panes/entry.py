"""Lines that are written, each with what was understood of it beneath, and the field for the one at hand."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from rich.text import Text
from textual import events

from engine.api.site_schema import PlaceFound
from tui.clean import clean_text
from tui.forms.days import Days
from tui.forms.lines import Lines
from tui.forms.places import SHORTEST, PlaceBook, place_note, place_words
from tui.forms.stay import MOST_CHARACTERS, Stay, notes, said
from tui.forms.trouble import Trouble
from tui.language.catalogue import tr
from tui.panes.field import Field
from tui.panes.lines import LinesPane, wrapped
from tui.terminal.theme import TONES

NUMBER = 5  # cells before a line: the cursor, its number
MOST_CHOICES = 9
EXAMPLES = (
    "City library, 2 Mar 14:10-15:00, sure, mask, 2 with Kim",
    "시립도서관, 3월 2일 오후 2시~3시 반, 확실, 마스크, 혼자",
    "Hana market, 16:00 for 20 min, likely, no mask",
    "Home, yesterday, all day, alone",
)


class Steered(Protocol):
    """Who holds the lines. Each of these has happened when it returns: whatever is typed next, however
    fast, goes where it belongs."""

    def steer(self, action_id: str) -> None:
        """A key that leads to another line or place."""

    def choose(self, number: int) -> None:
        """A digit, from 1, while places can be chosen."""

    def settle(self) -> None:
        """Another key while places can be chosen: the one that was taken stays."""

    def take_out(self) -> None:
        """Backspace in an empty line."""

    def paste(self, lines: tuple[str, ...]) -> None:
        """Several lines were pasted; the first of them with what stood there."""


STEERING = {"enter": "enter_line", "up": "line_up", "down": "line_down", "tab": "take_place"}


class LineField(Field):
    """The line at hand. ``choosing``: digits choose among so many places."""

    def __init__(self, steered: Steered, *, id: str) -> None:
        super().__init__(id=id, limit=MOST_CHARACTERS, hint=tr("place, from-to, sure, mask, with how many"))
        self.cursor_blink = False
        self.choosing = 0
        self._steered = steered

    def hold(self, text: str, *, shown: bool) -> None:
        """Hold another line, without telling that anything was typed."""
        self.choosing = 0
        if self.value != text:
            with self.prevent(Field.Changed):
                self.value = text
            self.cursor_position = len(text)
        if self.display != shown:
            self.display = shown
        if shown and not self.has_focus and self.screen.is_current:
            self.focus()

    async def _on_key(self, event: events.Key) -> None:
        if self._went(event):
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)

    def _went(self, event: events.Key) -> bool:
        """True where the key was no text."""
        if event.key in STEERING:
            self._steered.steer(STEERING[event.key])
            return True
        typed = event.character if event.is_printable else None
        if self.choosing > 1 and typed is not None and typed in "123456789"[: self.choosing]:
            self._steered.choose(int(typed))
            return True
        if self.choosing:
            self.choosing = 0
            self._steered.settle()
            if typed is not None and typed != "," and self.cursor_position == len(self.value):
                self.insert_text_at_cursor("," if typed == " " else ", ")  # what comes now is no place
        if event.key == "backspace" and not self.value:
            self._steered.take_out()
            return True
        return False

    def _on_paste(self, event: events.Paste) -> None:
        lines = tuple(clean_text(line, MOST_CHARACTERS) for line in event.text.splitlines() if line.strip())
        if len(lines) > 1:
            event.prevent_default()
            event.stop()
            self._steered.paste((self.value + lines[0], *lines[1:]))
            return
        super()._on_paste(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """All that the pane shows; ``told`` are lines about what was handed in."""

    lines: Lines
    read: tuple[Stay | Trouble | None, ...]
    days: Days
    zone: tzinfo
    book: PlaceBook
    told: tuple[Text, ...] = ()


class EntryPane(LinesPane):
    """Puts the field over the line at hand."""

    def __init__(self, field: LineField, *, id: str) -> None:
        super().__init__(id=id)
        self._field = field
        self._written: Written | None = None
        self._row = 0
        self._last_row = 0

    def show(self, written: Written) -> None:
        self._written = written
        self.repaint()
        self._follow()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._follow)

    def lines(self, width: int, height: int) -> list[Text]:
        written = self._written
        if written is None:
            return []
        shown = list(written.told)
        for number, text in enumerate(written.lines.texts):
            at_hand = number == written.lines.at
            if at_hand:
                self._row = len(shown)
            mark = Text.assemble(("▌" if at_hand else " ", TONES["accent"]))
            line = mark + Text(f"{number + 1:>3} ", style=TONES["muted"]) + Text(text)
            line.truncate(width, overflow="ellipsis")
            shown.append(line)
            shown += self._beneath(written, number, width)
            if at_hand:
                self._last_row = len(shown) - 1
        shown += self._end(written, width)
        if written.lines.at_end:
            self._row = self._last_row = len(shown) - 1
        return shown

    def _beneath(self, written: Written, number: int, width: int) -> list[Text]:
        """What was understood, or what is wrong and how to mend it."""
        one = written.read[number] if number < len(written.read) else None
        at_hand = number == written.lines.at
        found: list[Text] = []
        if isinstance(one, Trouble):
            mark, tone = ("…", "notice") if at_hand else ("!", "alarm")
            found.append(Text(f"{mark} {one}", style=TONES[tone]))
        elif one is not None:
            placed = written.book.placed(one)
            words = said(one, written.zone, place_words(one, placed))
            found.append(Text(f"✓ {words}", style=TONES["muted"]))
            odd = [*notes(one, written.days), place_note(placed)]
            found += [Text(f"! {note}", style=TONES["notice"]) for note in odd if note]
        folded = [line for text in found for line in wrapped(text, max(10, width - NUMBER), indent=2)]
        return [Text(" " * NUMBER) + line for line in folded]

    def _end(self, written: Written, width: int) -> list[Text]:
        stays = sum(isinstance(one, Stay) for one in written.read)
        wrong = sum(isinstance(one, Trouble) for one in written.read)
        words = tr("hand in ({n})", n=stays) if stays else tr("hand in: nothing is written yet")
        if wrong:
            words = tr("hand in: {n} cannot be read yet", n=wrong)
        mark = Text.assemble(("▌" if written.lines.at_end else " ", TONES["accent"]))
        tone = TONES["selected"] if written.lines.at_end else TONES["accent" if stays else "muted"]
        line = mark + Text("    ") + Text(f"[ {words} ]", style=tone) + Text("  F10", style=TONES["muted"])
        line.truncate(width)
        return [Text(), line]

    def _follow(self) -> None:
        """Scroll to the line at hand with all beneath it, and lay the field over it."""
        height = self.size.height
        if height <= 0 or self._written is None:
            return
        top = self.scroll_offset.y
        wanted = min(max(top, self._last_row - height + 1), self._row)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)
        self._field.styles.offset = (NUMBER, self._row - wanted)
        self._field.styles.width = max(10, self.size.width - NUMBER)


class PlacesPane(LinesPane):
    """Places of the gazetteer that are like what is being written."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._told: tuple[str, tuple[PlaceFound, ...] | None, int] = ("", None, -1)

    def show(self, text: str, found: tuple[PlaceFound, ...] | None, choice: int) -> None:
        """``found`` None while it is asked for; ``choice`` is the one that was taken, -1 for none."""
        if (text, found, choice) != self._told:
            self._told = (text, found, choice)
            self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        text, found, choice = self._told
        if choice >= 0:
            head = tr("digits take another place, tab the next; or write on")
        elif len(text) < SHORTEST:
            head = tr("lines may be written like these; without a day it is that of the line before")
        elif found is None:
            head = tr("looking for places like “{text}”", text=text[:40])
        elif not found:
            head = tr("no place is like “{text}”", text=text[:40])
        else:
            head = tr("tab takes the first place like “{text}”", text=text[:40])
        lines = [Text(head, style=TONES["muted"])]
        if len(text) < SHORTEST and choice < 0:
            lines += [Text(f"  {tr(example)}", style=TONES["muted"]) for example in EXAMPLES]
        first = max(0, choice - (height - 2)) if choice >= 0 else 0
        for number, place in enumerate(
            (found or ())[:MOST_CHOICES] if len(text) >= SHORTEST or choice >= 0 else ()
        ):
            if number < first or len(lines) >= height:
                continue
            mark = "▌" if number == choice else " "
            line = Text.assemble((mark, TONES["accent"]), (f"{number + 1} ", TONES["accent"]), place.name)
            line.append(f"  {place.address}  {place.kind}  {place.place_id}", TONES["muted"])
            line.truncate(width, overflow="ellipsis")
            lines.append(line)
        return lines
