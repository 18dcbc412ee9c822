"""What the engine tells of itself reads the same on the other side, also from a newer engine."""

import msgspec
import pytest

from engine.api.lines import EventLine, Health, Line, ResetLine, SnapshotLine, encode_line
from engine.api.schema import Snapshot
from tests.engine.fakes import NOW

LINES = (
    EventLine(seq=1, at=NOW, kind="case", object_id="c", state="open", case_id="c"),
    SnapshotLine(seq=1, now=NOW, traces=()),
    ResetLine(seq=9),
)
WELL = Health(version="1", profile="server", uptime_s=1.0, store="ok", witness="ok", audit="ok")


@pytest.mark.parametrize("line", LINES, ids=lambda line: type(line).__name__)
def test_a_line_says_what_it_is_and_is_one_line(line: Line) -> None:
    said = encode_line(line)
    assert said.count(b"\n") == 1 and said.endswith(b"\n")
    assert msgspec.json.decode(said)["type"] in ("event", "snapshot", "reset")
    assert msgspec.json.decode(said, type=Line) == line
    newer = msgspec.json.encode(msgspec.json.decode(said) | {"mood": "fine"})
    assert msgspec.json.decode(newer, type=Line) == line


def test_a_snapshot_of_the_stream_is_a_snapshot() -> None:
    assert isinstance(LINES[1], Snapshot)


@pytest.mark.parametrize(
    "ill",
    [
        {"store": "cannot be written"},
        {"witness": "silent for 3 h"},
        {"audit": "blocked"},
        {"keys_due": 1},
        {"housekeeping": "receipts: internal error"},
    ],
)
def test_an_engine_is_well_only_where_nothing_needs_anybody(ill: dict[str, object]) -> None:
    assert WELL.well
    assert not msgspec.structs.replace(WELL, **ill).well
