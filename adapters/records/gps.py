"""Fixes of a satellite receiver, and the jumps it makes indoors."""

import math

import msgspec

from adapters.records.intake import Intake, RowSource
from adapters.records.position import Position, coordinates
from adapters.records.row import Row
from adapters.records.schema import UNCERTAINTY, Schema
from engine.domain.interval import gap_s
from engine.domain.place import least_distance_m
from engine.domain.record import Record, Source

SIGMA_S = 5.0
USUAL_ACCURACY_M = 10.0  # outdoors, for receivers that state none
TO_95_PERCENT = math.sqrt(math.log(0.05) / math.log(0.32))
"""Receivers state the radius that holds 68 % of fixes (as Android's Location.getAccuracy says); a
disc holds 95 %. Ratio of the Rayleigh quantiles of a circular normal error, about 1.62."""

JUMP_M_S = 90.0  # 324 km/h: faster than any train of the country is an error of the receiver
JUMP_CERTAINTY = 0.1


class GpsRecords(RowSource):
    """One record per fix. A fix that can be reached from neither neighbour in time is marked."""

    source = Source.GPS
    schema = Schema(required=("at", "lat", "lon"), optional=("accuracy_m", *UNCERTAINTY))

    def read(self, row: Row, intake: Intake) -> None:
        row.required("at")
        at = row.moment("at")
        accuracy_m = row.number("accuracy_m", 0, 50_000)
        radius_m = max(1.0, USUAL_ACCURACY_M if accuracy_m is None else accuracy_m) * TO_95_PERCENT
        disc = coordinates(row, round(radius_m, 1))
        if disc is None:
            intake.drop("no fix")
        elif at is not None:
            intake.take(row, at, Position(disc=disc, asked=True), sigma_s=SIGMA_S, moment=True)

    def review(self, intake: Intake) -> None:
        order = sorted(range(len(intake.records)), key=lambda number: intake.records[number].interval.start)
        fixes = [intake.records[number] for number in order]
        for spot, number in enumerate(order):
            around = [fixes[near] for near in (spot - 1, spot + 1) if 0 <= near < len(fixes)]
            if len(around) == 2 and all(_jump(fixes[spot], near) for near in around):
                intake.records[number] = msgspec.structs.replace(
                    fixes[spot], note="jump", certainty=JUMP_CERTAINTY
                )


def _jump(a: Record, b: Record) -> bool:
    """True where no train is fast enough, both discs and both clocks granted."""
    if a.disc is None or b.disc is None:
        return False
    time_s = gap_s(a.interval, b.interval) + a.interval.sigma_s + b.interval.sigma_s
    return least_distance_m(a.disc, b.disc) > JUMP_M_S * time_s
