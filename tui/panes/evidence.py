"""What there is to go on about a candidate, in words: evidence for everybody, the model's opinion and what
others wrote in its place."""

from datetime import tzinfo

from rich.text import Text

from engine.api.schema import CandidateView
from tui.casework.sightings import conflicts
from tui.language.catalogue import tr
from tui.language.words import ANSWERS, MASKS, about, day, span
from tui.panes.lines import LinesPane, wrapped
from tui.state import DeskState, is_own, own_answer
from tui.terminal.theme import TONES

BULLET = "· "


class WordsPane(LinesPane):
    """Paragraphs folded to the width; what follows a bullet stays in line with it."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._paragraphs: list[Text] = []
        self._about = ""
        self._folded_from: tuple[object, ...] = ()
        self._folded: list[Text] = []

    def show(self, paragraphs: list[Text], about: str) -> None:
        """``about``: id of the candidate; the words about another one are read from the top."""
        self._paragraphs = paragraphs
        if about != self._about:
            self._about = about
            self.scroll_to(y=0, animate=False, immediate=True)
        self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        """Folded once for as long as the same words stand there: a note may be long."""
        stand = (width, *((p.plain, p.style, tuple(p.spans)) for p in self._paragraphs))
        if stand != self._folded_from:
            self._folded_from = stand
            self._folded = [
                line
                for paragraph in self._paragraphs
                for line in wrapped(paragraph, width, indent=2 if paragraph.plain.startswith(BULLET) else 0)
            ]
        return self._folded


def words_of(state: DeskState, candidate: CandidateView, zone: tzinfo) -> list[Text]:
    """All of it, in the order in which it is read. Before the answer it is evidence, and after it what the
    model says comes first."""
    return [
        *_warnings(state, candidate),
        *where_and_when(candidate, zone),
        *_opinion_of(state, candidate),
        *evidence_of(candidate),
        *margin_of(candidate),
    ]


def where_and_when(candidate: CandidateView, zone: tzinfo) -> list[Text]:
    camera = candidate.camera_name or candidate.camera_id
    where = Text.assemble((camera, TONES["strong"]), "  ", candidate.place or tr("place not available"))
    when = f"{day(candidate.start, zone)}  {span(candidate.start, candidate.end, zone)}  "
    return [where, Text(when + about(candidate.sigma_s), style=TONES["muted"])]


def evidence_of(candidate: CandidateView) -> list[Text]:
    """The engine's sentences; where it has none, what is known of size, mask and journey, each said to be
    missing where it is."""
    lines = []
    if candidate.infeasible:
        lines.append(Text.assemble((tr("‼ impossible journey: "), TONES["alarm"]), candidate.infeasible))
    said = [sentence for sentence in candidate.evidence if sentence != candidate.infeasible]
    return [*lines, *_bullets(said or _bare(candidate))]


def _bare(candidate: CandidateView) -> list[str]:
    missing = tr("not available")
    px = f"{candidate.inter_eye_px:.0f}"
    size = tr("{px} px between the eyes", px=px) if candidate.inter_eye_px > 0 else missing
    said = [tr("size: {size}", size=size), tr("mask: {mask}", mask=tr(MASKS[candidate.mask]))]
    if not candidate.infeasible:
        said.append(tr("journey: {journey}", journey=missing))
    return said


def margin_of(candidate: CandidateView) -> list[Text]:
    """Note, wish for a second reviewer, and whether nobody looks at it for now."""
    lines = []
    if candidate.aside:
        lines.append(Text(tr("◌ set aside: not reviewed"), style=TONES["notice"]))
    if candidate.second_wanted_by:
        words = tr("◇ second reviewer wanted by {who}", who=candidate.second_wanted_by)
        lines.append(Text(words, style=TONES["notice"]))
    if candidate.note:
        by = candidate.noted_by or tr("not available")
        lines.append(Text.assemble((tr("✎ note by {who}: ", who=by), TONES["strong"]), candidate.note))
    return lines


def _opinion_of(state: DeskState, candidate: CandidateView) -> list[Text]:
    """What another person answered and the model's further words, only to who has answered."""
    mine = own_answer(state, candidate)
    if mine is None:
        return []
    other, by = candidate.second_answer, candidate.second_by
    if not is_own(state, candidate):
        other, by = candidate.answer, candidate.decided_by
    lines = []
    if other is not None:
        said = f"{by}: {ANSWERS[other].glyph} {tr(ANSWERS[other].word)}"
        lines.append(Text(said, style=TONES["plain" if other is mine else "notice"]))
    if not candidate.opinion:
        return lines
    return [
        *lines,
        Text(tr("the model, after your answer"), style=TONES["strong"]),
        *_bullets(candidate.opinion),
    ]


def _warnings(state: DeskState, candidate: CandidateView) -> list[Text]:
    lines = []
    if state.detail is not None and state.detail.blind:
        words = tr("you are the second reviewer: first answers are hidden")
        lines.append(Text(words, style=TONES["notice"]))
    for conflict in conflicts(state):
        if candidate.candidate_id in (conflict.first_id, conflict.second_id):
            words = tr("‼ contradicts another confirmed sighting (C): {because}", because=conflict.because)
            lines.append(Text(words, style=TONES["alarm"]))
    return lines


def _bullets(sentences: list[str] | tuple[str, ...]) -> list[Text]:
    return [Text.assemble((BULLET, TONES["muted"]), sentence) for sentence in sentences]
