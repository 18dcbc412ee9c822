import json
from datetime import timedelta
from typing import Any

import msgspec

from engine.api.client import encode
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from engine.domain.track import MaskState
from tests.screens.fake_engine import HELLO, a_candidate, a_detail, at
from tui.commands.trace_result import result

KEYS = {
    "case", "state", "started", "first_window_s", "first_candidate_s", "finished", "wall_s", "windows",
    "frames", "cannot_assess", "candidates", "visits", "exposures", "message", "left_out", "problems",
}  # fmt: skip


def written(*details: Any) -> Any:
    return json.loads(encode(result(HELLO, details)))


def with_times(case: str, started: float | None, finished: float | None) -> Any:
    detail = a_detail(case)
    trace = msgspec.structs.replace(
        detail.trace,
        started=None if started is None else at(started),
        finished=None if finished is None else at(finished),
    )
    return msgspec.structs.replace(detail, trace=trace)


def test_the_keys_that_machines_rely_on_are_there() -> None:
    whole = written(a_detail("A"))
    assert {"wall_s", "peak_concurrent", "profile", "traces"} <= whole.keys()
    assert whole["profile"] == "rehearsal"
    (trace,) = whole["traces"]
    assert trace.keys() >= KEYS
    keys = {"camera", "start", "end", "llr", "mask", "inter_eye_px", "infeasible"}
    assert trace["candidates"][0].keys() >= keys


def test_times_are_iso_8601_in_utc() -> None:
    (trace,) = written(a_detail("A"))["traces"]
    assert trace["candidates"][0]["start"] == "2026-03-02T03:07:00Z"
    assert trace["started"].endswith("Z")


def test_seconds_run_from_the_start_of_each_trace() -> None:
    detail = a_detail("A")
    trace = msgspec.structs.replace(
        detail.trace, started=at(1), first_window=at(1) + timedelta(seconds=3), first_candidate=None
    )
    (found,) = written(msgspec.structs.replace(detail, trace=trace))["traces"]
    assert found["first_window_s"] == 3.0
    assert found["first_candidate_s"] is None


def test_the_peak_counts_traces_that_run_at_one_instant() -> None:
    whole = written(with_times("A", 0, 2), with_times("B", 1, 3), with_times("C", 2, 4))
    assert whole["peak_concurrent"] == 2, "A ended in the instant in which C began"
    assert whole["wall_s"] == 240.0


def test_a_trace_that_never_started_has_no_times_and_does_not_count() -> None:
    whole = written(with_times("A", None, None))
    assert whole["wall_s"] == 0.0
    assert whole["peak_concurrent"] == 0
    assert whole["traces"][0]["wall_s"] is None


def test_states_masks_and_answers_are_words() -> None:
    detail = msgspec.structs.replace(
        a_detail("A"),
        candidates=(
            a_candidate(1, mask=MaskState.MASKED, answer=Answer.NOT_SAME, infeasible="9 km in 1 min"),
        ),
    )
    trace = msgspec.structs.replace(detail.trace, state=TraceState.STOPPED_AUTHORISATION)
    (found,) = written(msgspec.structs.replace(detail, trace=trace))["traces"]
    assert found["state"] == "stopped_authorisation"
    (candidate,) = found["candidates"]
    assert (candidate["mask"], candidate["answer"]) == ("masked", "not_same")
    assert candidate["infeasible"] is True
    assert candidate["why_infeasible"] == "9 km in 1 min"
