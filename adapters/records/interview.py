"""What the patient told: wide in time, and never more certain than they were."""

from adapters.records.intake import Intake, RowSource
from adapters.records.position import locate
from adapters.records.row import Row
from adapters.records.schema import POSITION, UNCERTAINTY, Schema
from engine.domain.interval import Interval
from engine.domain.record import Source

SIGMA_SURE_S = 1800.0  # memory is taken to err by 30 to 60 min; the smaller for a patient who is certain
SIGMA_UNSURE_S = 3600.0
SURE = 0.9
RADIUS_M = 50.0
CERTAINTY = {
    "certain": "0.9",
    "확실": "0.9",
    "likely": "0.7",
    "보통": "0.7",
    "unsure": "0.4",
    "불확실": "0.4",
}
"""Odds a person means by the word; ours, not measured. A number 0..1 may stand there instead."""

MASKS = {
    "yes": "mask worn",
    "예": "mask worn",
    "착용": "mask worn",
    "no": "no mask",
    "아니오": "no mask",
    "미착용": "no mask",
    "partly": "mask partly worn",
    "일부": "mask partly worn",
}


class InterviewRecords(RowSource):
    """A stay at a place, found through the gazetteer. Companions are kept as a number only: their
    names are other people's data. Without an end nobody said how long: some time from ``start`` on,
    or some time on that day. A statement changed later is another file; both stay."""

    source = Source.INTERVIEW
    schema = Schema(
        required=("start",),
        one_of=(("place", "place_id", "address", "lat"),),
        optional=("end", "certainty", "mask", "companions", *POSITION, *UNCERTAINTY),
    )

    def read(self, row: Row, intake: Intake) -> None:
        row.required("start")
        interval = _stay(row)
        certainty = _certainty(row)
        notes = [] if row.text("end") else ["end not told"]
        if mask := row.word("mask", MASKS):
            notes.append(mask)
        if companions := row.text("companions"):
            if companions.isascii() and companions.isdigit() and len(companions) <= 3:
                notes.append(f"with {int(companions)} others" if int(companions) else "alone")
            else:
                intake.drop("text about companions")
                notes.append("with others")
        position = locate(
            row, intake.places, ids=("place_id",), texts=("place", "address"), least_radius_m=RADIUS_M
        )
        intake.take(
            row,
            interval,
            position,
            sigma_s=SIGMA_SURE_S if certainty >= SURE else SIGMA_UNSURE_S,
            note=", ".join(notes),
            moment=not row.text("end"),
            certainty=certainty,
        )


def _stay(row: Row) -> Interval:
    """From ``start`` to ``end``; a date alone is that whole local day."""
    ends = []
    for column in ("start", "end"):
        text = row.text(column)
        day = row.day(column) if 0 < len(text) <= 10 else None
        ends.append(row.whole_day(day, column) if day is not None else row.moment(column))
    start, end = ends
    if start is None:
        raise row.wrong("start", "is empty", "every row needs it")
    if end is None:
        return start
    if end.end < start.start:
        raise row.wrong("end", "lies before start", "check the two times and their day")
    return Interval(start=start.start, end=max(start.end, end.end))


def _certainty(row: Row) -> float:
    """0..1; without a word of the patient it counts as ``likely``."""
    text = row.text("certainty")
    if text[:1].isdigit():
        value = row.number("certainty", 0, 1)
        return 0.7 if value is None else value
    return float(row.word("certainty", CERTAINTY) or CERTAINTY["likely"])
