"""Asking for an authorisation: what it would open and cost is seen before anybody is asked."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime
from functools import partial

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from engine.api.case_schema import BoardCase, ScopePreview
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.forms import EmergencyRequest
from engine.api.schema import AuthorisationRequest, AuthorisationView
from engine.api.site_schema import CameraPlace
from engine.domain.record import Source
from tui.forms import scope_form as forms
from tui.forms.scope_form import ScopeForm
from tui.forms.scope_words import camera_words, cost_words, paper_words
from tui.forms.trouble import Trouble
from tui.forms.when import read_moment
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.language.words import clock_time, day
from tui.panes.formrows import FormRows
from tui.panes.lines import wrapped
from tui.panes.scope_rows import CAMERAS, END, FACE, HOURS, ORDER, START, TOGGLED, VALID, scope_rows
from tui.panes.told import ToldPane
from tui.screens.asking import Confirm
from tui.screens.form import FormScreen
from tui.station import Station
from tui.terminal.theme import TONES

LOOK_S = 0.3  # after the last change, before the preview is asked for
LEAST_REASON = 10  # characters, as the engine has it
FORM = "form"


class ScopeScreen(FormScreen):
    """Rows at the left, what they would open at the right."""

    where = Where.SCOPE
    BINDINGS = bindings(where)

    def __init__(self, station: Station, case: BoardCase, look_s: float = LOOK_S) -> None:
        super().__init__(station, case)
        self._look_s = look_s
        self._form: ScopeForm | None = None
        self._cameras: tuple[CameraPlace, ...] = ()
        self._preview: ScopePreview | None = None
        self._problem = ""  # why there is no preview
        self._looking: Timer | None = None
        self._rows = FormRows(tr("purpose: infection control, there is no other"), id="scope-rows")
        self._pane = ToldPane(self._lines, id="scope-preview")

    def body(self) -> ComposeResult:
        yield self.head
        with Container(id="scope"):
            yield self._rows
            yield self._pane

    def on_mount(self) -> None:
        self.work(self._begin)

    async def _begin(self) -> None:
        engine = self.station.engine
        await self.renew_case()
        city = await self.ask(engine.city_map(), tr("fetching"))
        orders = await self.ask(engine.orders(), tr("fetching"))
        if city is None or orders is None:
            return
        self._cameras = city.cameras
        first = forms.first_form(self.case, orders, self.now, rehearsal=self.rehearsal)
        self._change(self._kept() or first, keep=False)

    def _kept(self) -> ScopeForm | None:
        """The form as it was left."""
        text = self.draft(FORM)
        return msgspec.json.decode(text, type=ScopeForm) if text else None

    def _change(self, form: ScopeForm, *, keep: bool = True) -> None:
        self._form = form
        self._preview, self._problem = None, ""  # of another form
        if keep:
            self.keep_draft(FORM, msgspec.json.encode(form).decode())
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_timer(self._look_s, lambda: self.station.go(self._look, "scope"))
        self.changed()

    # --- what it would open -------------------------------------------------------------------------

    @property
    def _asked(self) -> tuple[str, ...]:
        """Cameras that are asked about: the records select among them."""
        return forms.matching(self._cameras, self._form.cameras) if self._form is not None else ()

    async def _look(self) -> None:
        form, asked = self._form, self._asked
        if form is None:
            return
        preview, problem = None, ""
        try:
            preview = await self.station.engine.preview_scope(forms.wanted(form, asked, self.now))
        except EngineSaysNo as refused:
            problem = str(refused)
        except EngineAway:
            problem = tr("the engine is away")
        if form is self._form:
            self._preview, self._problem = preview, problem
            self.changed()

    # --- what is seen -------------------------------------------------------------------------------

    def paint_form(self) -> None:
        if self._form is not None:
            rows = scope_rows(
                self._form, self.case, self._preview, (len(self._asked), len(self._cameras)), self._time
            )
            self._rows.show(rows)
        self._pane.repaint()

    def also_why_not(self, action_id: str) -> str:
        form = self._form
        if action_id in ("scope_request", "scope_emergency"):
            if self.busy:
                return tr("still at work: {what}", what=self.busy)
            if self._problem:
                return self._problem
            return tr("still fetching") if form is None else forms.why_no_request(form, self._preview)
        if action_id == "scope_toggle" and not self._rows.cursor.startswith((TOGGLED, FACE)):
            return tr("this row is written (enter), not turned on or off")
        return ""

    def _time(self, at: datetime) -> str:
        return f"{day(at, self.station.zone)} {clock_time(at, self.station.zone, seconds=False)}"

    def _lines(self, width: int) -> list[Text]:
        said = [] if self.told or self.busy else self._preview_words()
        lines = self.told_lines(width)
        if self.told:
            lines.append(Text())
            said = self._preview_words()
        for words, tone in said:
            lines += wrapped(Text(words, style=TONES[tone]), width, indent=4)
        return lines

    def _preview_words(self) -> list[tuple[str, str]]:
        if self._problem:
            return [(tr("this would be refused: {why}", why=self._problem), "alarm")]
        preview = self._preview
        if preview is None or self._form is None:
            return [(tr("looking what it would open"), "muted")]
        if not self._form.face_search:
            words = [(tr("by records alone: no camera is opened, no face is searched for"), "strong")]
        else:
            words = [(cost_words(preview), "strong")]
        words += [(f"! {note}", "notice") for note in preview.notes]
        return words + camera_words(preview, self.station.zone)

    # --- what is done -------------------------------------------------------------------------------

    def on_rows_pane_pointed(self, event: FormRows.Pointed) -> None:
        self._rows.point_at(event.key)
        self.paint()

    def do_move_row(self, step: str) -> None:
        self._rows.move(int(step))
        self.show_foot()

    def do_scroll_form(self, step: str) -> None:
        self._pane.scroll_relative(y=int(step), animate=False)

    def do_toggle_row(self) -> None:
        form, key = self._form, self._rows.cursor
        if form is None:
            return
        self.told = []
        if key == FACE:
            self._change(replace(form, face_search=not form.face_search))
        elif key.startswith(TOGGLED):
            self._change(replace(form, sources=form.sources ^ {Source(key.removeprefix(TOGGLED))}))

    def do_open_row(self) -> None:
        form, key = self._form, self._rows.cursor
        if form is None:
            return
        if key == FACE or key.startswith(TOGGLED):
            self.do_toggle_row()
            return
        title, now_there = {
            CAMERAS: (
                tr("Cameras by id or name, parted by commas; ! leaves out; empty for all"),
                form.cameras,
            ),
            START: (tr("Footage from, as 2 Mar 00:00"), self._time(form.start)),
            END: (tr("Footage to, as 2 Mar 18:00; never in the future"), self._time(form.end)),
            VALID: (tr("Expires after so many hours, or days, as 2 days"), f"{form.valid_h:g} h"),
            ORDER: (tr("Number of the epidemic order"), form.order_ref),
            HOURS: (tr("Camera-hours at most; empty for what it needs"), _number(form.most_hours)),
        }[key]
        self.write(key, title, partial(self._written, key), otherwise=now_there)

    def _written(self, key: str, text: str) -> None:
        form = self._form
        if form is None:
            return
        changed = self._with(form, key, text.strip())
        self.told = []
        if isinstance(changed, Trouble):
            self.tell(str(changed), "alarm")
            return
        self.keep_draft(key, "")
        self._change(changed)

    def _with(self, form: ScopeForm, key: str, text: str) -> ScopeForm | Trouble:
        """The form with what was written into a row."""
        if key in (CAMERAS, ORDER):
            return replace(form, cameras=text) if key == CAMERAS else replace(form, order_ref=text)
        if key == HOURS and not text:
            return replace(form, most_hours=None)
        if key in (VALID, HOURS):
            most = forms.LONGEST_H if key == VALID else forms.MOST_CAMERA_HOURS
            hours = forms.read_hours(text, most)
            if isinstance(hours, Trouble):
                return hours
            return replace(form, valid_h=hours) if key == VALID else replace(form, most_hours=hours)
        at = read_moment(text, self.days)
        if isinstance(at, Trouble):
            return at
        zoned = at.replace(tzinfo=self.station.zone)
        start, end = (zoned, form.end) if key == START else (form.start, zoned)
        if start >= end:
            return Trouble(tr("the end lies before the start"), tr("change the other of the two first"))
        return replace(form, start=start, end=end)

    def do_request(self) -> None:
        request = self._request()
        if request is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                asked = self.station.engine.request_authorisation(request)
                self.work(partial(self._sent, asked))

        title = tr("Ask for this authorisation for case {case}?", case=self.case.case_id)
        self.app.push_screen(Confirm(title, self._summary(request)), answered)

    def do_emergency(self) -> None:
        request = self._request()
        if request is None:
            return
        title = tr("Why can it not wait for a second person? In a sentence")
        self.write("reason", title, partial(self._reasoned, request))

    def _reasoned(self, request: AuthorisationRequest, reason: str) -> None:
        if len(reason) < LEAST_REASON:
            self.told = []
            self.tell(tr("an emergency needs a reason, in a sentence"), "alarm")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                wanted = EmergencyRequest(wanted=request, reason=reason)
                self.work(partial(self._sent, self.station.engine.emergency(wanted)))

        words = (
            *self._summary(request),
            tr("It is in force at once and told to everybody. Somebody else reviews it within a day."),
        )
        title = tr("EMERGENCY for case {case}: go ahead without a second person?", case=self.case.case_id)
        self.app.push_screen(Confirm(title, words, word=self.case.case_id), answered)

    def _request(self) -> AuthorisationRequest | None:
        if self._form is None or self._preview is None:
            return None
        return forms.final(self._form, self._preview, self._asked, self.now)

    def _summary(self, request: AuthorisationRequest) -> tuple[str, ...]:
        assert self._preview is not None
        cost = cost_words(self._preview) if request.face_search else tr("by records alone, no camera")
        return (
            cost,
            tr("footage {start} to {end}", start=self._time(request.start), end=self._time(request.end)),
            tr("sources: {sources}", sources=", ".join(request.sources) or tr("none")),
            tr("expires {at}", at=self._time(request.expires_at)),
        )

    async def _sent(self, answer: Awaitable[AuthorisationView]) -> None:
        paper = await self.ask(answer, tr("asking"))
        if paper is None:
            return
        self.keep_draft(FORM, "")
        self.keep_draft("reason", "")
        for words, tone in paper_words(paper, self.station.zone):
            self.tell(words, tone)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
