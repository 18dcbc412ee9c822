"""Whose turn it is among the traces that wait for a worker."""

from itertools import islice

from engine.schedule.waiting import Wanted

TRACES_PER_SCAN = 10


class Turns:
    """Traces take turns in rounds, also where they share every window, so each one's most promising
    window comes soon. Who comes newly joins the round that is going on: it waits for a turn or two of
    each of the others, and however many keep coming, none of these waits for longer.

    Only of those who wait is anything remembered.
    """

    def __init__(self) -> None:
        self.led: dict[str, int] = {}  # by trace: the round in which it is its turn again
        self._begun: set[str] = set()  # traces that have had a window, a shared one too
        self._round = 0

    def take(self, waiting: list[Wanted]) -> list[Wanted]:
        """Take out of ``waiting`` the next window of the trace whose turn it is, and everybody who waits
        for the same camera in the same ten minutes. Of those without any window, who has the shortest
        comes first: a person then has something to look at."""
        here = {wanted.request.trace_id for wanted in waiting}
        self.led = {trace_id: self.led.get(trace_id, self._round) for trace_id in here}
        self._begun &= here
        first = min(waiting, key=self._turn)
        self.led[first.request.trace_id] += 1
        self._round = max(self._round, self.led[first.request.trace_id])
        same = [w for w in waiting if w.reading == first.reading and w is not first]
        # all windows of a trace in these minutes: footage with pauses has many, and others have them too
        traces = dict.fromkeys([first.request.trace_id, *(w.request.trace_id for w in same)])
        kept = set(islice(traces, TRACES_PER_SCAN))
        group = [first, *(w for w in same if w.request.trace_id in kept)]
        for wanted in group:
            waiting.remove(wanted)
            self._begun.add(wanted.request.trace_id)
        return group

    def _turn(self, wanted: Wanted) -> tuple[int, float]:
        trace_id = wanted.request.trace_id
        new = trace_id not in self._begun
        return self.led[trace_id], wanted.request.window.interval.duration_s if new else 0.0
