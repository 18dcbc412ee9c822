"""Hostile bytes through a real worker: always a result or a plain refusal, within a limit.

    python -m tests.faults.fuzz_worker --rounds 2000 --seed 7

Every round is made from its number alone, so a round that failed can be run again by it:
``--rounds 1 --seed NUMBER``. With the real models beside the checkout photographs and whole scans
take part too.
"""

import argparse
import asyncio
import hashlib
import io
import math
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import openpyxl

from adapters.assembly.workers import WORKER_COMMAND, worker_environment
from adapters.clock import SystemClock
from adapters.face.calibrations import load_calibrations
from adapters.face.registry import find
from adapters.footage.archive import load_archive
from engine.domain.camera import Camera, CameraWindow, Segment
from engine.domain.errors import InputError, Refused
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.record import Source
from engine.domain.track import MaskState
from engine.ports import RecordMapping, WindowRequest
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.vault.grants import GrantSigner, subject_digest
from tests.conftest import SHARED
from tests.end_to_end.house import House, clip
from tests.faults.one_file import OneFile

LIMIT_S = 30.0
MODELS = ("yunet_n_dynamic", "edgeface_xs", "rfb640_masked_face_v2")
CLIPS = ("asl_milk.mkv", "prev_head-pose-face-detection-female.mp4", "grid_bbaf2n.mpg")
CLIP_S = 2.0
START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DIMENSIONS = 512  # of edgeface_xs
SIZES = (0, 1, 0x7F, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass
class Outcome:
    """How the rounds ended. ``broken`` are rounds that broke the promise, with what happened."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


@dataclass(frozen=True)
class Seeds:
    """Intact inputs, from which each round makes a damaged one."""

    clips: tuple[bytes, ...]
    photos: tuple[bytes, ...]
    records: tuple[tuple[str, bytes, RecordMapping], ...]
    manifest: str


def seeds(folder: Path, shared: Path) -> Seeds:
    forms = (("mp4", "mp4"), ("matroska", "mkv"), ("mpegts", "ts"), ("mpeg", "mpg"))
    clips = [clip(folder / f"seed.{suffix}", form=form) for form, suffix in forms]
    image = np.random.default_rng(3).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    photos = [cv2.imencode(f".{form}", image)[1].tobytes() for form in ("png", "jpg", "webp", "bmp", "tiff")]
    if (shared / "footage").is_dir():
        clips += [(shared / "footage" / name).read_bytes() for name in CLIPS]
        face = cv2.imread(str(shared / "faces" / "enrol" / "A_0.png"))
        photos += [cv2.imencode(form, face)[1].tobytes() for form in (".png", ".jpg", ".bmp")]
    house = House(folder / "town")
    house.add_clip("cam1", clips[0])
    return Seeds(tuple(clips), tuple(photos), records(), house.manifest.read_text(encoding="utf-8"))


def records() -> tuple[tuple[str, bytes, RecordMapping], ...]:
    entry = RecordMapping(source=Source.ENTRY, encoding="cp949", subject_column="key")
    rows = [
        ["facility", "entered_at", "key"],
        ["봄날", "2026-03-02 12:00", "K-1"],
        *[["x", "", f"K-{n}"] for n in range(2, 60)],
    ]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    sheet = io.BytesIO()
    book.save(sheet)
    text = "\n".join(",".join(row) for row in rows).encode("cp949")
    card = b'[{"approved_at": "2026-03-02T12:00:00+09:00", "merchant": "x", "cancelled": false}]'
    gps = b"at,lat,lon,accuracy\n2026-03-02T12:00:00+09:00,37.5,126.8,10\n"
    return (
        ("entry.csv", text, entry),
        ("entry.xlsx", sheet.getvalue(), RecordMapping(source=Source.ENTRY, subject_column="key")),
        ("card.json", card, RecordMapping(source=Source.CARD)),
        ("gps.csv", gps, RecordMapping(source=Source.GPS)),
    )


def damaged(content: bytes, dice: random.Random) -> bytes:
    """The content after one to four damages: bits, cuts, runs, copies, and sizes that lie."""
    data = bytearray(content)
    small = len(content) < 2000  # a text; less damage, or nothing is left to be understood
    for _ in range(1 if small else dice.randint(1, 4)):
        if not data:
            break
        at = dice.randrange(min(len(data), dice.choice((64, 4096, len(data)))))
        kind = dice.choice((0, 0, 0, 0, 1, 5)) if small else dice.randrange(6)
        if kind == 0:
            for _ in range(dice.randint(1, 3 if small else 40)):
                data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at : at + dice.randint(1, 2000)] = bytes(dice.randint(1, 2000))
        elif kind == 3:
            data[at:at] = data[at : at + dice.randint(1, 5000)]
        elif kind == 4:
            data[at : at + 4] = dice.choice(SIZES).to_bytes(4, dice.choice(("big", "little")))
        else:
            data[at:at] = dice.randbytes(dice.randint(1, 300))
    return bytes(data)


class Rounds:
    """Runs rounds on one pool of real workers."""

    def __init__(self, pool: Pool, made: Seeds, folder: Path, whole: bool) -> None:
        self._pool = pool
        self._seeds = made
        self._file = folder / "hostile.bin"
        self._manifest = folder / "hostile.toml"
        kinds: list[tuple[str, Callable[[random.Random], Awaitable[str]]]] = [
            ("inspect", self._inspect),
            ("records", self._records),
            ("manifest", self._read_manifest),
        ]
        if whole:
            kinds += [("scan", self._scan), ("scan", self._scan), ("photo", self._photo)]
        self._kinds = kinds

    async def run(self, rounds: int, seed: int, limit_s: float) -> Outcome:
        outcome = Outcome()
        for number in range(seed, seed + rounds):
            dice = random.Random(number)
            name, action = dice.choice(self._kinds)
            began = time.monotonic()
            try:
                ended = await asyncio.wait_for(action(dice), limit_s)
            except (InputError, Refused) as refusal:
                ended = "refused"
                if "worker ended" in str(refusal):
                    ended = "worker replaced"
                if len(str(refusal).splitlines()) != 1:
                    outcome.broken.append(f"round {number} ({name}): said {str(refusal)!r}")
            except TimeoutError:
                ended = "hung"
                outcome.broken.append(f"round {number} ({name}): no answer within {limit_s:g} s")
            except Exception as problem:  # anything else is a fault of ours
                ended = "fault"
                outcome.broken.append(f"round {number} ({name}): {type(problem).__name__}: {problem}")
            outcome.counts[f"{name}: {ended}"] += 1
            outcome.slowest_s = max(outcome.slowest_s, time.monotonic() - began)
        return outcome

    async def _inspect(self, dice: random.Random) -> str:
        self._file.write_bytes(damaged(dice.choice(self._seeds.clips), dice))
        facts = await self._pool.inspect(a_segment())
        assert math.isfinite(facts.duration_s)
        assert facts.width > 0
        return "read"

    async def _records(self, dice: random.Random) -> str:
        name, content, mapping = dice.choice(self._seeds.records)
        parsed = await self._pool.parse_records(
            case_id="A",
            file=name,
            content=damaged(content, dice),
            mapping=mapping,
            subject_keys=frozenset({"K-1"}),
            received_at=START,
        )
        assert len(parsed.records) <= 100
        return "read"

    async def _read_manifest(self, dice: random.Random) -> str:
        self._manifest.write_bytes(damaged(self._seeds.manifest.encode(), dice))
        load_archive(self._manifest.parent, self._manifest, now=START, offsets_s={"cam1": 0.0})
        return "read"

    async def _photo(self, dice: random.Random) -> str:
        photo = damaged(dice.choice(self._seeds.photos), dice)
        enrolment = await self._pool.enrol([("photo.png", photo)])
        assert len(enrolment.template) == 4 * DIMENSIONS
        return "read"

    async def _scan(self, dice: random.Random) -> str:
        content = damaged(dice.choice(self._seeds.clips), dice)
        self._file.write_bytes(content)
        result = await self._pool.scan(a_request(a_segment(content)))
        assert result.frames >= 0
        if any("worker ended" in line for line in result.problems):
            return "worker replaced"
        return "refused" if result.problems else "read"


def a_segment(content: bytes = b"") -> Segment:
    return Segment(
        camera_id="cam1",
        file="hostile.bin",
        start_device=START,
        end_device=START + timedelta(seconds=CLIP_S),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def a_request(segment: Segment) -> WindowRequest:
    """A permitted search for a random template in the whole segment."""
    template = np.random.default_rng(5).normal(size=DIMENSIONS).astype("<f4")
    subject = (template / np.linalg.norm(template)).astype("<f4").tobytes()
    interval = Interval(start=segment.start_device, end=segment.end_device)
    window = CameraWindow(
        window_id="cam1/1", camera_id="cam1", interval=interval, weight=1.0, record_ids=("r",)
    )
    clock = SystemClock()

    async def permit() -> WindowGrant:
        return WindowGrant(
            grant_id=os.urandom(8).hex(),
            case_id="A",
            trace_id="t",
            authorisation_id="a",
            window_id=window.window_id,
            camera_id="cam1",
            interval=interval,
            subject_sha256=subject_digest(subject),
            footage_sha256=(segment.sha256,),
            expires_at=clock.now() + timedelta(hours=1),
            deadline_boottime_s=clock.boottime_s() + 600.0,
            four_eyes=False,
            rehearsal=True,
        )

    return WindowRequest(
        trace_id="t",
        window=window,
        camera=Camera(camera_id="cam1", name="Gate", lat=37.5, lon=126.8),
        segments=(segment,),
        template=subject,
        reference_mask=MaskState.BARE,
        permit=permit,
        progress=lambda *_: None,
    )


async def fuzz(rounds: int, seed: int = 0, *, limit_s: float = LIMIT_S, shared: Path = SHARED) -> Outcome:
    """Run rounds ``seed`` .. ``seed + rounds - 1`` on one worker."""
    whole = (shared / "models").is_dir()
    signer = GrantSigner(bytes(32))
    with tempfile.TemporaryDirectory(prefix="tracedesk-fuzz-") as name:
        folder = Path(name)
        prepare = Prepare(
            verify_key=signer.verify_key,
            models=tuple(find(model, shared / "models") for model in MODELS) if whole else (),
            calibrations=tuple(load_calibrations().values()),
            rehearsal_sha256=None,
            places=(),
        )
        async with Pool(
            size=1,
            command=WORKER_COMMAND,
            prepare=prepare,
            signer=signer,
            footage=OneFile(folder / "hostile.bin"),
            environment=worker_environment(),
        ) as pool:
            return await Rounds(pool, seeds(folder, shared), folder, whole).run(rounds, seed, limit_s)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit-s", type=float, default=LIMIT_S)
    given = parser.parse_args()
    outcome = asyncio.run(fuzz(given.rounds, given.seed, limit_s=given.limit_s))
    for name, count in sorted(outcome.counts.items()):
        sys.stdout.write(f"{count:6} {name}\n")
    sys.stdout.write(f"slowest round {outcome.slowest_s:.1f} s\n")
    for line in outcome.broken:
        sys.stdout.write(f"BROKEN {line}\n")
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    sys.exit(main())
