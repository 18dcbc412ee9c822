"""A desk that stands still while somebody reads: what comes meanwhile is counted, and taken in when asked."""

from collections.abc import Sequence
from dataclasses import replace

from engine.api.schema import CandidateView, TraceView
from tui.state import DeskState, Frozen, fingerprint, taken_in


def frozen(state: DeskState, rows: Sequence[TraceView]) -> DeskState:
    """Rows and candidates stay as they are shown now."""
    return replace(state, frozen=Frozen(rows=tuple(rows)))


def took_in(state: DeskState, rows: Sequence[TraceView]) -> DeskState:
    """Show what has come since, and stand still again."""
    return thawed(state) if state.frozen is None else frozen(thawed(state), rows)


def thawed(state: DeskState) -> DeskState:
    """Show what has come since, and move with it from now on."""
    newer = None if state.frozen is None else state.frozen.newer
    state = replace(state, frozen=None)
    return state if newer is None else taken_in(state, newer)


def shown_rows(state: DeskState, rows: Sequence[TraceView]) -> tuple[TraceView, ...]:
    """The rows as they are to be shown, of those that stand now."""
    return tuple(rows) if state.frozen is None else state.frozen.rows


def waiting(state: DeskState, rows: Sequence[TraceView]) -> int:
    """How many rows and candidates differ from what is shown: changed, new or gone. How far a machine has
    come is no news, and neither are the person's own answers to what is on the card."""
    if state.frozen is None:
        return 0
    mine = state.trace_id
    before = {row.trace_id: _row(row, mine) for row in state.frozen.rows}
    count = _differing(before, {row.trace_id: _row(row, mine) for row in rows})
    if state.frozen.newer is not None:
        shown = {c.candidate_id: _facts(c) for c in state.candidates}
        count += _differing(shown, {c.candidate_id: _facts(c) for c in state.frozen.newer.candidates})
    return count


def _row(row: TraceView, mine: str) -> tuple[object, ...]:
    """Of the trace on the card its candidates are counted one by one."""
    return (row.trace_id, row.state) if row.trace_id == mine else fingerprint(row)


def _facts(candidate: CandidateView) -> tuple[object, ...]:
    return (candidate.version, candidate.answer, candidate.second_answer, candidate.aside, candidate.note)


def _differing(before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]]) -> int:
    return sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
