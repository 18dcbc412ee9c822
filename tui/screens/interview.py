"""Writing down where the patient was: one line a stay, read back in words while it is written."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from engine.api.case_schema import BoardCase
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.site_schema import PlaceFound
from tui.forms.interview_file import interview_file
from tui.forms.keeper import Keeper
from tui.forms.lines import MOST_LINES, Lines
from tui.forms.places import PlaceBook, place_note
from tui.forms.stay import Stay, place_written, read_stays, with_place
from tui.forms.taken import taken_words
from tui.forms.trouble import Trouble
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.panes.entry import MOST_CHOICES, EntryPane, LineField, PlacesPane, Written
from tui.screens.asking import Confirm
from tui.screens.form import FormScreen
from tui.station import Station

DRAFT = "draft"
FETCHED = "fetched"
HANDED_IN = "handed in"
MOST_SAID = 8  # lines of a question


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Seconds after the last key before places are asked for, and before the draft is kept."""

    look_s: float = 0.3
    keep_s: float = 2.0


class Acts(Protocol):
    def action_act(self, action_id: str) -> None:
        """What a key does, with all its guards."""


class InterviewScreen(FormScreen):
    """Lines are kept with the case while they are written; handed in, they are records, and a later
    statement is handed in beside them."""

    where = Where.INTERVIEW
    BINDINGS = bindings(where)

    def __init__(self, station: Station, case: BoardCase, pauses: Pauses | None = None) -> None:
        super().__init__(station, case)
        self._pauses = pauses or Pauses()
        self._lines = Lines()
        self._read: list[Stay | Trouble | None] = []
        self._book = PlaceBook(station.engine.places)
        self._keeper = Keeper(partial(station.engine.keep, case.case_id, "draft"))
        self._keeping: Timer | None = None
        self._looking: Timer | None = None
        self._chosen: tuple[PlaceFound, ...] = ()  # while digits choose
        self._choice = 0
        self._loaded = False
        # what was written at this desk is newer than what is kept, once that was fetched
        self._begun_here = bool(self.draft(DRAFT) and self.draft(FETCHED))
        self._field = LineField(self, id="entry-field")
        self._entry = EntryPane(self._field, id="entry-lines")
        self._places = PlacesPane(id="entry-places")

    def body(self) -> ComposeResult:
        yield self.head
        with Container(id="entry"):
            yield self._entry
            yield self._field
        yield self._places

    def on_mount(self) -> None:
        self._show(Lines.of(self.draft(DRAFT)))
        self.work(self._load)

    # --- what is seen -------------------------------------------------------------------------------

    def head_parts(self) -> list[tuple[str, str]]:
        parts = super().head_parts()
        if not self._loaded:
            parts.append((tr("fetching the draft"), "muted"))
        elif self._keeper.behind:
            parts.append((tr("draft not kept yet"), "notice"))
        elif self._keeper.kept:
            parts.append((tr("draft kept"), "good"))
        return parts

    def paint_form(self) -> None:
        written = Written(
            lines=self._lines,
            read=tuple(self._read),
            days=self.days,
            zone=self.station.zone,
            book=self._book,
            told=tuple(self.told_lines(max(20, self.size.width - 4))),
        )
        self._entry.show(written)
        text = place_written(self._lines.current, self.days)
        self._places.show(text, self._chosen or self._book.found(text), self._choice if self._chosen else -1)

    def also_why_not(self, action_id: str) -> str:
        if action_id == "hand_in" and not self._lines.text:
            return tr("no line is written yet")
        if action_id == "hand_in" and self.busy:
            return tr("the lines are on their way")
        if action_id == "recall" and not self.draft(HANDED_IN):
            return tr("nothing was handed in from here yet")
        return ""

    # --- writing ------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if not self._lines.at_end:
            self._change(self._lines.written(self._field.value))

    def steer(self, action_id: str) -> None:
        cast(Acts, self.app).action_act(action_id)

    def choose(self, number: int) -> None:
        if number <= len(self._chosen):
            self._take(number - 1)

    def settle(self) -> None:
        self._chosen = ()
        self.paint()

    def take_out(self) -> None:
        self._change(self._synced().without_current())

    def paste(self, lines: tuple[str, ...]) -> None:
        before = self._synced()
        self._change(before.pasted(lines))
        self._say_left_out(len(lines) - before.room())

    def _say_left_out(self, n: int) -> None:
        if n > 0:
            words = (
                "{n} line was left out: {most} at most"
                if n == 1
                else "{n} lines were left out: {most} at most"
            )
            self.station.say(tr(words, n=n, most=MOST_LINES), "alarm")

    def do_enter_line(self) -> None:
        if self._lines.at_end:
            self.do_hand_in()
        else:
            self._change(self._synced().onward())

    def do_move_line(self, step: str) -> None:
        self._change(self._synced().moved(int(step)))

    def do_take_place(self) -> None:
        """The first; once more, the next."""
        if self._chosen:
            self._take((self._choice + 1) % len(self._chosen))
            return
        found = self._book.found(place_written(self._synced().current, self.days))
        if self._lines.at_end or not found:
            self.station.say(tr("no place of the gazetteer is like this"), "notice")
            return
        self._chosen = found[:MOST_CHOICES]
        self._take(0)

    def do_recall(self) -> None:
        whole = f"{self._synced().text}\n{self.draft(HANDED_IN)}"
        self._change(Lines.of(whole))
        self._say_left_out(Lines.beyond(whole))

    def do_leave_form(self) -> None:
        self._change(self._synced())
        self._keep_now()
        super().do_leave_form()

    def _take(self, number: int) -> None:
        chosen, place = self._chosen, self._chosen[number]
        self._book.learn(place)
        self._change(
            self._lines.written(with_place(self._lines.current, place.name, place.place_id, self.days))
        )
        self._chosen, self._choice = chosen, number
        self._field.choosing = len(chosen)
        self._field.cursor_position = len(self._lines.current.partition("]")[0]) + 1
        self.paint()

    def _synced(self) -> Lines:
        """With what stands in the field, also where its message has not come yet."""
        return self._lines.written(self._field.value)

    def _change(self, lines: Lines) -> None:
        """Other lines, or another one at hand: read, look for places, and keep the draft soon."""
        if lines == self._lines:
            return
        before = self._lines.text
        self.told = [] if lines.text != before else self.told
        self._show(lines)
        if lines.text != before:
            self._changed_text()

    def _show(self, lines: Lines) -> None:
        self._lines = lines
        self._read = read_stays(lines.texts, self.days)
        self._chosen, self._choice = (), 0
        self._field.hold(lines.current, shown=not lines.at_end)
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_timer(self._pauses.look_s, self._look)
        self.changed()

    # --- places ---------------------------------------------------------------------------------------

    def _look(self) -> None:
        self.station.go(self._look_up, "places")

    async def _look_up(self) -> None:
        """What is being written first, then whatever else was not asked for yet."""
        stays = [one for one in self._read if isinstance(one, Stay)]
        for text in (
            place_written(self._lines.current, self.days),
            *(self._book.wanted(stay) for stay in stays),
        ):
            if self._book.found(text) is None:
                try:
                    await self._book.look(text)
                except (EngineAway, EngineSaysNo) as problem:
                    self.station.say(tr("places cannot be looked up: {why}", why=str(problem)), "notice")
                    return
                self.changed()

    # --- the draft ------------------------------------------------------------------------------------

    async def _load(self) -> None:
        """The kept draft comes before what was typed meanwhile. Until it is here nothing is kept in its
        place: where the engine is away it is asked for again."""
        try:
            kept = (await self.station.engine.kept(self.case.case_id, "draft")).text
        except (EngineAway, EngineSaysNo) as problem:
            self.station.say(tr("the draft cannot be fetched: {why}", why=str(problem)), "alarm")
            if self.is_mounted:
                self.set_timer(self._pauses.keep_s, lambda: self.work(self._load))
            return
        typed = self._synced()
        self._keeper.kept = kept
        self._loaded = True
        self.keep_draft(FETCHED, "yes")
        if kept and not self._begun_here:
            self._show(Lines.of(f"{kept}\n{typed.text}"))
        self._changed_text()

    def _changed_text(self) -> None:
        """At most ``keep_s`` of typing are lost where the line breaks off."""
        self.keep_draft(DRAFT, self._lines.text)
        if not self._loaded:
            return
        self._keeper.wanted = self._lines.text
        if self._keeper.behind and self._keeping is None:
            self._keeping = self.set_timer(self._pauses.keep_s, self._keep_now)
        self.changed()

    def _keep_now(self) -> None:
        if self._keeping is not None:
            self._keeping.stop()
            self._keeping = None
        if self._loaded and self._keeper.behind:
            self.work(self._keep)

    async def _keep(self) -> None:
        try:
            await self._keeper.write()
        except (EngineAway, EngineSaysNo) as problem:
            said = tr("the draft could not be kept, and is tried again: {why}", why=str(problem))
            self.station.say(said, "alarm")
            if self.is_mounted and self._keeping is None:
                self._keeping = self.set_timer(self._pauses.keep_s, self._keep_now)
        self.changed()

    # --- handing in -----------------------------------------------------------------------------------

    def do_hand_in(self) -> None:
        if reason := self.also_why_not("hand_in"):
            self.station.say(reason, "notice")
            return
        self._change(self._synced())
        for number, one in enumerate(self._read):
            if isinstance(one, Trouble):
                self._change(Lines(texts=self._lines.texts, at=number))
                self.station.say(tr("line {n}: {what}", n=number + 1, what=one.what), "alarm")
                return
        stays = [one for one in self._read if isinstance(one, Stay)]
        handed = self._lines.text

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(partial(self._hand_in, stays, handed))

        title = tr("Hand in {n} stays of case {case}?", n=len(stays), case=self.case.case_id)
        self.app.push_screen(Confirm(title, self._asked(stays)), answered)

    def _asked(self, stays: list[Stay]) -> list[str]:
        unplaced = [stay.place for stay in stays if place_note(self._book.placed(stay))]
        words = [tr("They become records. What is handed in stays; a later statement stands beside it.")]
        if unplaced:
            words.append(tr("Without a place of the gazetteer, opening no camera:"))
            words += [f"  {place}" for place in unplaced[:MOST_SAID]]
        return words

    async def _hand_in(self, stays: list[Stay], handed: str) -> None:
        placed = [self._book.with_id(stay) for stay in stays]
        hello = self.station.hello
        timezone = hello.timezone if hello is not None else "UTC"
        records = interview_file(placed, timezone, self.days.now)
        add = self.station.engine.add_records(self.case.case_id, records)
        taken = await self.ask(add, tr("handing in"))
        if taken is None:
            return
        self.keep_draft(HANDED_IN, handed)
        left = [line for line in self._synced().texts if line not in handed.split("\n")]
        self._show(Lines.of("\n".join(left)))
        self._changed_text()
        self._keep_now()
        for words, tone in taken_words(taken, self.days.now):
            self.tell(words, tone)
