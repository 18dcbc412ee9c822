"""The triage card: subject beside candidate, then what there is to go on, in words."""

from datetime import tzinfo

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.message import Message

from engine.api.schema import CandidateView, Picture, TraceView, ViewReply
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from tui.casework.ranges import in_range, to_set_aside, to_take_up
from tui.keys import BY_ID, shown
from tui.language.catalogue import tr
from tui.language.words import ANSWERS, REASONS, STATES, UNDECIDED, Mark, clock_time
from tui.panes.bar import Bar
from tui.panes.evidence import WordsPane, words_of
from tui.panes.frame import Framed
from tui.panes.lines import wrapped
from tui.panes.picture import PictureBox
from tui.panes.scale import Larger
from tui.state import DeskState, faces, is_own, own_answer
from tui.terminal.theme import TONES

ASIDE = Mark("◌", "set aside: not reviewed", "notice")


class Card(Framed, Vertical, can_focus=False):
    """Pictures come only with an audited view. The patient's stays for the next candidate of the trace."""

    ALLOW_SELECT = False

    class Turned(Message):
        """The card has come on the screen, or has left it."""

    def __init__(self) -> None:
        super().__init__(id="card")
        self._head = Bar(id="card-head")
        self._subject = PictureBox(id="card-subject")
        self._shown_patient: tuple[str, Picture | None] = ("", None)
        self._candidate = PictureBox(id="card-candidate")
        self._under_subject = Bar(id="under-subject")
        self._under_candidate = Bar(id="under-candidate")
        self._words = WordsPane(id="card-words")
        self._answer = Bar(id="card-answer")

    def compose(self) -> ComposeResult:
        yield self._head
        with Horizontal(id="card-pictures"):
            with Vertical():
                yield self._subject
                yield self._under_subject
            with Vertical():
                yield self._candidate
                yield self._under_candidate
        yield self._words
        yield self._answer

    def on_show(self) -> None:
        self.post_message(self.Turned())

    def on_hide(self) -> None:
        self.post_message(self.Turned())

    @property
    def shows_pictures(self) -> bool:
        """True where a picture put here would be seen at all."""
        return self.is_on_screen and min(self._candidate.content_size) > 0

    def face_height_px(self, picture: Picture | None) -> float:
        """How high the candidate's face stands, or would stand, on this card; pixels of the screen."""
        return self._candidate.face_height_px(picture)

    def show(
        self,
        state: DeskState,
        view: ViewReply | None,
        zone: tzinfo,
        waiting: str,
        elsewhere: int = 0,
        larger: Larger | None = None,
    ) -> None:
        """``view`` holds the pictures of the current candidate, None while there are none; ``waiting`` says
        why in a word or two. ``elsewhere``: how many candidates of other traces wait for an answer.
        ``larger``: the terminal that confirming takes, where this one does not do."""
        candidate = state.candidate
        self.show_head(state, elsewhere)
        words = _empty(state) if candidate is None else words_of(state, candidate, zone)
        self._words.show(words, state.candidate_id)
        below = self._answer.size
        self._answer.say(Text() if candidate is None else _answer(state, candidate, larger, below))
        missing = "" if candidate is None else waiting
        subject = self._patient(state, view)
        frames = faces(view)
        face = frames[min(state.picture_at, len(frames) - 1)] if frames else None
        self._subject.show(subject, missing)
        self._candidate.show(face, missing)
        note = short_note(frames, state.picture_at, zone)
        room = self._under_candidate.size.width
        self._under_subject.say(Text(tr("PATIENT"), style=TONES["strong"]))
        self._under_candidate.say(_caption(tr("CANDIDATE"), note, room))

    def show_head(self, state: DeskState, elsewhere: int) -> None:
        """At the head of a card without a candidate, where it never scrolls away."""
        self._head.say(_head(state, elsewhere))

    def _patient(self, state: DeskState, view: ViewReply | None) -> Picture | None:
        """The patient's picture of this view, else of the last view of the same trace: the same face does
        not have to go over a slow line with every candidate. None without a candidate: a consent that was
        withdrawn destroyed both."""
        if view is not None:
            self._shown_patient = (state.trace_id, view.subject[0] if view.subject else None)
        elif state.candidate is None:
            self._shown_patient = ("", None)
        known_for, picture = self._shown_patient
        return picture if known_for == state.trace_id else None

    def scroll_words(self, step: int) -> None:
        self._words.scroll_relative(y=step, animate=False)


def _caption(who: str, note: str, room: int) -> Text:
    """``who`` and what is noted of the picture, the note alone where both need more than ``room`` cells."""
    name = Text(who, style=TONES["strong"])
    said = Text(note, style=TONES["muted"])
    both = Text(" ").join([name, said]) if note else name
    return both if both.cell_len <= room else said


def frame_note(frames: tuple[Picture, ...], at: int, zone: tzinfo) -> str:
    """``frame 2 of 3  12:07:01``; "" without frames."""
    if not frames:
        return ""
    n, count, when = _which(frames, at, zone)
    return tr("frame {n} of {count}  {when}", n=n, count=count, when=when)


def short_note(frames: tuple[Picture, ...], at: int, zone: tzinfo) -> str:
    """The same in as few cells as a card on a small screen has: ``12:07:01 2/3``."""
    if not frames:
        return ""
    n, count, when = _which(frames, at, zone)
    return f"{when} {n}/{count}"


def _which(frames: tuple[Picture, ...], at: int, zone: tzinfo) -> tuple[int, int, str]:
    at = min(at, len(frames) - 1)
    taken = frames[at].at
    when = clock_time(taken, zone) if taken is not None else tr("time not available")
    return at + 1, len(frames), when


def _head(state: DeskState, elsewhere: int) -> Text:
    if state.detail is None or state.candidate is None:
        asking = state.trace_id and state.detail is None
        return _onward(elsewhere) if elsewhere and not asking else Text()
    case = Text(state.detail.trace.case_id, style=TONES["strong"])
    case.truncate(20, overflow="ellipsis")
    place, count = state.place + 1, len(state.candidates)
    where = tr("candidate {place} of {count}", place=place, count=count)
    if state.range_from:
        said = Text(_ranged(len(in_range(state))), style=TONES["notice"])
    elif state.withheld:
        said = Text(tr("first answers withheld"), style=TONES["notice"])
    elif state.undecided:
        said = Text(tr("{n} to do", n=state.undecided), style=TONES["notice"])
    else:
        asides = sum(c.aside and c.answer is None for c in state.candidates)
        words = tr("none to do, {n} set aside", n=asides) if asides else tr("all answered")
        said = Text(words, style=TONES["good"])
    return Text("   ").join([Text.assemble(tr("case") + " ", case), Text(where), said])


def _ranged(n: int) -> str:
    return tr("range: {n} candidate" if n == 1 else "range: {n} candidates", n=n)


def _empty(state: DeskState) -> list[Text]:
    if not state.trace_id:
        return [Text(tr("No trace is chosen. J and K move between traces."), style=TONES["muted"])]
    if state.detail is None:
        return [Text(tr("asking the engine…"), style=TONES["muted"])]
    return _nothing_found(state.detail.trace)


def _onward(n: int) -> Text:
    """Where one can go on, by this person's own key."""
    key = shown(BY_ID["next_undecided"])
    words = tr("{n} waits in another trace" if n == 1 else "{n} wait in other traces", n=n)
    return Text.assemble((key, TONES["accent"]), f" {words}")


def _nothing_found(trace: TraceView) -> list[Text]:
    case = Text.assemble(
        tr("case") + " ", (trace.case_id, TONES["strong"]), f"  {tr(STATES[trace.state].word)}"
    )
    if not trace.state.machine_done:
        return [case, Text(), Text(tr("No candidates yet: the trace is at work."))]
    if trace.state is TraceState.RECORDS_ONLY:
        return [case, Text(), Text(tr("Records only: no face was searched for."))]
    return [
        case,
        Text(),
        Text(tr("No candidates.")),
        Text(tr("{n} of {all} camera windows were read.", n=trace.windows_done, all=trace.windows_total)),
        Text(_not_assessed(trace.cannot_assess)),
        Text(),
        Text(
            tr("That nobody was found does not mean that the patient was not there."), style=TONES["notice"]
        ),
    ]


def _not_assessed(n: int) -> str:
    return tr("{n} face could not be assessed." if n == 1 else "{n} faces could not be assessed.", n=n)


def _answer(state: DeskState, candidate: CandidateView, larger: Larger | None, room: Size) -> Text:
    """What was answered, and the model's opinion only where this very person has answered."""
    if state.range_from:
        return _range_words(state)
    if state.withheld:
        return _choice()
    mine = own_answer(state, candidate)
    if mine is not None:
        return _answered(state, candidate, mine)
    if candidate.answer is not None:
        words = tr("answered by another person,\nshown after your own answer")
        return Text(words, style=TONES["muted"])
    mark = ASIDE if candidate.aside else UNDECIDED
    head = Text(f"{mark.glyph} {tr(mark.word)}", style=TONES["strong"])
    model = Text(tr("the model speaks after you"), style=TONES["muted"])
    if larger is None:
        return Text("\n").join([head, model])
    folded = [head, *wrapped(_too_small(larger, room), room.width)]
    if len(folded) + len(wrapped(model, room.width)) <= room.height:
        folded.append(model)
    return Text("\n").join(folded)


def _too_small(larger: Larger, room: Size) -> Text:
    """That nobody can be confirmed on this screen, and on which: in full where there are lines for it."""
    key = shown(BY_ID["same"])
    words = tr(
        "{key} needs about {size}, this terminal is {here}", key=key, size=larger.needed, here=larger.here
    )
    if room.height < 3 and cell_len(words) > room.width:
        words = tr("{key} needs about {size}", key=key, size=larger.needed)
    return Text(words, style=TONES["notice"])


def _answered(state: DeskState, candidate: CandidateView, mine: Answer) -> Text:
    mark = ANSWERS[mine]
    first = is_own(state, candidate)
    because = f" ({tr(REASONS[candidate.because])})" if first and candidate.because is not None else ""
    return Text.assemble(
        (tr("you:   "), TONES["muted"]),
        (f"{mark.glyph} {tr(mark.word)}{because}\n", TONES[mark.tone]),
        (tr("model: "), TONES["muted"]),
        candidate.support or tr("not available"),
    )


def _choice() -> Text:
    """What may be done where first answers are withheld, by this person's own keys."""
    choices = (BY_ID["be_second"], BY_ID["see_answers"])
    keys = (Text.assemble((shown(a), TONES["accent"]), f" {tr(a.label)}") for a in choices)
    return Text("\n").join(keys)


def _range_words(state: DeskState) -> Text:
    if aside := to_set_aside(state):
        first = tr("x sets {n} aside as not reviewed", n=len(aside))
    elif up := to_take_up(state):
        first = tr("x takes {n} up again", n=len(up))
    else:
        first = tr("everything in this range has an answer")
    return Text.assemble((f"{first}\n", TONES["notice"]), (tr("v or esc ends the range"), TONES["muted"]))
