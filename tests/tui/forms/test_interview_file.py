"""What the console composes from lines is taken by the engine's own reader of interviews."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.records.parse import parse_file
from engine.api.schema import RecordFile
from engine.domain.place import Disc, Place
from engine.ports import ParsedRecords
from tests.tui.forms.test_stay import DAYS, SUNDAY, stay
from tui.forms.interview_file import interview_file
from tui.forms.stay import Stay, read_stay

LIBRARY = Place(
    place_id="pl-12", names=("City library",), address="", disc=Disc(lat=37.5, lon=127.0, radius_m=80.0)
)
TOLD_AT = datetime(2026, 3, 2, 12, 20, 5)


class OnePlace:
    """A gazetteer that knows the library."""

    def by_id(self, place_id: str) -> Place | None:
        return LIBRARY if place_id == LIBRARY.place_id else None

    def find(self, text: str) -> Place | None:
        return LIBRARY if text == "City library" else None

    def all(self) -> Sequence[Place]:
        return (LIBRARY,)


def file(*lines: str) -> RecordFile:
    return interview_file([stay(line) for line in lines], "Asia/Seoul", TOLD_AT)


def taken(records: RecordFile) -> ParsedRecords:
    return parse_file(
        records.content,
        records.file,
        records.mapping,
        case_id="A",
        subject_keys=frozenset(),
        received_at=datetime(2026, 3, 2, 3, 21, tzinfo=UTC),
        places=OnePlace(),
    )


def test_the_engine_takes_the_file_as_it_was_told() -> None:
    parsed = taken(
        file(
            "City library [pl-12], 1 Mar 14:10-15:00, sure, mask, 2 with Kim",
            "City library, 1 Mar 16:00, unsure, no mask, alone",
            "Onda, the small one, 1 Mar 17-18, 80%, with Lee",
            "City library, 27 Feb, partly",
        )
    )
    library, moment, unknown, day = parsed.records
    assert library.interval.start == datetime(2026, 3, 1, 5, 10, tzinfo=UTC)
    assert library.interval.end == datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
    assert (library.interval.sigma_s, library.certainty) == (1800.0, 0.9)
    assert (library.place_id, library.note) == ("pl-12", "mask worn, with 2 others")
    assert (moment.moment, moment.note, moment.certainty) == (True, "end not told, no mask, alone", 0.4)
    assert (unknown.disc, unknown.note, unknown.certainty) == (None, "with others", 0.8)
    assert day.interval.duration_s == 86400.0
    assert parsed.warnings and "gazetteer" in parsed.warnings[0]


def test_no_name_of_a_companion_leaves_the_console() -> None:
    content = file(
        "City library, 1 Mar 14:10-15:00, with Kim", "City library, 1 Mar 16-17, 2 with Lee"
    ).content
    assert b"Kim" not in content and b"Lee" not in content


def test_all_day_is_the_whole_of_it() -> None:
    (record,) = taken(file("City library, 1 Mar, all day")).records
    assert (record.interval.duration_s, record.moment) == (86400.0, False)


def test_the_file_is_named_by_its_time_alone_so_that_a_later_statement_is_another() -> None:
    assert file("City library, 1 Mar 14-15").file == "interview-20260302-122005.csv"


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_every_line_that_the_console_reads_the_engine_takes(lines: list[str]) -> None:
    read = [read_stay(f"{line} x, 14:10-15:00, sure", DAYS, SUNDAY) for line in lines]
    stays = [one for one in read if isinstance(one, Stay)]
    if stays:
        assert len(taken(interview_file(stays, "Asia/Seoul", TOLD_AT)).records) == len(stays)
