"""Both faces as large as this screen allows, and the whole frame."""

from dataclasses import replace
from typing import Protocol

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from engine.api.schema import Picture, ViewReply
from tui.casework.triage import Measure
from tui.keyboard.action import Action, Where
from tui.keys import actions, bindings
from tui.language.catalogue import tr
from tui.panes.bar import Bar
from tui.panes.bars import Part, caption, foot, in_tone, line_of
from tui.panes.card import frame_note, short_note
from tui.panes.picture import PictureBox
from tui.panes.scale import caption_rows
from tui.screens.deciding import DecidingScreen
from tui.state import Viewed, faces, first_face, why_no_answer, why_not_same
from tui.station import Station

SETTLED_S = 0.1  # after the last change of size


class Looking(Protocol):
    """Who asks for pictures and remembers when they were painted."""

    def look(self, measure: Measure) -> None: ...

    def shown_again(self, measure: Measure) -> None: ...

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
        self._hidden = False  # whether another screen lay over all of this one
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

    def on_resize(self, event: events.Resize) -> None:
        """A window that is being dragged has many sizes: one view is asked for at the end."""
        self.set_class(caption_rows(event.size.width) > 1, "two-lines")
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED_S, self._settled)

    def _settled(self) -> None:
        """The boxes have their size now: a view of this size is asked for."""
        if self.is_active:
            self.show_work()
            self._desk.look(self.face_height_px)

    def on_screen_suspend(self) -> None:
        """Around a question the faces are still seen; behind all else nobody sees them."""
        self._hidden = not self.app.screen.is_modal and not self.is_active

    def on_screen_resume(self) -> None:
        """Pictures that came while a question lay over the faces are asked for again."""
        super().on_screen_resume()
        if self._view is None and self._settling is not None:
            self.call_after_refresh(self._settled)
        elif self._hidden:
            self._desk.shown_again(self.face_height_px)
        self._hidden = False

    def why_not(self, action: Action) -> str:
        """Nobody answers about faces that the whole frame has taken from the screen (G10); who zooms already
        is not sent to the zoom."""
        state = self.station.triage.state
        if action.after_look and self.has_class("whole"):
            return tr("the faces are not on the screen: z brings them")
        if action.id == "same" and self.larger is None and not why_no_answer(state) and why_not_same(state):
            return tr(TOO_SMALL_HERE)
        return super().why_not(action)

    def paint(self) -> None:
        """Nothing here follows the feed."""

    def answered(self) -> None:
        self.do_leave_zoom()

    def not_answered(self) -> None:
        self._desk.not_answered()

    def do_leave_zoom(self) -> None:
        if self.is_active:
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

    def face_height_px(self, picture: Picture | None) -> float:
        """How high the candidate's face stands, or would stand, here; pixels of the screen. 0 while this is
        not what the person sees: pictures that come then are seen by nobody."""
        seen = self.is_active and not self.has_class("whole")
        return self._candidate.face_height_px(picture) if seen else 0.0

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
        if not self.has_class("whole"):
            if self._view is None:  # they came while the whole frame was wanted
                self.call_after_refresh(self._settled)
            else:
                self._desk.shown_again(self.face_height_px)
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
        """One line; on a small screen a second one for what is said of the face."""
        state, width = self.station.triage.state, self.size.width
        trace = state.detail.trace if state.detail is not None else None
        who, told = self._who(frames), self._told_of(frames)
        if caption_rows(width) == 1:
            return caption(self.station.hello, trace, [*told[:1], *who, *told[1:]], width)
        above = caption(self.station.hello, trace, who, width)
        return Text("\n").join([above, line_of(told, width)])

    def _who(self, frames: tuple[Picture, ...]) -> list[Part]:
        place = self.station.triage.state.place + 1
        if self.has_class("whole"):
            frame = tr("the whole frame of candidate {place}; z: faces", place=place)
            return [in_tone("plain", frame, tr("whole frame; z: faces"), ranks=(8,))]
        pair = tr("patient | candidate {place}", place=place), tr("patient | {place}", place=place)
        return [in_tone("plain", *pair, ranks=(7,))] if frames else []

    def _told_of(self, frames: tuple[Picture, ...]) -> list[Part]:
        """How high the face stands, and which frame of the track it is."""
        if self.has_class("whole") or not frames:
            return []
        state, zone = self.station.triage.state, self.station.zone
        notes = frame_note(frames, self._at, zone), short_note(frames, self._at, zone)
        which = in_tone("muted", *notes, f"{self._at + 1}/{len(frames)}", ranks=(9, 3))
        return [self._size_note(state.viewed.get(state.candidate_id)), which]

    def _size_note(self, seen: Viewed | None) -> Part:
        """A face that stood large enough before may stand smaller now, in a window that has shrunk."""
        height_px = self._candidate.face_height_px(self._candidate.picture or first_face(self._view))
        px = f"{height_px:.0f}"
        if seen is not None and seen.adequate:
            if height_px < seen.face_height_px - 1:
                before = f"{seen.face_height_px:.0f}"
                words = tr("face {px} px, {before} px before: large enough to confirm", px=px, before=before)
                short = tr("face {px} px, {before} px before: large enough", px=px, before=before)
                return in_tone("good", words, short, ranks=(6,))
            words, short = (
                tr("face {px} px: large enough to confirm", px=px),
                tr("face {px} px: large enough", px=px),
            )
            return in_tone("good", words, short, ranks=(6,))
        small, larger = tr("face {px} px: too small to confirm", px=px), self.larger
        if larger is None:
            return in_tone("notice", small)
        needs = tr("needs about {size}, here {here}", size=larger.needed, here=larger.here)
        short = tr("face {px} px: too small", px=px)
        return in_tone("notice", f"{small}, {needs}", f"{short}, {needs}", ranks=(6,))
