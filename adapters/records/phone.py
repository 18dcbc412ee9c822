"""Cells of one telephone: always a disc, often a wide one."""

from adapters.records.intake import Intake, RowSource
from adapters.records.position import MAX_RADIUS_M, Position, coordinates
from adapters.records.row import Row
from adapters.records.schema import UNCERTAINTY, Schema
from engine.domain.interval import Interval
from engine.domain.record import Source

SIGMA_S = 60.0  # handover between cells; no source states one
WIDE_RADIUS_M = 1000.0  # a wider disc says too little about which cameras to open


class PhoneRecords(RowSource):
    """The tower with the cell's radius, kept as it is. ``azimuth_deg`` and ``cell`` are read for
    form only: the disc around the tower holds every sector of it."""

    source = Source.PHONE
    schema = Schema(
        required=("start", "lat", "lon", "radius_m"),
        optional=("end", "cell", "azimuth_deg", *UNCERTAINTY),
    )

    def read(self, row: Row, intake: Intake) -> None:
        row.required("start")
        for column in ("lat", "lon", "radius_m"):
            row.required(column)
        row.number("azimuth_deg", 0, 360)
        radius_m = row.number("radius_m", 1, MAX_RADIUS_M)
        start, end = row.moment("start"), row.moment("end")
        if start is None or radius_m is None:
            return
        if end is not None and end.end < start.start:
            raise row.wrong("end", "lies before start", "check the two times and their day")
        interval = Interval(start=start.start, end=(end or start).end)
        notes = [] if end is not None else ["end not told"]
        if radius_m > WIDE_RADIUS_M:
            notes.append("wide cell")
            intake.warn(row, "a cell over 1 km; it never selects cameras by itself")
        position = Position(disc=coordinates(row, radius_m), asked=True)
        intake.take(row, interval, position, sigma_s=SIGMA_S, note=", ".join(notes))
