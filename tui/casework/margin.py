"""What stands beside a candidate and is no answer: a note, the wish for a second reviewer, being that one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import CandidateView
from tui.casework.triage import CHANGED, Triage
from tui.language.catalogue import tr
from tui.port import Engine
from tui.state import DeskState, own_answer, with_reply


class Margin:
    """``drafts`` holds notes that were begun and not kept, by candidate; they live as long as the desk."""

    def __init__(self, engine: Engine, triage: Triage, say: Callable[[str, str], None]) -> None:
        self._engine = engine
        self._triage = triage
        self._say = say
        self.drafts: dict[str, str] = {}

    def draft(self, candidate: CandidateView) -> str:
        """What the field for the note begins with."""
        return self.drafts.get(candidate.candidate_id, candidate.note)

    async def note(self, candidate: CandidateView, text: str) -> bool:
        """Write the note down as it was seen; one that somebody changed meanwhile is not written over, and
        what was typed is kept as a draft."""
        self.drafts[candidate.candidate_id] = text
        asked = self._engine.note(candidate.candidate_id, text, version=candidate.version)
        if await self._asked(asked, candidate.trace_id):
            if self.drafts.get(candidate.candidate_id) == text:  # else it was written on meanwhile
                del self.drafts[candidate.candidate_id]
            self._say(tr("note kept") if text else tr("note taken away"), "good")
            return True
        return False

    async def want_second(self, candidate: CandidateView) -> bool:
        """Wish for a second, blind reviewer, or take that wish back."""
        wanted = not candidate.second_wanted_by
        asked = self._engine.want_second(candidate.candidate_id, wanted=wanted)
        if await self._asked(asked, candidate.trace_id):
            said = (
                tr("a second reviewer is wanted here") if wanted else tr("no second reviewer is wanted here")
            )
            self._say(said, "good")
            return True
        return False

    async def be_second(self, trace_id: str) -> bool:
        """Become the second reviewer of the trace; from now on first answers are hidden."""
        words = tr("you are the second reviewer: first answers are hidden")
        return await self._read_anew(trace_id, self._engine.second_review(trace_id), words)

    async def see_answers(self, trace_id: str) -> bool:
        """Do not become the second reviewer; from now on first answers are shown."""
        words = tr("first answers are shown: you cannot be the second reviewer")
        return await self._read_anew(trace_id, self._engine.see_answers(trace_id), words)

    async def _read_anew(self, trace_id: str, reply: Awaitable[object], words: str) -> bool:
        """What was shown of others before goes at once, on a frozen desk too."""
        try:
            await reply
        except EngineAway:
            self._say(tr("the engine did not reply: ask again when it is back"), "alarm")
            return False
        except EngineSaysNo as refusal:
            self._say(str(refusal), "alarm")
            return False
        if trace_id == self._triage.state.trace_id:
            self._triage.become(replace(self._triage.state, detail=None, range_from=""))
        await self._triage.open(trace_id)
        self._say(words, "good")
        return True

    async def _asked(self, reply: Awaitable[CandidateView], trace_id: str) -> bool:
        try:
            candidate = await reply
        except EngineAway:
            self._say(tr("the engine did not reply: ask again when it is back"), "alarm")
            return False
        except EngineSaysNo as refusal:
            if refusal.status == CHANGED:
                await self._triage.open(trace_id)
            self._say(str(refusal), "alarm")
            return False
        self._triage.become(with_reply(self._triage.state, candidate))
        return True


def why_not_second(state: DeskState) -> str:
    """ "" where this person may become the second reviewer of the trace, as far as the desk can tell."""
    if state.detail is None:
        return tr("no trace is open")
    if state.detail.blind:
        return tr("you are the second reviewer already")
    if any(own_answer(state, c) is not None for c in state.candidates):
        return tr("you have answered here: a second reviewer has not")
    if not any(c.second_wanted_by not in ("", state.person) for c in state.candidates):
        return tr("nobody else wants a second reviewer here")
    return ""


def why_not_see(state: DeskState) -> str:
    """ "" where first answers are withheld from this person, who may choose to see them."""
    if state.detail is None:
        return tr("no trace is open")
    return "" if state.withheld else tr("no answers are withheld from you here")
