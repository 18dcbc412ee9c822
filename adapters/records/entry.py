"""Entry logs (QR): somebody came in; nobody writes down when they left."""

from adapters.records.intake import Intake, RowSource
from adapters.records.position import locate
from adapters.records.row import Row
from adapters.records.schema import POSITION, UNCERTAINTY, Schema
from engine.domain.record import Source

SIGMA_S = 60.0  # the phone's clock and the queue at the door
RADIUS_M = 30.0  # somewhere in the facility; assumed, not measured


class EntryRecords(RowSource):
    """``entered_at`` is an instant at the facility; the length of the stay stays open."""

    source = Source.ENTRY
    schema = Schema(
        required=("entered_at",),
        one_of=(("facility_id", "facility", "address", "place_id", "lat"),),
        optional=(*POSITION, *UNCERTAINTY),
    )

    def read(self, row: Row, intake: Intake) -> None:
        row.required("entered_at")
        entered = row.moment("entered_at")
        position = locate(
            row,
            intake.places,
            ids=("place_id", "facility_id"),
            texts=("address", "facility"),
            least_radius_m=RADIUS_M,
        )
        if entered is not None:
            intake.take(row, entered, position, sigma_s=SIGMA_S, note="entry only, no exit", moment=True)
