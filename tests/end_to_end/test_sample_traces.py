"""The main job on real clips and models: ten traces at once, from case folders to the result."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "configs" / "sample"
CLIPS = {
    "A": ("asl_again", "asl_help"),
    "B": ("asl_milk", "asl_please"),
    "C": ("asl_learn",),
    "D": ("asl_night",),
    "G": ("grid_pwij3p",),
}
FIRST_FRAME = {
    "cam1": datetime(2026, 3, 2, 3, 0, tzinfo=UTC),
    "cam2": datetime(2026, 3, 2, 3, 10, tzinfo=UTC),
}
PSS_LIMIT = 1.5 * 2**30


class Run:
    """What ten traces gave, and the most memory that all processes together held."""

    def __init__(self, result: dict[str, Any], peak_pss: int) -> None:
        self.result = result
        self.peak_pss = peak_pss
        self.traces = {trace["case"]: trace for trace in result["traces"]}


@pytest.fixture(scope="module")
def run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("sample") / "out.json"
    cases = sorted(str(case) for case in (SAMPLE / "cases").iterdir())
    command = [sys.executable, "-m", "tui.cli", "trace", *cases, "--headless", "--json", str(out)]
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        peak = max(peak, pss_of(process))
        try:
            process.wait(0.3)
        except psutil.TimeoutExpired:
            continue
    said = process.stderr.read().decode() if process.stderr else ""
    assert process.returncode == 0, said
    return Run(json.loads(out.read_text()), peak)


def pss_of(process: psutil.Process) -> int:
    """Proportional set size of a process and all below it, in bytes."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += member.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def true_events(shared: Path) -> list[tuple[str, str, datetime, datetime]]:
    """(camera, person, from, to) of the two timelines, in true time."""
    events = []
    for camera, first in FIRST_FRAME.items():
        truth = json.loads((shared / "footage" / f"{camera}_timeline.truth.json").read_text())
        for event in truth["events"]:
            from_, to = (first + timedelta(seconds=event[key]) for key in ("start_s", "end_s"))
            events.append((camera, event["person"], from_, to))
    return events


def whose(candidate: dict[str, Any], events: list[tuple[str, str, datetime, datetime]]) -> set[str]:
    """Everybody whose event a candidate overlaps; single-person clips belong to their person."""
    start, end = (datetime.fromisoformat(candidate[key]) for key in ("start", "end"))
    seen = {p for c, p, a, b in events if c == candidate["camera"] and a <= end and start <= b}
    return seen | {p for p, clips in CLIPS.items() if candidate["camera"] in clips}


@pytest.mark.parametrize("case", sorted([*CLIPS, *(f"{person}-masked" for person in CLIPS)]))
def test_every_true_sighting_of_a_patient_leads_everybody_elses(run: Run, shared: Path, case: str) -> None:
    person, margin = case[0], 0.0 if case.endswith("masked") else 2.0
    events = true_events(shared)
    candidates = run.traces[case]["candidates"]
    own = [c for c in candidates if person in whose(c, events)]
    others = [c for c in candidates if whose(c, events) - {person} or not whose(c, events)]
    best_other = max((c["llr"] for c in others), default=-1000.0)
    for camera, who, start, end in events:
        if who != person:
            continue
        there = [
            c
            for c in own
            if c["camera"] == camera
            and datetime.fromisoformat(c["start"]) <= end
            and start <= datetime.fromisoformat(c["end"])
        ]
        assert there, f"{camera} at {start} was missed"
        assert max(c["llr"] for c in there) > best_other + margin
    for clip in CLIPS[person]:
        assert max(c["llr"] for c in own if c["camera"] == clip) > best_other + margin
    assert not any(c["infeasible"] for c in own)


def test_reported_times_are_true_times_also_of_the_camera_whose_clock_is_fast(run: Run, shared: Path) -> None:
    for camera, who, start, end in true_events(shared):
        found = [c for c in run.traces[who]["candidates"] if c["camera"] == camera]
        near = min(found, key=lambda c: abs(datetime.fromisoformat(c["start"]) - start))
        assert abs(datetime.fromisoformat(near["start"]) - start) < timedelta(seconds=0.5)
        assert abs(datetime.fromisoformat(near["end"]) - end) < timedelta(seconds=0.5)


def test_people_from_behind_yield_no_candidate_and_their_clip_was_scanned(run: Run) -> None:
    for trace in run.traces.values():
        assert not any(c["camera"].startswith("one-by-one") for c in trace["candidates"])
        assert trace["windows"] == 18
        assert trace["frames"] > 140


def test_ten_traces_run_at_once_and_each_has_a_window_early(run: Run) -> None:
    assert run.result["peak_concurrent"] == 10
    began = min(datetime.fromisoformat(t["started"]) for t in run.traces.values())
    for trace in run.traces.values():
        waited = (datetime.fromisoformat(trace["started"]) - began).total_seconds()
        assert waited + trace["first_window_s"] < 0.3 * run.result["wall_s"]


def test_memory_of_all_processes_stays_below_its_bound(run: Run) -> None:
    assert 0 < run.peak_pss < PSS_LIMIT


def test_without_decisions_visits_come_from_records_and_nobody_was_exposed(run: Run) -> None:
    for trace in run.traces.values():
        assert trace["state"] == "awaiting_review"
        assert trace["visits"]
        assert {v["basis"] for v in trace["visits"]} == {"record"}
        assert trace["exposures"] == []


def test_the_result_has_the_promised_shape(run: Run) -> None:
    assert {"wall_s", "peak_concurrent", "profile", "traces"} <= run.result.keys()
    assert run.result["profile"] == "rehearsal"
    promised = {"case", "state", "started", "first_candidate_s", "finished", "wall_s", "windows", "frames"}
    promised |= {"cannot_assess", "candidates", "visits", "exposures"}
    fields = {"camera", "start", "end", "llr", "mask", "inter_eye_px", "infeasible"}
    for trace in run.traces.values():
        assert promised <= trace.keys()
        for candidate in trace["candidates"]:
            assert fields <= candidate.keys()
            assert candidate["start"].endswith("Z")
            assert isinstance(candidate["llr"], float)
            assert isinstance(candidate["infeasible"], bool)
