"""What only the engine and its workers can tell: one engine, one spoilt case after the other."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.api.client import EngineClient, until_answering
from engine.domain.errors import InputError
from tests.conftest import SHARED
from tests.end_to_end.house import ENTRY, House, clip, link_models
from tests.end_to_end.spoil import void
from tui.commands.bring_in import bring_in
from tui.commands.engine_process import private_engine
from tui.commands.trace import read_cases


@dataclass(frozen=True)
class Town:
    """A site with an engine that runs for all tests of this module."""

    house: House
    socket: Path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    root = tmp_path_factory.mktemp("town")
    made = House(root / "town")
    made.add_clip("cam1", clip(root / "clip.mp4"))
    if (SHARED / "models").is_dir():
        link_models(made, SHARED)
        for name, content in photos(SHARED).items():
            (made.stills / name).write_bytes(content)
            if name != "unlisted.png":
                made.state(hashlib.sha256(content).hexdigest())
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TRACEDESK_MODELS", raising=False)
        with private_engine(made.site, root / "state", workers=1) as socket:
            yield Town(made, socket)


def photos(shared: Path) -> dict[str, bytes]:
    """Photographs that cannot be used as reference stills, by file name."""
    one = cv2.imread(str(shared / "faces" / "enrol" / "A_0.png"))
    other = cv2.imread(str(shared / "faces" / "enrol" / "C_0.png"))
    height = min(len(one), len(other))
    wall = np.random.default_rng(1).integers(90, 110, (240, 240, 3), dtype=np.uint8)
    huge = struct.pack(">II5B", 40_000, 40_000, 8, 2, 0, 0, 0)
    return {
        "nobody.png": cv2.imencode(".png", wall)[1].tobytes(),
        "two.png": cv2.imencode(".png", np.hstack([one[:height], other[:height]]))[1].tobytes(),
        "cut.jpg": cv2.imencode(".jpg", one)[1].tobytes()[:-2000],
        "cut.png": (shared / "faces" / "enrol" / "A_0.png").read_bytes()[:-2000],
        "huge.png": b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", huge)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b""),
        "text.png": b"this is no picture",
        "stamp.png": cv2.imencode(".png", wall[:20, :20])[1].tobytes(),
        "unlisted.png": (shared / "faces" / "enrol" / "B_0.png").read_bytes(),
    }


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


async def refusal(town: Town, case: Path) -> str:
    """The line with which a case is refused; nothing was traced, and the engine goes on."""
    async with EngineClient(town.socket) as client:
        await until_answering(client, 20.0)
        with pytest.raises(InputError) as caught:
            await bring_in(client, read_cases([case], town.house.site), void)
        assert await client.traces() == ()
    line = str(caught.value)
    assert line.isprintable()
    assert line.partition("; ")[2] or "expected" in line, "it says what to do"
    return line


HALF_JSON = b'{"approvals": [{"approved_at": "2026-03-02T12:00:00+09:00", "merch'
REFUSED_RECORDS = [
    ("in another encoding", "entry.csv", ENTRY.encode("utf-8"), "row 1", 'encoding = "utf-8"'),
    ("without a column", "entry.csv", ENTRY.replace("일시", "날짜").encode("cp949"), "", "일시"),
    ("without the subject column", "entry.csv", ENTRY.replace("key", "id").encode("cp949"), "", "key"),
    (
        "with a time that is none",
        "entry.csv",
        ENTRY.replace("12:00:00", "noon").encode("cp949"),
        "row 2, column entered_at",
        "",
    ),
    ("with a row too short", "entry.csv", ENTRY.replace(",K-1", "").encode("cp949"), "row 2", "cells"),
    ("that is no workbook", "entry-b.xlsx", b"PK but no workbook", "", "XLSX"),
    ("cut in half", "card.json", HALF_JSON, "", "is not JSON"),
    ("of another shape", "card.json", b'{"approvals": []}', "", "list"),
    ("without a needed column", "card.json", b'[{"merchant": "Market"}]', "", "approved_at"),
]


@pytest.mark.parametrize("number", range(len(REFUSED_RECORDS)), ids=[row[0] for row in REFUSED_RECORDS])
async def test_a_record_file_that_cannot_be_read_is_named(town: Town, number: int) -> None:
    _, name, content, place, said = REFUSED_RECORDS[number]
    case = town.house.new_case(f"R{number}")
    (case / "records" / name).write_bytes(content)
    line = await refusal(town, case)
    assert line.startswith(f"{case / 'records' / name}: {place}")
    assert said in line


REFUSED_PAPERS = [
    ("an unknown camera", "authorisation.toml", '"cam1"', '"cam9"', "cameras: ", "cam9"),
    (
        "a window outside the infectious period",
        "authorisation.toml",
        "2026-03-0",
        "2025-03-0",
        "start: ",
        "outside the infectious period",
    ),
    (
        "a window that ends in the future",
        "authorisation.toml",
        "end = 2026",
        "end = 2126",
        "",
        "in the future",
    ),
    ("another purpose", "authorisation.toml", "infection_control", "curiosity", "", "infection control"),
    ("an unknown disease", "case.toml", "covid-19", "gout", "disease: ", "covid-19"),
    (
        "isolation before the infectious period",
        "case.toml",
        "onset =",
        "isolation = 2026-01-01\nonset =",
        "isolation: ",
        "dates",
    ),
    ("an unknown law", "case.toml", "separate_consent", 'law"\nlaw_id = "X-1', "ground: ", "X-1"),
    ("a date outside the calendar", "case.toml", "2026-03-03", "0001-01-01", "onset: ", "calendar"),
]


@pytest.mark.parametrize("number", range(len(REFUSED_PAPERS)), ids=[row[0] for row in REFUSED_PAPERS])
async def test_a_case_that_breaks_a_rule_is_named(town: Town, number: int) -> None:
    _, name, old, new, place, said = REFUSED_PAPERS[number]
    case = town.house.new_case(f"P{number}")
    town.house.replace(case / "case.toml", "stills = [{", "# [{")
    text = (case / name).read_text(encoding="utf-8")
    assert old in text
    (case / name).write_text(text.replace(old, new), encoding="utf-8")
    line = await refusal(town, case)
    assert line.startswith(f"{case / name}: {place}")
    assert said in line


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody.png", "shows no face"),
        ("two.png", "shows 2 faces"),
        ("cut.jpg", "is cut off"),
        ("cut.png", "is cut off"),
        ("huge.png", "has more pixels"),
        ("text.png", "cannot be read as a picture"),
        ("stamp.png", "is 20x20 pixels"),
        ("unlisted.png", "is not in the rehearsal statement"),
    ],
)
async def test_a_reference_still_that_cannot_be_used_is_named(
    shared: Path, town: Town, name: str, said: str
) -> None:
    case = town.house.new_case(name.replace(".", "-"))
    town.house.replace(case / "case.toml", "face.png", name)
    line = await refusal(town, case)
    assert line.startswith(f"{town.house.stills / name}: {said}"), line
