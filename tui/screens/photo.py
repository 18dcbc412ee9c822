"""Photographs of the patient: handing one in, looking at them, and standing behind one."""

import asyncio
from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from engine.api.case_schema import BoardCase
from engine.api.client import EngineSaysNo
from engine.api.forms import StillView
from engine.api.schema import StillFile
from tui.clean import clean_text
from tui.forms.paper import read_file
from tui.forms.photo_words import refused_photo_words, taken_photo_words
from tui.forms.trouble import Trouble
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.panes.formrows import FormRow, FormRows
from tui.panes.lines import wrapped
from tui.panes.picture import PictureBox
from tui.panes.told import ToldPane
from tui.screens.asking import Confirm
from tui.screens.form import MOST_CHARACTERS, FormScreen
from tui.station import Station
from tui.terminal.theme import TONES

MOST_MIB = 16
FILE, ORIGIN, NOTIFICATION = "file", "origin", "notification"
MOST_SHOWN = 36  # characters of what was written into a row
WRITTEN = (FILE, ORIGIN, NOTIFICATION)
PHOTO = "photo "


def _end_of(text: str) -> str:
    """Of a long path the end, where the file is named."""
    shown = clean_text(text, MOST_CHARACTERS)
    return shown if len(shown) <= MOST_SHOWN else "…" + shown[1 - MOST_SHOWN :]


class PhotosScreen(FormScreen):
    """Three rows for a new photograph, then those of the case."""

    where = Where.PHOTOS
    BINDINGS = bindings(where)

    def __init__(self, station: Station, case: BoardCase) -> None:
        super().__init__(station, case)
        self._stills: tuple[StillView, ...] = ()
        self._looked_at: set[str] = set()
        self._shown = ""
        self._rows = FormRows(tr("a new photograph, and those of the case"), id="photos-rows")
        self._words = ToldPane(self._told_or_row, id="photos-told")
        self._picture = PictureBox(id="photos-picture")

    def body(self) -> ComposeResult:
        yield self.head
        with Container(id="photos"):
            with Vertical(id="photos-left"):
                yield self._rows
                yield self._words
            yield self._picture

    def on_mount(self) -> None:
        self.work(self._fetch)

    async def _fetch(self) -> None:
        found = await self.ask(self.station.engine.stills(self.case.case_id), tr("fetching"))
        if found is not None:
            self._stills = found
            self.changed()

    # --- what is seen -------------------------------------------------------------------------------

    def paint_form(self) -> None:
        self._rows.show(self._form_rows())
        self._words.repaint()

    def _form_rows(self) -> tuple[FormRow, ...]:
        labels = (tr("picture"), tr("where from"), tr("notification"))
        hints = (
            tr("path of a file on this machine"),
            tr("who handed it over, and what it is"),
            tr("reference of that notification")
            + (tr(" (not needed in a rehearsal)") if self.rehearsal else ""),
        )
        new = []
        for name, label, hint in zip(WRITTEN, labels, hints, strict=True):
            value = self.draft(name)
            new.append(FormRow(key=name, label=label, value=_end_of(value), note="" if value else hint))
        return (*new, *(self._photo_row(number, still) for number, still in enumerate(self._stills, 1)))

    def _told_or_row(self, width: int) -> list[Text]:
        """What was done last, else the photograph at hand in full."""
        still = self._at_hand()
        if self.told or self.busy or still is None:
            return self.told_lines(width)
        behind = (
            tr("seconded by {who}", who=still.seconded_by) if still.seconded_by else tr("not seconded yet")
        )
        look = () if still.still_id in self._looked_at else (tr("enter on a photograph looks at it"),)
        lines = (still.file, still.provenance, behind, *look)
        return [line for text in lines for line in wrapped(Text(text, style=TONES["muted"]), width, 2)]

    def _photo_row(self, number: int, still: StillView) -> FormRow:
        behind, tone = tr("○ not seconded yet"), "notice"
        if still.seconded_by:
            behind, tone = tr("● seconded by {who}", who=still.seconded_by), "good"
        seen = tr(" · shown") if still.still_id == self._shown else ""
        return FormRow(
            key=PHOTO + still.still_id,
            label=tr("photo {n}", n=number),
            value=still.file,
            note=f"{behind}  {still.provenance}{seen}",
            tone=tone,
        )

    def also_why_not(self, action_id: str) -> str:
        if action_id == "photo_hand_in":
            if self.busy:
                return tr("still at work: {what}", what=self.busy)
            if not self.draft(FILE):
                return tr("write the path of a picture first")
            if not self.draft(ORIGIN).strip():
                return tr("write where it comes from first")
            if not self.draft(NOTIFICATION).strip() and not self.rehearsal:
                return tr("write the notification that it belongs to first")
        if action_id == "photo_second":
            still = self._at_hand()
            if still is None:
                return tr("the cursor is on no photograph")
            if still.seconded_by:
                return tr("{who} stands behind it already", who=still.seconded_by)
            if still.still_id not in self._looked_at:
                return tr("look at it first (enter)")
        return ""

    def _at_hand(self) -> StillView | None:
        key = self._rows.cursor
        return next((still for still in self._stills if PHOTO + still.still_id == key), None)

    # --- what is done -------------------------------------------------------------------------------

    def on_rows_pane_pointed(self, event: FormRows.Pointed) -> None:
        self._rows.point_at(event.key)
        self.paint()

    def do_move_row(self, step: str) -> None:
        self._rows.move(int(step))
        self.told = []
        self.paint()

    def do_scroll_form(self, step: str) -> None:
        self._words.scroll_relative(y=int(step), animate=False)

    def do_leave_form(self) -> None:
        """Back from the picture first, where that has the whole screen."""
        if self.has_class("looking") and self.has_class("narrow"):
            self.remove_class("looking")
            self.paint()
            return
        super().do_leave_form()

    def do_open_row(self) -> None:
        still, row = self._at_hand(), self._rows.current
        if still is not None:
            self.work(partial(self._look, still))
        elif row is not None:
            titles = {
                FILE: tr("Path of the picture on this machine"),
                ORIGIN: tr("Where it comes from, and who handed it over"),
                NOTIFICATION: tr("Reference of the notification that it was handed over for"),
            }
            self.write(row.key, titles[row.key], partial(self._written, row.key))

    def _written(self, name: str, text: str) -> None:
        self.keep_draft(name, text)
        self._rows.move(1 if name != NOTIFICATION else 0)
        self.paint()

    async def _look(self, still: StillView) -> None:
        answer = self.station.engine.view_still(self.case.case_id, still.still_id)
        shown = await self.ask(answer, tr("fetching"))
        if shown is None:
            return
        self._looked_at.add(still.still_id)
        self._shown = still.still_id
        self._picture.show(shown.picture)
        self.add_class("looking")
        self.changed()

    def do_hand_in(self) -> None:
        self.work(self._hand_in)

    async def _hand_in(self) -> None:
        with self.at_work(tr("reading the picture")):
            read = await asyncio.to_thread(read_file, self.draft(FILE), MOST_MIB)
        if isinstance(read, Trouble):
            self.tell(str(read), "alarm")
            return
        name, content = read
        still = StillFile(
            file=clean_text(name),
            content=content,
            provenance=clean_text(self.draft(ORIGIN).strip()),
            notification_ref=self.draft(NOTIFICATION).strip(),
        )
        taken = await self.ask(
            self.station.engine.add_still(self.case.case_id, still), tr("looking for the face")
        )
        if taken is None:
            return
        self.keep_draft(FILE, "")
        await self._fetch()
        for words, tone in taken_photo_words(taken):
            self.tell(words, tone)
        if not self.rehearsal:
            self.tell(tr("somebody else has to look at it and stand behind it before it is used"), "notice")
        self._rows.point_at(PHOTO + taken.still_id)

    def refused_words(self, refused: EngineSaysNo) -> str:
        return refused_photo_words(refused)

    def do_second(self) -> None:
        still = self._at_hand()
        if still is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(partial(self._second, still))

        words = (
            tr("You have looked at it, and it shows the confirmed patient of this case."),
            f"{still.file}  {still.provenance}",
        )
        title = tr("Stand behind this photograph of case {case}?", case=self.case.case_id)
        self.app.push_screen(Confirm(title, words), answered)

    async def _second(self, still: StillView) -> None:
        answer = self.station.engine.second_still(self.case.case_id, still.still_id)
        seconded = await self.ask(answer, tr("seconding"))
        if seconded is None:
            return
        self._stills = tuple(seconded if s.still_id == still.still_id else s for s in self._stills)
        self.tell(tr("✓ {who} stands behind {file}", who=seconded.seconded_by, file=seconded.file), "good")
