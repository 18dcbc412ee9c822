"""The word of two people about a witness that forgot, as it comes over the socket."""

from pathlib import Path

import pytest

from engine.api.client import EngineSaysNo
from engine.api.forms import NewWitness, NewWitnessLetter, WitnessGap
from engine.audit import log, witnessed
from engine.domain.checkpoint import NewBecause
from tests.engine.api.conftest import House, open_house
from tests.engine.schedule.witnesses import RememberingWitness

LETTER = "a" * 64
WANTED = NewWitness(because=NewBecause.MOVED, letter_sha256=LETTER)
BODY = {"because": "moved", "letter_sha256": LETTER}


async def acknowledged(house: House) -> None:
    """One line is in the audit, and was acknowledged once."""
    store, now = house.context.store, house.clock.now()
    await store.run(lambda tx: log.append(tx, at=now, person="kim", action="read", object_id="x"))
    await store.run(lambda tx: witnessed.acknowledged(tx, 1, now))


async def test_what_was_forgotten_is_proposed_and_not_accepted_by_the_same_person(tmp_path: Path) -> None:
    async with open_house(tmp_path, witness=RememberingWitness()) as house:
        await acknowledged(house)
        gap = await house.client.propose_witness(WANTED)
        assert gap == WitnessGap(acknowledged=1, remembered=0)
        with pytest.raises(EngineSaysNo, match="nobody accepts a witness that they proposed") as no:
            await house.client.accept_witness(NewWitnessLetter(letter_sha256=LETTER))
        assert (no.value.status, no.value.code) == (403, "G24")


async def test_what_was_said_once_is_answered_again_though_the_witness_went_away(tmp_path: Path) -> None:
    witness = RememberingWitness()
    async with open_house(tmp_path, witness=witness) as house:
        await acknowledged(house)
        again = {"Idempotency-Key": "once-and-for-all"}
        first = await house.raw.post("/witness", json=BODY, headers=again)
        witness.away = "no route to it"
        second = await house.raw.post("/witness", json=BODY, headers=again)
        fresh = await house.raw.post("/witness", json=BODY)
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert (fresh.status_code, fresh.json()["code"]) == (403, "G13")
    assert "no route to it" in fresh.json()["message"]


async def test_an_engine_without_a_witness_says_so(house: House) -> None:
    with pytest.raises(EngineSaysNo, match="this engine has no witness"):
        await house.client.propose_witness(WANTED)


async def test_a_letter_is_named_by_its_sha256(house: House) -> None:
    for path in ("/witness", "/witness/accept"):
        body = BODY | {"letter_sha256": "letter 81"} if path == "/witness" else {"letter_sha256": "x"}
        answer = await house.raw.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "input")
        assert "letter_sha256: is no sha256" in answer.json()["message"]
