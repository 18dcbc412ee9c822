"""What the fake engine does with candidates beside views and answers: notes, second eyes, ranges, clips."""

from abc import ABC, abstractmethod
from datetime import timedelta

import msgspec

from engine.api.client import EngineSaysNo
from engine.api.review_schema import Clip
from engine.api.schema import CandidateView, Hello, TraceDetail
from tests.screens.invented import frame, picture

CLIP_RATE_HZ = 5.0
CLIP_FRAMES = 20


class FakeReview(ABC):
    """Notes what it was asked for in ``notes``, ``wished``, ``ranges``, ``looked`` and ``clips``;
    ``clip_refusal`` is raised instead of a clip."""

    details: dict[str, TraceDetail]
    greeting: Hello
    refusal: EngineSaysNo | None

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self.notes: list[tuple[str, str]] = []
        self.wished: list[tuple[str, bool]] = []
        self.ranges: list[tuple[str, tuple[str, ...], bool]] = []
        self.clips: list[str] = []
        self.clip_refusal: EngineSaysNo | None = None
        self.withheld: dict[str, TraceDetail] = {}
        self.looked: list[str] = []

    async def note(self, candidate_id: str, text: str, *, version: int) -> CandidateView:
        self._willing()
        self._newest(candidate_id, version)
        self.notes.append((candidate_id, text))
        return self._set(candidate_id, note=text, noted_by=self.greeting.person if text else "")

    async def want_second(self, candidate_id: str, *, wanted: bool = True) -> CandidateView:
        self._willing()
        self.wished.append((candidate_id, wanted))
        return self._set(candidate_id, second_wanted_by=self.greeting.person if wanted else "")

    async def set_aside(
        self, trace_id: str, candidate_ids: tuple[str, ...], *, aside: bool = True
    ) -> TraceDetail:
        self._willing()
        for candidate_id in candidate_ids:
            if self._candidate(candidate_id).answer is not None:
                line = f"candidate {candidate_id} has an answer; leave it out of the range"
                raise EngineSaysNo(403, "refused", line)
        self.ranges.append((trace_id, candidate_ids, aside))
        for candidate_id in candidate_ids:
            self._set(candidate_id, aside=aside)
        return self.details[trace_id]

    def withhold(self, trace_id: str) -> None:
        """A second reviewer is wanted, whom this person may be: what others answered is kept for later."""
        self.withheld[trace_id] = self.details[trace_id]
        for candidate in self.details[trace_id].candidates:
            self._set(candidate.candidate_id, answer=None, decided_by="", decided_at=None, support="")
        self._set(self.details[trace_id].candidates[0].candidate_id, second_wanted_by="kim")
        self.details[trace_id] = msgspec.structs.replace(self.details[trace_id], withheld=True)

    async def see_answers(self, trace_id: str) -> TraceDetail:
        self._willing()
        self.looked.append(trace_id)
        self.details[trace_id] = self.withheld.pop(trace_id)
        return self.details[trace_id]

    async def clip(self, candidate_id: str) -> Clip:
        """Twenty frames around the sighting, the head moving across the street."""
        self._willing()
        if self.clip_refusal is not None:
            raise self.clip_refusal
        self.clips.append(candidate_id)
        start = self._candidate(candidate_id).start
        look = ("patient", "alike", "other")[sum(candidate_id.encode()) % 3]
        frames = []
        for number in range(CLIP_FRAMES):
            shown = picture("clip", frame(look, aside_px=6 * (number - CLIP_FRAMES // 2)), 32.0)
            at = start + timedelta(seconds=number / CLIP_RATE_HZ - 2.0)
            frames.append(msgspec.structs.replace(shown, at=at))
        return Clip(candidate_id=candidate_id, rate_hz=CLIP_RATE_HZ, frames=tuple(frames))

    def _willing(self) -> None:
        self._there()
        if self.refusal is not None:
            raise self.refusal

    @abstractmethod
    def _there(self) -> None: ...

    @abstractmethod
    def _newest(self, candidate_id: str, version: int) -> None: ...

    @abstractmethod
    def _candidate(self, candidate_id: str) -> CandidateView: ...

    @abstractmethod
    def _set(self, candidate_id: str, **given: object) -> CandidateView: ...
