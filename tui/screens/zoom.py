"""Both faces as large as this screen allows, and the whole frame."""

from dataclasses import replace
from typing import Protocol

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from engine.api.schema import Picture, ViewReply
from tui.keyboard.action import Action, Where
from tui.keys import actions, bindings
from tui.language.catalogue import tr
from tui.panes.bar import Bar
from tui.panes.bars import caption, foot
from tui.panes.card import frame_note
from tui.panes.picture import PictureBox
from tui.screens.deciding import DecidingScreen
from tui.state import Viewed, faces, first_face, why_no_answer, why_not_same
from tui.station import Station
from tui.terminal.theme import TONES
from tui.work.triage import Measure

SETTLED_S = 0.1  # after the last change of size


class Looking(Protocol):
    """Who asks for pictures and remembers when they were painted."""

    def look(self, measure: Measure) -> None: ...

    def not_answered(self) -> None: ...

    def do_next_undecided(self) -> None: ...

    def do_clip(self) -> None: ...

    def do_compare(self) -> None: ...


ALWAYS = ("leave_zoom", "help", "quit")
ALL_FIT_FROM = 66  # columns; in fewer the answers and the way back are worth more than the way out
FACES = "faces"
TOO_SMALL_HERE = "the face is too small: enlarge the window"
OF_THE_DESK = frozenset({"undo", "next_undecided", "clip", "compare"})  # they lead back there


class ZoomScreen(DecidingScreen):
    """One line above and one below; all other rows belong to the faces."""

    where = Where.ZOOM
    BINDINGS = bindings(where)

    def __init__(self, station: Station, desk: Looking) -> None:
        super().__init__(station)
        self._desk = desk
        self._before = station.triage.view  # of the card: here only an audited view of this size is shown
        self._settling: Timer | None = None
        self._caption = Bar(id="zoom-caption")
        self._subject = PictureBox(id="zoom-subject")
        self._candidate = PictureBox(id="zoom-candidate")
        self._frame = PictureBox(id="zoom-frame")

    def compose(self) -> ComposeResult:
        yield self._caption
        with Horizontal(id="zoom-faces"):
            yield self._subject
            yield self._candidate
        yield self._frame
        yield self.foot

    def on_resize(self, _: events.Resize) -> None:
        """A window that is being dragged has many sizes: one view is asked for at the end."""
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED_S, self._settled)

    def _settled(self) -> None:
        """The boxes have their size now: a view of this size is asked for."""
        if self.is_current:
            self.show_work()
            self._desk.look(self.face_height_px)

    def paint(self) -> None:
        """Nothing here follows the feed."""

    def answered(self) -> None:
        self.do_leave_zoom()

    def not_answered(self) -> None:
        self._desk.not_answered()

    def do_leave_zoom(self) -> None:
        if self.is_current:
            self.app.pop_screen()

    def do_undo(self) -> None:
        """What is taken back is another candidate's, and comes on the card."""
        self.do_leave_zoom()
        super().do_undo()

    def do_next_undecided(self) -> None:
        self.do_leave_zoom()
        self._desk.do_next_undecided()

    def do_clip(self) -> None:
        self.do_leave_zoom()
        self._desk.do_clip()

    def do_compare(self) -> None:
        self.do_leave_zoom()
        self._desk.do_compare()

    def show_foot(self) -> None:
        """First what is done here; the way back whatever fits."""
        whole = self.has_class("whole")
        chosen = tuple(
            replace(action, label=FACES) if whole and action.id == "frame" else action
            for action in sorted(actions(self.where), key=lambda action: action.id in OF_THE_DESK)
        )
        always = ALWAYS if self.size.width >= ALL_FIT_FROM else ALWAYS[:-1]
        self.foot.say(foot(chosen, self.impossible(chosen), self.size.width, always))

    def why_not(self, action: Action) -> str:
        """Who zooms already is not sent to the zoom."""
        state = self.station.triage.state
        if action.id == "same" and not why_no_answer(state) and why_not_same(state):
            return tr(TOO_SMALL_HERE)
        return super().why_not(action)

    def face_height_px(self, picture: Picture | None) -> float:
        """How high the candidate's face stands, or would stand, here; pixels of the screen."""
        return self._candidate.face_height_px(picture)

    def show_work(self) -> None:
        view, triage = self._view, self.station.triage
        frames, waiting = faces(view), triage.waiting or tr("fetching…")
        self._subject.show(view.subject[0] if view is not None and view.subject else None, triage.waiting)
        self._candidate.show(frames[self._at] if frames else None, waiting)
        self._frame.show(self._whole_frame(), tr("no whole frame"))
        self._caption.say(self._caption_text(frames))
        self.show_foot()

    def show_message(self, message: Text, *, whole: bool = False) -> None:
        """In place of the keys, until the next key."""
        if message:
            self.foot.say(message)

    def do_toggle_frame(self) -> None:
        self.toggle_class("whole")
        self.show_work()

    @property
    def _view(self) -> ViewReply | None:
        view = self.station.triage.view
        return None if view is self._before else view

    @property
    def _at(self) -> int:
        """The frame of the track that is shown."""
        return min(self.station.triage.state.picture_at, max(0, len(faces(self._view)) - 1))

    def _whole_frame(self) -> Picture | None:
        pictures = self._view.pictures if self._view is not None else ()
        return next((picture for picture in pictures if picture.kind == "frame"), None)

    def _caption_text(self, frames: tuple[Picture, ...]) -> Text:
        state = self.station.triage.state
        trace = state.detail.trace if state.detail is not None else None
        parts: list[Text] = []
        seen = state.viewed.get(state.candidate_id)
        if self.has_class("whole"):
            words = tr("the whole frame of candidate {place}; z: faces", place=state.place + 1)
            parts.append(Text(words))
        elif frames:
            parts.append(self._size_note(seen))
            parts.append(Text(tr("patient | candidate {place}", place=state.place + 1)))
            note = frame_note(frames, self._at, self.station.zone)
            parts.append(Text(note, style=TONES["muted"]))
        return caption(self.station.hello, trace, parts, self.size.width)

    def _size_note(self, seen: Viewed | None) -> Text:
        """A face that stood large enough before may stand smaller now, in a window that has shrunk."""
        height_px = self._candidate.face_height_px(self._candidate.picture or first_face(self._view))
        px = f"{height_px:.0f}"
        if seen is not None and seen.adequate:
            if height_px < seen.face_height_px - 1:
                before = f"{seen.face_height_px:.0f}"
                words = tr("face {px} px, {before} px before: large enough to confirm", px=px, before=before)
                return Text(words, style=TONES["good"])
            return Text(tr("face {px} px: large enough to confirm", px=px), style=TONES["good"])
        return Text(tr("face {px} px: too small to confirm", px=px), style=TONES["notice"])
