"""Truth against trace at the end of a demo: a table for people, figures for machines.

The figures are defined in ``adapters.city.score``.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from engine.api.schema import TraceDetail
from tui.commands.demo_reviewer import Reviewed

if TYPE_CHECKING:
    from adapters.city.facts import Truth
    from adapters.city.score import Figures, Score

PIPE_COLUMNS = 110
COLUMNS = (
    "patient",
    "places\nvisited",
    "told by\nrecords",
    "found\nat all",
    "wrongly\nseen",
    "wrong\nrecords",
    "only on\ncamera",
    "faces\nfound",
    "false\nfaces",
    "people\nnear",
    "camera\nhours",
)
READING = (
    "Places visited: how many of them records tell, and how many the trace found at all. Wrongly seen and"
    " wrong records: visits of the trace that never happened. Only on camera: of the places that no record"
    " tells and a camera saw, those found. Faces found, people near: of those that could be made out in the"
    " footage that was looked at."
)


class CaseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One patient's part. ``traced`` is false where there was no trace of theirs to compare."""

    case: str
    traced: bool
    visits_true: int
    visits_records: int
    visits_found: int
    visits_wrong: int
    visits_wrong_records: int
    recoverable: int
    recovered: int
    sightings_recorded: int
    sightings_true_bare: int
    sightings_found_bare: int
    sightings_true_masked: int
    sightings_found_masked: int
    candidates: int
    false_candidates: int
    contacts_true: int
    contacts_found: int
    camera_hours_opened: float


class TruthResult(msgspec.Struct, frozen=True, kw_only=True):
    """The ``truth`` of the JSON of a demo; its shape is stable: fields are added, never changed.

    ``camera_hours_opened`` is summed over the traces, ``camera_hours_once`` counts shared footage once.
    ``reviewer`` is ``simulated`` where a program answered, ``none`` where nobody was asked to.
    """

    visits_true: int
    visits_records: int
    visits_found: int
    visits_wrong: int
    recoverable: int
    recovered: int
    contacts_true: int
    contacts_found: int
    camera_hours_opened: float
    camera_hours_city: float
    false_candidates_per_trace: float
    visits_wrong_records: int
    sightings_recorded: int
    sightings_true_bare: int
    sightings_found_bare: int
    sightings_true_masked: int
    sightings_found_masked: int
    candidates: int
    false_candidates: int
    camera_hours_once: float
    traces: int
    reviewer: str
    review: Reviewed | None
    patients: tuple[CaseFigures, ...]


def compared(truth: "Truth", details: Sequence[TraceDetail]) -> "Score":
    """What these traces found of what there was to be found."""
    from adapters.city.score import score

    return score(truth, details)


def truth_result(found: "Score", reviewed: Reviewed | None) -> TruthResult:
    figures = {
        **_rounded(found.total),
        "camera_hours_city": round(found.camera_hours_city, 3),
        "camera_hours_once": round(found.camera_hours_once, 3),
        "false_candidates_per_trace": round(found.false_candidates_per_trace, 3),
        "traces": found.traces,
        "reviewer": reviewed.reviewer if reviewed else "none",
        "review": reviewed,
        "patients": [{"case": p.case_id, "traced": p.traced, **_rounded(p.figures)} for p in found.patients],
    }
    return msgspec.convert(figures, TruthResult)


def truth_table(found: "Score", reviewed: Reviewed | None) -> Group:
    """At most a hundred columns wide: a row a patient, their sum, and how to read it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in COLUMNS:
        table.add_column(heading, justify="left" if heading == "patient" else "right", vertical="bottom")
    for patient in found.patients:
        name = patient.case_id if patient.traced else f"{patient.case_id} (no trace)"
        table.add_row(Text(name), *_cells(patient.figures))
    total = found.total
    table.add_row(Text("all"), *_cells(total), style="bold")
    footage = (
        f"Footage looked at: {found.camera_hours_once:.1f} camera hours, of the"
        f" {found.camera_hours_city:.0f} that all cameras could record in that time."
    )
    faces = (
        f"Faces found: {_of(total.sightings_found_bare, total.sightings_true_bare)} bare,"
        f" {_of(total.sightings_found_masked, total.sightings_true_masked)} masked;"
        f" {found.false_candidates_per_trace:.1f} false ones a trace."
    )
    return Group(
        table,
        Text(""),
        Text(faces),
        Text(footage),
        Text(_who_answered(reviewed), style="bold"),
        Text(READING, style="dim"),
    )


def print_truth(
    truth: "Truth", details: Sequence[TraceDetail], reviewed: Reviewed | None, *, demo_models: bool = False
) -> None:
    """The table on standard output."""
    console = Console()
    if not console.is_terminal:  # a row is a line, for whatever reads the pipe
        console = Console(width=PIPE_COLUMNS)
    console.print()
    mark = " (DEMO MODELS)" if demo_models else ""
    console.print(Text(f"What was found of what there was{mark}", style="bold"))
    console.print(truth_table(compared(truth, details), reviewed))


def _who_answered(reviewed: Reviewed | None) -> str:
    if reviewed is None:
        return "No simulated reviewer: what is found by cameras is what people have confirmed so far."
    return (
        f"A program answered in the place of a reviewer: {reviewed.answered} answers from the truth,"
        f" {reviewed.mistakes} of them wrong on purpose."
    )


def _cells(figures: "Figures") -> tuple[str, ...]:
    return (
        str(figures.visits_true),
        str(figures.visits_records),
        str(figures.visits_found),
        str(figures.visits_wrong),
        str(figures.visits_wrong_records),
        _of(figures.recovered, figures.recoverable),
        _of(
            figures.sightings_found_bare + figures.sightings_found_masked,
            figures.sightings_true_bare + figures.sightings_true_masked,
        ),
        str(figures.false_candidates),
        _of(figures.contacts_found, figures.contacts_true),
        f"{figures.camera_hours_opened:.1f}",
    )


def _of(found: int, there: int) -> str:
    return f"{found} of {there}"


def _rounded(figures: "Figures") -> dict[str, int | float]:
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in msgspec.structs.asdict(figures).items()
    }
