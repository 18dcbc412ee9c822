"""Two sightings side by side: a candidate and a confirmed one, or two that cannot both be true."""

from functools import partial
from typing import NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import CandidateView, ViewReply
from tui.casework.sightings import confirmed, conflicts
from tui.casework.triage import OffScreen, seen
from tui.casework.undo import own_standing
from tui.keyboard.action import Where
from tui.keys import actions, bindings
from tui.language.catalogue import tr
from tui.language.words import ANSWERS, UNDECIDED
from tui.panes.bar import Bar
from tui.panes.bars import Part, caption, foot, in_tone, line_of
from tui.panes.evidence import WordsPane, evidence_of, where_and_when
from tui.panes.picture import PictureBox
from tui.screens.mode import ModeScreen
from tui.state import first_face, own_answer
from tui.station import Station
from tui.terminal.theme import TONES

ONLY_OF_A_CONTRADICTION = frozenset({"choose_left", "choose_right", "take_back"})
SIDES = ("left", "right")


class Pair(NamedTuple):
    """Two candidates by id, and in words why they contradict each other, "" where nobody says so."""

    left: str
    right: str
    because: str = ""


class CompareScreen(ModeScreen):
    """Nobody answers here. Of a contradiction the person may take an answer of their own back. Every
    sighting that is shown was a view of its own, in the audit like any other."""

    where = Where.COMPARE
    BINDINGS = bindings(where)

    def __init__(self, station: Station, *, contradictions: bool = False) -> None:
        super().__init__(station)
        self._contradictions = contradictions
        self._candidate_id = station.triage.state.candidate_id
        self._at = 0
        self._pair: Pair | None = None
        self._chosen: int | None = None
        self._views: dict[str, ViewReply] = {}
        self._caption = Bar(id="compare-caption")
        self._because = Bar(id="compare-because")
        self._because.display = contradictions
        self._heads = tuple(Bar(id=f"compare-head-{side}") for side in SIDES)
        self._boxes = tuple(PictureBox(id=f"compare-{side}", missing=tr("fetching…")) for side in SIDES)
        self._words = tuple(WordsPane(id=f"compare-words-{side}") for side in SIDES)

    def compose(self) -> ComposeResult:
        yield self._caption
        yield self._because
        with Horizontal(id="compare-sides"):
            for head, box, words in zip(self._heads, self._boxes, self._words, strict=True):
                with Vertical():
                    yield head
                    yield box
                    yield words
        yield self.message
        yield self.foot

    def on_resize(self, _: object) -> None:
        self.call_after_refresh(self.show_work)

    def on_unmount(self) -> None:
        self._views.clear()
        for box in self._boxes:
            box.show(None)

    def paint(self) -> None:
        """Nothing here follows the feed."""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        state = self.station.triage.state
        if self._contradictions:
            return tuple(Pair(c.first_id, c.second_id, c.because) for c in conflicts(state))
        if state.candidate_id != self._candidate_id:
            return ()
        return tuple(Pair(self._candidate_id, c.candidate_id) for c in confirmed(state))

    def show_work(self) -> None:
        """The pair at hand as it stands; back to the desk where there is none any more."""
        pairs = self.pairs
        if not pairs:
            self.do_go_back()
            return
        self._at = min(self._at, len(pairs) - 1)
        if pairs[self._at] != self._pair:
            self._pair, self._chosen = pairs[self._at], None
            kept = {self._pair.left, self._pair.right}
            self._views = {key: view for key, view in self._views.items() if key in kept}
            self.station.go(self._look, "compare")
        self._caption.say(self._caption_text(len(pairs)))
        words = tr("‼ cannot both be true: {because}", because=self._pair.because)
        self._because.say(Text(words if self._contradictions else "", style=TONES["alarm"]))
        for side in range(2):
            self._show_side(side)
        self.show_foot()

    async def _look(self) -> None:
        """Ask for what is not here yet, each at the height at which it stands."""
        pair = self._pair
        if pair is None:
            return
        for box, candidate_id in zip(self._boxes, (pair.left, pair.right), strict=True):
            if candidate_id in self._views:
                continue
            try:
                view, _ = await seen(self.station.engine, candidate_id, box.face_height_px)
            except OffScreen:
                self._pair = None  # asked for once there is room
                return
            except EngineAway:
                self.station.say(tr("engine away"), "alarm")
                return
            except EngineSaysNo as refusal:
                self.station.say(str(refusal), "alarm")
                return
            if not self.is_attached or self._pair != pair:
                return
            self._views[candidate_id] = view
            self.show_work()

    def _show_side(self, side: int) -> None:
        candidate = self._candidate(side)
        if candidate is None:
            return
        zone, view = self.station.zone, self._views.get(candidate.candidate_id)
        self._boxes[side].show(first_face(view), tr("fetching…"))
        self._heads[side].say(self._head(side, candidate))
        words = [*where_and_when(candidate, zone), *evidence_of(candidate)]
        self._words[side].show(words, candidate.candidate_id)

    def _candidate(self, side: int) -> CandidateView | None:
        if self._pair is None:
            return None
        wanted = self._pair[side]
        return next((c for c in self.station.triage.state.candidates if c.candidate_id == wanted), None)

    def _head(self, side: int, candidate: CandidateView) -> Text:
        ids = [c.candidate_id for c in self.station.triage.state.candidates]
        place = tr("candidate {place}", place=ids.index(candidate.candidate_id) + 1)
        confirmed_one = self._contradictions or side == 1
        mark = ANSWERS[candidate.answer] if confirmed_one and candidate.answer is not None else None
        mine = own_answer(
            self.station.triage.state, candidate
        )  # of others' answers a blind one knows nothing
        cursor = "▌" if self._chosen == side else " "
        number = f"{side + 1} " if self._contradictions else ""
        said = f"{mark.glyph} {tr('confirmed')}" if mark else f"{UNDECIDED.glyph} {tr('to compare')}"
        tone = TONES[mark.tone if mark else "muted"]
        if mark is None and mine is not None:
            said, tone = f"{ANSWERS[mine].glyph} {tr(ANSWERS[mine].word)}", TONES[ANSWERS[mine].tone]
        which = Text.assemble((cursor, TONES["accent"]), (f"{number}{place}", TONES["strong"]))
        by = candidate.decided_by if mark else ""
        parts = [Part((which,)), Part((Text(said, style=tone),)), in_tone("muted", by, "", ranks=(1,))]
        return line_of(parts, self._heads[side].size.width or self.size.width)

    def show_foot(self) -> None:
        kept = tuple(
            a for a in actions(self.where) if self._contradictions or a.id not in ONLY_OF_A_CONTRADICTION
        )
        self.foot.say(foot(kept, self.impossible(kept), self.size.width))

    def do_move_pair(self, step: str) -> None:
        self._at = min(max(self._at + int(step), 0), max(0, len(self.pairs) - 1))
        self.show_work()

    def do_choose(self, side: str) -> None:
        self._chosen = int(side)
        self.show_work()

    def do_take_back(self) -> None:
        candidate = self._candidate(self._chosen) if self._chosen is not None else None
        triage = self.station.triage
        mine = None if candidate is None else own_standing(triage.state, candidate.candidate_id)
        if mine is not None:
            self.station.go(partial(triage.take_back, mine), "answer")

    def do_go_back(self) -> None:
        if self.is_current:
            self.app.pop_screen()

    def also_why_not(self, action_id: str) -> str:
        if action_id in ONLY_OF_A_CONTRADICTION and not self._contradictions:
            return tr("nothing is taken back here")
        if action_id in ("next_pair", "previous_pair") and len(self.pairs) < 2:
            return tr("there is no other")
        return self._why_not_back() if action_id == "take_back" else ""

    def _why_not_back(self) -> str:
        candidate = self._candidate(self._chosen) if self._chosen is not None else None
        if candidate is None:
            return tr("choose one first: 1 left, 2 right")
        if own_standing(self.station.triage.state, candidate.candidate_id) is None:
            return tr("answered by {who}, who alone can take it back", who=candidate.decided_by)
        return tr("the last answer is still being written") if self.station.triage.state.writing else ""

    def _caption_text(self, count: int) -> Text:
        n = self._at + 1
        if self._contradictions:
            long, short = tr("contradiction {n} of {count}", n=n, count=count), tr("contradiction")
        else:
            long = tr("beside confirmed sighting {n} of {count}", n=n, count=count)
            short = tr("confirmed one")
        which = in_tone("strong", long, f"{short} {n}/{count}", f"{n}/{count}", ranks=(9, 6))
        nobody = in_tone("muted", tr("nobody answers here"), tr("look only"), "", ranks=(8, 7))
        return caption(self.station.hello, self.station.trace, [which, nobody], self.size.width)
