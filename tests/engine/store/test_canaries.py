"""Data classes: nothing that says something about a person is in the files in clear."""

import base64
import struct
from pathlib import Path

import pytest

from engine.domain.place import Disc
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.domain.track import WindowResult
from engine.ports import Transaction
from engine.store.writer import SqliteStore
from engine.trace.context import Context
from engine.trace.narrow import Plan
from tests.engine.fakes import (
    NOW,
    a_candidate,
    a_case,
    a_context,
    a_ground,
    a_record,
    a_reference,
    a_scope,
    a_still,
    a_track,
    a_window,
    an_authorisation,
    with_case,
)

NAME, PHONE, PLACE, CAMERA = "Canary Kim", "010-5550-1234", "canary-karaoke", "canary-cam"
ORDER, PICTURE, FILE = "CANARY-ORDER-7", b"canary pixels", "canary kim front.jpg"
LATITUDE = 37.123456789


async def filled(context: Context) -> None:
    """A case with a canary wherever something personal may stand."""
    track = a_track(CAMERA, scene=f"{CAMERA}/1", stills=(a_still(jpeg=PICTURE),))
    window = a_window(CAMERA)
    await with_case(
        context,
        case=a_case(note=f"{NAME} {PHONE}", notification_ref=ORDER),
        records=[
            a_record(
                0,
                source=Source.CARD,
                note=NAME,
                place_id=PLACE,
                authority_ref=ORDER,
                disc=Disc(lat=LATITUDE, lon=126.5, radius_m=20),
            )
        ],
        authorisation=an_authorisation(scope=a_scope(cameras=frozenset({CAMERA})), order_ref=ORDER),
        ground=a_ground(law_id=NAME),
        still=a_reference(content=PICTURE),
    )

    async def run(tx: Transaction) -> None:
        await context.traces.add(
            tx, trace_id="trace-1", case_id="case-1", authorisation_id="auth-1", queued=NOW
        )
        trace = await context.traces.get(tx, "trace-1")
        await context.traces.put_step(tx, trace, "narrow", Plan(windows=(window,), notes=(NAME,)))
        result = WindowResult(window_id=window.window_id, problems=(f"{FILE}: cannot be read",))
        await context.traces.put_window(tx, trace, result)
        await context.traces.set_state(tx, "trace-1", TraceState.FAILED, f"{FILE}: shows no face")
        await context.reviews.add_candidate(tx, a_candidate(track=track))

    await context.store.run(run)


def forms(text: str) -> list[bytes]:
    plain = text.encode()
    return [
        plain,
        plain.upper(),
        text.encode("utf-16-le"),
        base64.b64encode(plain)[:-2],
        plain.hex().encode(),
    ]


CANARIES = [*(f for t in (NAME, PHONE, PLACE, CAMERA, ORDER, FILE) for f in forms(t)), PICTURE]


def numbers() -> list[bytes]:
    return [struct.pack(order, LATITUDE) for order in ("<d", ">d")] + [str(LATITUDE).encode()]


async def test_no_canary_is_found_in_database_log_or_key_file(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await filled(context)
        names = check(tmp_path)  # with the write-ahead log still there
        assert "tracedesk.sqlite-wal" in names
    check(tmp_path)


def check(folder: Path) -> set[str]:
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name, content in files.items():
        for canary in [*CANARIES, *numbers()]:
            assert canary not in content, f"{canary!r} in {name}"
    return set(files)


async def test_the_search_would_find_a_canary_that_lies_there(store: SqliteStore, tmp_path: Path) -> None:
    await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES ('note', ?)", (f"saw {NAME}",)))
    with pytest.raises(AssertionError, match="Canary Kim"):
        check(tmp_path)


async def test_after_forgetting_the_faces_their_sealed_bytes_are_wiped_as_well(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await filled(context)
        row = await context.store.run(lambda tx: tx.row("SELECT pictures FROM candidate"))
        sealed = bytes(row["pictures"])  # type: ignore[index]
        await context.store.run(lambda tx: context.reviews.forget_faces(tx, "case-1"))
    assert sealed not in (tmp_path / "tracedesk.sqlite").read_bytes()
