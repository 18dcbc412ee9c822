"""Paper rosters: a date that must be readable and an hour that often is not."""

import re
from datetime import date, datetime, timedelta

from adapters.records.intake import Intake, RowSource
from adapters.records.position import locate
from adapters.records.row import Row
from adapters.records.schema import POSITION, UNCERTAINTY, Schema
from engine.domain.interval import Interval
from engine.domain.record import Source

SIGMA_S = 1800.0  # what people write is taken to err by 15 to 30 min; the larger one
RADIUS_M = 30.0
_TIME = re.compile(r"([01]?\d|2[0-3])[:시]\s?([0-5]\d)(?::[0-5]\d)?분?")
_HOUR = re.compile(r"([01]?\d|2[0-3])\s?[:시].{0,6}")


class RosterRecords(RowSource):
    """``date`` and ``time`` of a line: one moment. An hour without readable minutes puts it somewhere
    in that hour, a time that cannot be read somewhere in the day; a date that cannot be read is no
    record at all."""

    source = Source.ROSTER
    schema = Schema(
        required=("date", "time"),
        one_of=(("facility_id", "facility", "address", "place_id", "lat"),),
        optional=(*POSITION, *UNCERTAINTY),
    )

    def read(self, row: Row, intake: Intake) -> None:
        if not any(sign.isdigit() for sign in row.text("date")):
            intake.drop("illegible date")
            intake.warn(row, "the date cannot be read; the line is left out")
            return
        day = row.day("date")
        if day is None:
            return
        position = locate(
            row,
            intake.places,
            ids=("place_id", "facility_id"),
            texts=("address", "facility"),
            least_radius_m=RADIUS_M,
        )
        interval, sigma_s, note = _when(row, day)
        if note:
            intake.warn(row, note)
        intake.take(row, interval, position, sigma_s=sigma_s, note=note, moment=True)


def _when(row: Row, day: date) -> tuple[Interval, float, str]:
    text = row.text("time")
    if exact := _TIME.fullmatch(text):
        at = datetime.combine(day, datetime.min.time()).replace(hour=int(exact[1]), minute=int(exact[2]))
        return row.span(at, at, "time"), SIGMA_S, ""
    if hour := _HOUR.fullmatch(text):
        at = datetime.combine(day, datetime.min.time()).replace(hour=int(hour[1]))
        return row.span(at, at + timedelta(hours=1), "time"), SIGMA_S, "minutes illegible"
    return row.whole_day(day, "date"), 0.0, "time illegible, whole day"
