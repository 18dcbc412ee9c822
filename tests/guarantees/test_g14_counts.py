"""G14: the audit outlives erasure and holds no personal data, yet publishable counts."""

import base64
import hashlib
import hmac
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.audit import counts, log
from engine.audit.check import verify
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.counts import ADDED, ALL_DAYS, Tally, as_stored
from engine.domain.decision import Answer
from engine.domain.ground import GroundKind
from engine.schedule.notary import Notary
from engine.store.sealing import case_key, face_key
from engine.vault.keys import Erased
from tests.engine.schedule.witnesses import RememberingWitness
from tests.guarantees.house import ME, House, a_house, a_record, a_track, consent, seen

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
NAME, PHONE, PLACE = "Kim Canary", "010-5550-1234", "Canary Karaoke"
SHOP = "canary-shop"


def forms(text: str) -> Iterator[bytes]:
    """As people write it, as machines do, and as somebody would hide it."""
    for written in {text, text.upper(), text.lower(), text.replace("-", ""), text.replace("-", " ")}:
        plain = written.encode()
        yield plain
        yield written.encode("utf-16-le")
        yield plain.hex().encode()
        for shift in range(3):  # base64 wherever it begins inside other text
            yield base64.b64encode(b"\x00" * shift + plain)[4 if shift else 0 : -4]


async def closed(house: House) -> None:
    """A case that was traced, reviewed and erased. Its person is in everything that was brought in."""
    await house.case("A")
    record = a_record(
        7, "A", note=f"{NAME} {PHONE} at {PLACE}", place_id=SHOP, authority_ref=f"asked for {PHONE}"
    )
    await house.store.run(lambda tx: house.context.cases.add_records(tx, "A", (record,)))
    await house.intake.put_ground(
        seen(ME, 2), "A", consent(kind=GroundKind.SEPARATE_CONSENT, document_sha256="c" * 64)
    )
    house.pool.tracks = lambda request: (a_track(),)
    detail = await house.traced("A")
    await house.confirm(detail.candidates[0].candidate_id, Answer.SAME)
    await house.store.run(
        lambda tx: log.append(
            tx,
            at=house.clock.now(),
            person=ME.name,
            action="records",
            object_id="A",
            detail={"subject": house.vault.mac(PHONE), "name": house.vault.mac(NAME)},
        )
    )
    keys = frozenset({case_key("A"), face_key("A")})
    house.vault.destroy(keys)
    with pytest.raises(Erased):
        await house.store.run(lambda tx: house.context.cases.get(tx, "A"))


def everything(state: Path) -> bytes:
    return b"\x00".join(path.read_bytes() for path in sorted(state.rglob("*")) if path.is_file())


async def test_after_closing_nothing_in_the_folder_says_who_it_was(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house, Notary(house.store, house.clock, SIGNER, RememberingWitness()):
        await closed(house)
        while_running = everything(tmp_path)
    for content in (while_running, everything(tmp_path)):
        assert b"Canary".lower() not in content.lower()
        found = [form for text in (NAME, PHONE, PLACE, SHOP) for form in forms(text) if form in content]
        assert found == []


async def test_that_search_would_find_them(tmp_path: Path) -> None:
    for text in (NAME, PHONE, PLACE, SHOP):
        for number, form in enumerate(forms(text)):
            (tmp_path / f"{number}").write_bytes(b"before " + form + b" after")
            assert form in everything(tmp_path)
    whole = base64.b64encode(f"his number is {PHONE}, call him".encode())
    assert any(form in whole for form in forms(PHONE))


def digests_in(path: Path) -> set[str]:
    """Everything in the audit that could be a digest of something."""
    connection = sqlite3.connect(path)
    found: set[str] = set()
    for (line,) in connection.execute("SELECT line FROM audit"):
        found |= {word for word in line.replace('"', " ").replace(":", " ").split() if len(word) >= 16}
    connection.close()
    return found


def guesses(number: str) -> Iterator[str]:
    """What a digest of a number could be for somebody without the key, whole or cut to 16 digits."""
    for written in (number, number.replace("-", ""), f"+82{number[1:]}", f"+82{number[1:].replace('-', '')}"):
        data = written.encode()
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(name, data).hexdigest()
            yield from (digest, digest[:16])
        for key in (b"", b"tracedesk", b"tracedesk audit mac", b"tracedesk root key", b"audit", b"\x00" * 32):
            digest = hmac.new(key, data, "sha256").hexdigest()
            yield from (digest, digest[:16])


async def test_hashed_phone_numbers_are_not_found_by_trying_them_all(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await closed(house)
        mac = house.vault.mac(PHONE)
    found = digests_in(tmp_path / "tracedesk.sqlite")
    assert mac in found  # it is there, and whoever holds the key can still compare
    block = [f"010-5550-{number:04d}" for number in range(10_000)]  # the right one is among them
    assert PHONE in block
    assert [number for number in block if not found.isdisjoint(guesses(number))] == []


async def test_that_trial_would_find_a_number_hashed_without_a_key() -> None:
    for careless in (
        hashlib.sha256(PHONE.encode()).hexdigest(),
        hashlib.sha256(PHONE.replace("-", "").encode()).hexdigest()[:16],
        hmac.new(b"tracedesk", PHONE.encode(), "sha256").hexdigest()[:16],
    ):
        assert careless in set(guesses(PHONE))


async def test_counts_are_the_same_before_and_after_erasure_and_add_up(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case("A")
        house.pool.tracks = lambda request: (a_track(),)
        detail = await house.traced("A")
        await house.confirm(detail.candidates[0].candidate_id, Answer.SAME)
        while await house.store.run(counts.catch_up):
            pass
        before = await house.store.run(counts.read)
        house.vault.destroy(frozenset({case_key("A"), face_key("A")}))
        while await house.store.run(counts.catch_up):
            pass
        after = await house.store.run(counts.read)
        assert after == before
        total = after[ALL_DAYS]
        assert total["searches"] == 1
        assert total["windows"] == len(house.pool.grants)
        assert total["cameras"] == len({grant.camera_id for grant in house.pool.grants})
        seconds = sum((g.interval.end - g.interval.start).total_seconds() for g in house.pool.grants)
        assert seconds <= total["camera_s"] <= seconds + len(house.pool.grants)
        assert total["faces_compared"] == 2 * len(house.pool.grants)
        assert (total["views"], total["decisions"]) == (1, 1)
        for name in ADDED:
            assert total[name] == sum(day[name] for key, day in after.items() if key != ALL_DAYS)
        tally = Tally()
        for line in await house.audit():
            tally.add(line)
        assert as_stored(tally.counts) == after
        assert (await verify(house.store)).fault is None


async def test_g14_pictures_that_are_shown_again_under_one_key_are_counted_again(tmp_path: Path) -> None:
    """Else any number of looks within the week of a receipt would be one published view."""
    async with a_house(tmp_path) as house:
        await house.case("A")
        house.pool.tracks = lambda request: (a_track(),)
        candidate_id = (await house.traced("A")).candidates[0].candidate_id
        once = replace(ME, key="one-look", request_sha256="one-look")
        for _ in range(3):
            assert (await house.review.view(once, candidate_id, 100.0)).pictures
        while await house.store.run(counts.catch_up):
            pass
        assert (await house.store.run(counts.read_totals))["views"] == 3


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_tally SET amount = amount - 1 WHERE name = 'views' AND day = ''",
        "UPDATE audit_tally SET amount = 0 WHERE name = 'faces_compared'",
        "DELETE FROM audit_tally WHERE name = 'searches'",
    ],
)
async def test_counts_that_were_made_to_look_better_do_not_add_up(tmp_path: Path, attack: str) -> None:
    async with a_house(tmp_path) as house:
        await closed(house)
        witness = RememberingWitness()
        async with Notary(house.store, house.clock, SIGNER, witness):
            pass
        honest = witness.kept[-1].checkpoint.counts
        await house.store.run(lambda tx: tx.execute(attack))
        found = await verify(house.store, SIGNER.verifier)
        assert found.fault is not None
        assert "counts" in found.fault.problem
        assert honest["views"] == 1  # and the witness has published what they were
