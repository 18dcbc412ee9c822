"""Transit cards: each tag is a place and a time of its own; the ride between has no place."""

from adapters.records.intake import Intake, RowSource
from adapters.records.position import Position, locate
from adapters.records.row import Row
from adapters.records.schema import UNCERTAINTY, Schema
from engine.domain.interval import Interval
from engine.domain.record import Source

SIGMA_S = 5.0  # the vehicle's clock
RADIUS_M = 60.0  # a stop has two sides and the tag is read while moving


class TransitRecords(RowSource):
    """One row gives a record for boarding and one for getting off. Without a tag-off there is
    only the first, and nothing is assumed about the end of the ride."""

    source = Source.TRANSIT
    schema = Schema(
        required=("on_at",),
        one_of=(("stop_on", "stop_on_id"),),
        optional=("mode", "line", "stop_off", "stop_off_id", "off_at", *UNCERTAINTY),
    )

    def read(self, row: Row, intake: Intake) -> None:
        row.required("on_at")
        on, off = row.moment("on_at"), row.moment("off_at")
        ride = " ".join(part for part in (row.text("mode")[:20], row.text("line")[:20]) if part)
        if on is None:
            return
        if off is not None and off.end < on.start:
            raise row.wrong("off_at", "lies before on_at", "check the two times and their day")
        no_off = "" if off is not None else ", no tag-off"
        self._tag(row, intake, on, "on", f"boarding {ride}{no_off}")
        if off is not None:
            self._tag(row, intake, off, "off", f"getting off {ride}")

    def _tag(self, row: Row, intake: Intake, at: Interval, part: str, note: str) -> None:
        position: Position = locate(
            row,
            intake.places,
            ids=(f"stop_{part}_id",),
            texts=(f"stop_{part}",),
            least_radius_m=RADIUS_M,
        )
        intake.take(row, at, position, sigma_s=SIGMA_S, part=part, note=note, moment=True)
