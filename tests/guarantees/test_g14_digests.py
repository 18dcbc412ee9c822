"""G14: outside of sealed values there are opaque ids and keyed digests, while a case is open as well."""

import hashlib
from dataclasses import replace
from pathlib import Path

import msgspec

from engine.api.asked import Asked, request_digest
from engine.audit import counts, log
from engine.domain.decision import Answer
from engine.vault.keys import Vault
from tests.guarantees.house import ME, SECRET, House, a_camera, a_house, a_record, a_track, case_import
from tests.guarantees.line_house import LIST, both_answer, exporting, meetings, on_server
from tests.guarantees.server_house import KIM, a_case, an_order, photograph

CAMERA = "canary-camera"
PLACE = f"place-{CAMERA}"


async def searched(house: House) -> None:
    """A case that was traced: windows were granted, read and charged for, candidates were found."""
    record = a_record(place_id=PLACE)
    await house.case("A", records=0)
    await house.store.run(lambda tx: house.context.cases.add_records(tx, "A", (record,)))
    house.pool.tracks = lambda _: (a_track(CAMERA),)
    detail = await house.traced("A", await house.authorisation("A", cameras=(CAMERA,)))
    assert detail.candidates
    assert detail.visits


def under_a_key(who: Asked, method: str, path: str, body: bytes) -> Asked:
    """A change as it comes over the wire: from here on there is a receipt of it."""
    return replace(who, key="a-key-of-a-change", request_sha256=request_digest(method, path, body, None))


def database(state: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(state.glob("tracedesk.sqlite*")))


async def test_g14_no_plain_column_and_no_line_says_which_camera_was_looked_at(tmp_path: Path) -> None:
    async with a_house(tmp_path, cameras=(a_camera(CAMERA),)) as house:
        await searched(house)
        assert CAMERA.encode() not in database(tmp_path)
        assert not any(CAMERA in str(line) for line in await house.audit())
    assert CAMERA.encode() not in database(tmp_path)


async def test_g14_a_photograph_is_not_found_by_its_digest(tmp_path: Path) -> None:
    """Whoever has the picture from elsewhere cannot ask the database whether it was used."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        photo = photograph("A")
        asked = under_a_key(KIM, "POST", "/v1/cases/A/stills", msgspec.json.encode(photo))
        await house.photos.add(asked, "A", photo)
        digest = hashlib.sha256(photo.content).hexdigest()
        for found in (digest, asked.request_sha256):
            assert found.encode() not in database(tmp_path)
            assert found[:16].encode() not in database(tmp_path)
        mac = house.vault.mac(digest)
        assert mac.encode() in database(tmp_path)  # it is there under the key, for the comparison of G5


async def test_g14_the_dates_of_a_case_are_not_found_by_trying_them_on_its_receipt(tmp_path: Path) -> None:
    """There are some thousands of them, and everything else in the request is known."""
    async with a_house(tmp_path) as house:
        wanted = case_import()
        asked = under_a_key(ME, "PUT", "/v1/cases/A", msgspec.json.encode(wanted))
        await house.intake.put_case(asked, wanted)
        (receipt,) = await house.store.run(lambda tx: tx.rows("SELECT * FROM receipt"))
        assert asked.request_sha256.encode() not in database(tmp_path)
        assert receipt["request_sha256"] == house.vault.mac(asked.request_sha256)


async def test_g14_a_digest_is_of_this_house_alone(tmp_path: Path) -> None:
    """The same number gives another digest in another house: two audits cannot be joined by it."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    here, there = Vault(tmp_path / "a", SECRET), Vault(tmp_path / "b", b"another secret, of 32 bytes or more")
    assert here.mac("010-5550-1234") != there.mac("010-5550-1234")
    assert here.mac("010-5550-1234") == Vault(tmp_path / "a", SECRET).mac("010-5550-1234")


async def test_g14_what_a_case_says_is_sealed(tmp_path: Path) -> None:
    async with a_house(tmp_path, cameras=(a_camera(CAMERA),)) as house:
        await searched(house)
        for word in (PLACE, "N-A", "photo of A"):
            assert word.encode() not in database(tmp_path), word
        assert (await house.intake.cases(ME))[0].records == 1


async def test_g14_a_camera_counts_once_however_often_it_is_looked_at(tmp_path: Path) -> None:
    """Counted in several goes, as checkpoints come."""
    async with a_house(tmp_path) as house:
        for _ in range(3):
            await house.store.run(
                lambda tx: log.append(
                    tx,
                    at=house.clock.wall,
                    person="engine",
                    action="search",
                    object_id="trace-1",
                    outcome="intent",
                    detail={"camera": "c" * 16, "camera_s": "60.0"},
                )
            )
            while await house.store.run(counts.catch_up):
                pass
        total = await house.store.run(counts.read_totals)
        assert (total["searches"], total["cameras"], total["windows"]) == (1, 1, 3)


async def test_g14_a_list_that_left_is_not_found_by_trying_names_on_its_digest(tmp_path: Path) -> None:
    """Everything else in a list of one is known or few; a copy of the database outlives the case."""
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await both_answer(house, trace_id, candidates, Answer.SAME)
        file = await exporting(house).export(KIM, "A", LIST)
        assert file.sha256.encode() not in database(tmp_path)
        (row,) = await house.store.run(lambda tx: tx.rows("SELECT * FROM export"))
        assert row["sha256"] == house.vault.mac(file.sha256)
