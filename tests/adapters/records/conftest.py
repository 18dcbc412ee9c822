"""A gazetteer of three places and a short way to parse a file."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from adapters.records.parse import parse_file
from engine.domain.place import Disc, Place
from engine.ports import ParsedRecords, RecordMapping

RECEIVED = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


class FewPlaces:
    """Implements engine.ports.Gazetteer by exact text."""

    def __init__(self, *places: Place) -> None:
        self._places = places

    def by_id(self, place_id: str) -> Place | None:
        return next((place for place in self._places if place.place_id == place_id), None)

    def find(self, text: str) -> Place | None:
        return next((p for p in self._places if text in (p.place_id, *p.names, p.address) and text), None)

    def all(self) -> Sequence[Place]:
        return self._places


@pytest.fixture
def places() -> FewPlaces:
    return FewPlaces(
        Place(
            place_id="bakery",
            names=("Bomnal Bakery", "봄날제과"),
            address="새별로 16",
            disc=Disc(lat=37.4875, lon=126.7580, radius_m=25),
        ),
        Place(
            place_id="market",
            names=("Saebyeol Market",),
            address="새별로 12",
            disc=Disc(lat=37.4870, lon=126.7537, radius_m=110),
        ),
        Place(
            place_id="head-office",
            names=("Mulgyeol head office",),
            address="본사로 1",
            disc=Disc(lat=37.55, lon=126.86, radius_m=60),
            kind="head_office",
        ),
    )


@pytest.fixture
def parse(places: FewPlaces) -> Callable[..., ParsedRecords]:
    def parsed(
        content: str | bytes,
        mapping: RecordMapping,
        *,
        file: str = "records.csv",
        keys: tuple[str, ...] = (),
    ) -> ParsedRecords:
        return parse_file(
            content if isinstance(content, bytes) else content.encode(),
            file,
            mapping,
            case_id="case-1",
            subject_keys=frozenset(keys),
            received_at=RECEIVED,
            places=places,
        )

    return parsed
