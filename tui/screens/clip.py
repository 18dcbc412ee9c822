"""The footage around a sighting, as the engine gives it: everyone but the candidate is mosaicked in it."""

from rich.text import Text
from textual.app import ComposeResult
from textual.timer import Timer

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.review_schema import Clip
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.language.words import clock_time
from tui.panes.bar import Bar
from tui.panes.bars import Part, caption, in_tone
from tui.panes.picture import PictureBox
from tui.screens.mode import ModeScreen
from tui.station import Station

MOST_HZ = 5.0  # a picture is many bytes on a slow line
OPENING = "opening the footage, written to the audit"


class ClipScreen(ModeScreen):
    """Plays once, then stands; nothing of it is kept when the screen is left."""

    where = Where.CLIP
    BINDINGS = bindings(where)

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self._candidate_id = station.triage.state.candidate_id
        self._place = station.triage.state.place + 1
        self.clip: Clip | None = None
        self._at = 0
        self._from = 0  # frame at which playing began
        self._since_s: float | None = None  # when, None while it stands
        self._timer: Timer | None = None
        self._caption = Bar(id="clip-caption")
        self._box = PictureBox(id="clip-picture", missing=tr(OPENING))

    def compose(self) -> ComposeResult:
        yield self._caption
        yield self._box
        yield self.message
        yield self.foot

    def on_mount(self) -> None:
        self.station.go(self._open, "clip")

    async def _open(self) -> None:
        try:
            clip = await self.station.engine.clip(self._candidate_id)
        except EngineAway:
            self._box.show(None, tr("engine away"))
            return
        except EngineSaysNo as refusal:
            self._box.show(None, tr("not shown"))
            self.station.say(str(refusal), "alarm")
            return
        if not self.is_attached:  # left meanwhile: the frames go as they came
            return
        self.clip = clip
        if not clip.frames:
            self._box.show(None, tr("no footage here"))
            return
        self._timer = self.set_interval(1 / min(MOST_HZ, max(1.0, clip.rate_hz)), self._tick)
        self._play_from(0)

    def on_unmount(self) -> None:
        self.clip = None
        self._box.show(None)

    def on_screen_suspend(self) -> None:
        self._stand()

    def on_resize(self, _: object) -> None:
        self.paint()

    def paint(self) -> None:
        """Nothing here follows the feed."""
        self._caption.say(self._caption_text())
        self.show_foot()

    def _play_from(self, at: int) -> None:
        self._from, self._since_s = at, self.station.clock()
        if self._timer is not None:
            self._timer.resume()
        self._show(at)

    def _stand(self) -> None:
        self._since_s = None
        if self._timer is not None:
            self._timer.pause()
        self.paint()

    def _tick(self) -> None:
        """The frame that is due now; frames that the screen was too slow for are left out."""
        if self.clip is None or self._since_s is None:
            return
        due = self._from + int((self.station.clock() - self._since_s) * self.clip.rate_hz)
        if due != self._at:
            self._show(due)
        if self._at == len(self.clip.frames) - 1:
            self._stand()

    def _show(self, at: int) -> None:
        if self.clip is not None and self.clip.frames:
            self._at = min(max(at, 0), len(self.clip.frames) - 1)
            self._box.show(self.clip.frames[self._at])
        self.paint()

    def do_play(self) -> None:
        if self._since_s is not None:
            self._stand()
        elif self.clip is not None and self.clip.frames:
            self._play_from(0 if self._at == len(self.clip.frames) - 1 else self._at)

    def do_step(self, step: str) -> None:
        self._stand()
        self._show(self._at + int(step))

    def do_first_frame(self) -> None:
        self._stand()
        self._show(0)

    def do_last_frame(self) -> None:
        self._stand()
        self._show(len(self.clip.frames) - 1 if self.clip is not None else 0)

    def do_go_back(self) -> None:
        if self.is_current:
            self.app.pop_screen()

    def also_why_not(self, action_id: str) -> str:
        if action_id in ("play", "clip_next", "clip_previous", "clip_first", "clip_last"):
            return "" if self.clip is not None and self.clip.frames else tr("no footage is here yet")
        return ""

    def _caption_text(self) -> Text:
        parts: list[Part] = []
        if self.clip is not None and self.clip.frames:
            at = self.clip.frames[self._at].at
            when = clock_time(at, self.station.zone) if at is not None else tr("time not available")
            count = len(self.clip.frames)
            plays = self._since_s is not None
            parts.append(in_tone("strong", tr("▶ playing") if plays else tr("‖ paused")))
            frame = tr("frame {n} of {count}  {when}", n=self._at + 1, count=count, when=when)
            short = f"{self._at + 1}/{count}"
            parts.append(in_tone("plain", frame, f"{when} {short}", short, ranks=(8, 2)))
        place = self._place
        around = (tr("footage around candidate {place}", place=place), tr("candidate {place}", place=place))
        parts.append(in_tone("muted", *around, "", ranks=(9, 3)))
        return caption(self.station.hello, self.station.trace, parts, self.size.width)
