"""Work with the line list from a screen that shows it: filter, order, rows, export."""

from functools import partial
from pathlib import Path

from engine.api.contact_schema import ContactEntry, ContactLine, ExportKind, SceneOf
from engine.api.schema import TraceDetail
from tui.casework import linelist
from tui.casework.contacting import Contacting, is_cut, scenes_of
from tui.keyboard.action import Action
from tui.language.catalogue import tr
from tui.panes.contacts import ContactsPane
from tui.screens.asking import AskText, Confirm
from tui.screens.contact import ContactForm
from tui.screens.deciding import DecidingScreen
from tui.state import Pane
from tui.station import Station

WHAT_LEAVES = {
    ExportKind.LINE_LIST: "The line list leaves this site: confirmed scenes. The audit says who took it.",
    ExportKind.TIMELINE: "The timeline leaves this site. The audit says who took it.",
}


class LineListScreen(DecidingScreen):
    """``contacts`` is the pane with the list, ``contacting`` the work with it."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self.contacts = ContactsPane()
        self.contacting = Contacting(station.engine, self.show_list, station.say)
        self._listed: tuple[object, ...] = ()  # what the list was last fetched for
        self._summed: tuple[TraceDetail | None, tuple[object, ...]] = (None, ())  # of ten thousand exposures
        # fields of rows that were begun and not written, by case and row; they live as long as the desk
        self._drafts: dict[tuple[str, str], dict[str, str]] = {}

    def show_list(self) -> None:
        if self.is_mounted:
            self.contacts.show_list(self.contacting.state, self.station.zone)

    def follow_list(self) -> None:
        """Fetch the list again where the trace on the desk says that it may differ."""
        detail, trace = self.station.triage.state.detail, self.station.trace
        if trace is not None and trace.case_id != self.contacting.state.case_id:
            self._listed = ()  # nobody of another case stands under this one, whatever the engine answers
            self.contacting.become(linelist.with_lines(self.contacting.state, trace.case_id, ()))
        if detail is None or trace is None:
            return
        hidden = detail.blind or detail.withheld
        if detail is not self._summed[0]:
            minutes = sum(exposure.minutes for exposure in detail.exposures)
            self._summed = (detail, (len(detail.exposures), minutes, hidden))
        listed = (trace.case_id, *self.station.feed.listed(trace.case_id), *self._summed[1])
        if listed == self._listed:
            return
        self._listed = listed
        if hidden:
            words = tr("not shown: who is on the list tells the first answers, which are hidden from you")
            self.station.go(partial(self.contacting.hide, trace.case_id, words), "list")
        else:
            self.station.go(partial(self._load_list, trace.case_id), "list")

    async def _load_list(self, case_id: str) -> None:
        if not await self.contacting.load(case_id):
            self._listed = ()  # asked for again with the next news

    def also_why_not(self, action_id: str) -> str:
        if action_id in ("edit_contact", "merge_contact"):
            line = self.contacts.current
            if action_id == "edit_contact" and line is not None and is_cut(line):
                return tr(
                    "the row has what no screen shows: tracedesk contacts change {contact}",
                    contact=line.contact_id,
                )
            return tr(linelist.why_no_name(line))
        if action_id == "unmerge_contact":
            line = self.contacts.current
            return "" if line is not None and line.merged else tr("nothing went into this row")
        if action_id.startswith("export_"):
            state, hello = self.contacting.state, self.station.hello
            if hello is not None and hello.profile == "rehearsal":
                return tr("nothing leaves a rehearsal; only a server exports")
            return state.hidden or ("" if state.case_id else tr("no case is open"))
        return super().also_why_not(action_id)

    def do_filter_contacts(self) -> None:
        def typed(text: str | None) -> None:
            if text is not None:
                self.contacting.become(linelist.with_filter(self.contacting.state, text))

        hint = tr("text; ~text fuzzy; !text without it")
        self.app.push_screen(
            AskText(tr("show which contacts"), self.contacting.state.filter, hint=hint), typed
        )

    @property
    def narrowed(self) -> bool:
        """The list is at hand, and a merge was begun or a filter hides rows: esc goes back from that."""
        state, pane = self.contacting.state, self.station.triage.state.pane
        return pane is Pane.CONTACTS and bool(state.keep_id or state.filter)

    def why_not(self, action: Action) -> str:
        return "" if action.id == "go_back" and self.narrowed else super().why_not(action)

    def widen(self) -> None:
        """What came last first: the merge that was begun, then the filter."""
        state = self.contacting.state
        self.contacting.become(
            linelist.marked(state, "") if state.keep_id else linelist.with_filter(state, "")
        )

    def do_sort_contacts(self) -> None:
        state = self.contacting.state
        self.contacting.become(linelist.with_order(state, linelist.next_order(state.order)))

    def do_add_contact(self) -> None:
        line = self.contacts.current
        unnamed = line is not None and line.backing is None
        scenes = scenes_of(line) if line is not None and unnamed else ()
        beside = tr("for {person}", person=_seen(line)) if line is not None and unnamed else ""
        self._write_down(None, line.contact_id if line is not None and unnamed else "", scenes, beside)

    def do_edit_contact(self) -> None:
        line = self.contacts.current
        if line is not None:
            self._write_down(line, line.contact_id)

    def _write_down(
        self, line: ContactLine | None, row: str, scenes: tuple[SceneOf, ...] = (), beside: str = ""
    ) -> None:
        """Ask for a row; what was typed into it before stands there again until it is written."""
        key = (self.contacting.state.case_id, row)

        def typed(changed: dict[str, str]) -> None:
            self._drafts[key] = changed

        async def write(entry: ContactEntry) -> None:
            if written := await self.contacting.write(entry, line):
                self._drafts.pop(key, None)
                self.contacts.point_at(written)

        def taken(entry: ContactEntry | None) -> None:
            if entry is not None:
                self.station.go(partial(write, entry), "answer")

        draft = self._drafts.get(key, {})
        self.app.push_screen(ContactForm(line, scenes, beside, draft=draft, typed_so_far=typed), taken)

    def do_merge_contact(self) -> None:
        line, state = self.contacts.current, self.contacting.state
        if line is None:
            return
        if state.keep is None or state.keep_id == line.contact_id:
            mark = "" if state.keep_id == line.contact_id else line.contact_id
            self.contacting.become(linelist.marked(state, mark))
            begun = tr("M on another row puts it into {name}", name=line.name)
            self.station.say(begun if mark else tr("no merge"), "notice")
            return
        keep = state.keep

        async def merge() -> None:
            if await self.contacting.merge(keep, line):
                self.contacts.point_at(keep.contact_id)  # where U takes it out again

        def said(yes: bool | None) -> None:
            if yes:
                self.station.go(merge, "answer")

        self.app.push_screen(Confirm(tr("the same person twice in the list?"), _preview(keep, line)), said)

    def do_unmerge_contact(self) -> None:
        if (line := self.contacts.current) is not None:
            self.station.go(partial(self.contacting.unmerge, line), "answer")

    def do_export(self, kind: str) -> None:
        case_id, folder = self.contacting.state.case_id, Path.cwd()
        words = (tr(WHAT_LEAVES[ExportKind(kind)]), tr("It will be saved in {folder}", folder=folder))

        def said(yes: bool | None) -> None:
            if yes:
                export = partial(self.contacting.export, ExportKind(kind), case_id, folder)
                self.station.go(export, "answer")

        self.app.push_screen(Confirm(tr("export: this leaves the site"), words, word=case_id), said)


def _seen(line: ContactLine) -> str:
    """Whom, and where they were last seen."""
    scene = linelist.last_scene(line)
    return line.name if scene is None else f"{line.name}, {linelist.camera_of(scene)}"


def _preview(keep: ContactLine, other: ContactLine) -> tuple[str, ...]:
    """What the row would be afterwards."""
    minutes = keep.minutes + other.minutes
    scenes = len(keep.scenes) + len(other.scenes)
    return (
        tr(
            "stays:   {name}  {phone}  {reference}",
            name=_seen(keep),
            phone=keep.phone,
            reference=keep.reference,
        ),
        tr(
            "goes in: {name}  {phone}  {reference}",
            name=_seen(other),
            phone=other.phone,
            reference=other.reference,
        ),
        tr("together: {scenes} scenes, {minutes:.1f} minutes", scenes=scenes, minutes=minutes),
    )
