"""Card approvals: a purchase is a visit only where a card was held to a terminal in the shop."""

from adapters.records.intake import Intake, RowSource
from adapters.records.position import Position, at_place, coordinates
from adapters.records.row import Row
from adapters.records.schema import POSITION, UNCERTAINTY, Schema
from engine.domain.place import Place
from engine.domain.record import Source

SIGMA_S = 60.0  # the clock of the terminal; assumed, not measured
RADIUS_M = 50.0  # the counter is somewhere in the shop; assumed, not measured
FAMILY_CERTAINTY = 0.5  # nobody measured how often a family card is in the patient's hand: even odds
HEAD_OFFICE = "head_office"
"""``kind`` of a gazetteer place that issues bills for shops elsewhere."""

TERMINALS = {
    "offline": "offline",
    "terminal": "offline",
    "오프라인": "offline",
    "단말기": "offline",
    "kiosk": "kiosk",
    "키오스크": "kiosk",
    "online": "online",
    "온라인": "online",
    "recurring": "recurring",
    "정기결제": "recurring",
    "자동이체": "recurring",
}
HOLDERS = {"own": "own", "본인": "own", "family": "family", "가족": "family"}


class CardRecords(RowSource):
    """``approved_at`` is an instant; where only ``settled_on`` is known the visit lies somewhere in
    that local day. Cancelled, online and recurring rows say nothing about where somebody was and
    are dropped; a head-office address and a family card are noted."""

    source = Source.CARD
    schema = Schema(
        one_of=(("approved_at", "settled_on"), ("merchant", "address", "place_id", "lat")),
        optional=("terminal", "cancelled", "holder", *POSITION, *UNCERTAINTY),
    )

    def read(self, row: Row, intake: Intake) -> None:
        terminal = row.word("terminal", TERMINALS)
        holder = row.word("holder", HOLDERS)
        if row.flag("cancelled"):
            intake.drop("cancelled")
            return
        if terminal in ("online", "recurring"):
            intake.drop(terminal)
            return
        notes = []
        interval, sigma_s = row.moment("approved_at"), SIGMA_S
        if interval is None:
            day = row.day("settled_on")
            if day is None:
                raise row.wrong(
                    "approved_at", "is empty, and so is settled_on", "a purchase has a time or a day"
                )
            interval, sigma_s = row.whole_day(day, "settled_on"), 0.0
            notes.append("settled only, whole day")
        position, remark = _where(row, intake)
        if remark:
            intake.warn(row, remark)
            notes.append(remark)
        if not terminal:
            notes.append("terminal kind unknown")
        if holder == "family":
            notes.append("family card")
        intake.take(
            row,
            interval,
            position,
            sigma_s=sigma_s,
            note=", ".join(notes),
            moment=True,
            certainty=FAMILY_CERTAINTY if holder == "family" else 1.0,
        )


def _where(row: Row, intake: Intake) -> tuple[Position, str]:
    """The shop, not the company: an address of a head office gives no position, and where name and
    address are two different places neither is taken."""
    own = coordinates(row, RADIUS_M)
    if own is not None:
        return Position(disc=own, asked=True), ""
    by_id = intake.places.by_id(row.text("place_id"))
    if by_id is not None:
        return at_place(row, by_id, RADIUS_M), ""
    name, address = row.text("merchant"), row.text("address")
    found = [intake.places.find(text) for text in (name, address) if text]
    known = [place for place in found if place is not None]
    shops = _distinct([place for place in known if place.kind != HEAD_OFFICE])
    remark = "head-office address" if len(shops) < len(_distinct(known)) else ""
    if len(shops) > 1:
        return Position(asked=True), "head-office address? name and address are two places"
    if not shops:
        return Position(asked=bool(name or address)), remark
    return at_place(row, shops[0], RADIUS_M), remark


def _distinct(places: list[Place]) -> list[Place]:
    return list({place.place_id: place for place in places}.values())
