"""G13: a witness that lost its memory, or another one, is gone on with; a cut or forked audit is not.

The intruder has an empty witness of their own, or one person's account, or the database file.
"""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from engine.api.asked import Asked
from engine.api.forms import NewWitness, NewWitnessLetter, WitnessGap
from engine.api.witnessing import Witnessing
from engine.audit import log, tree, witnessed
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.authorisation import Role
from engine.domain.checkpoint import Checkpoint, NewBecause, SignedCheckpoint
from engine.domain.errors import Refused
from engine.ports import Transaction
from engine.schedule.notary import AT_ONCE, EVERY_LINES, EVERY_S, Notary
from tests.engine.schedule.witnesses import RememberingWitness
from tests.guarantees.house import House, a_house, by

SIGNER = CheckpointSigner(b"s" * 32, "gaon")
HAN, KANG = by("han", 2007, Role.CUSTODIAN), by("kang", 2006, Role.AUDITOR)
LETTER, ANOTHER_LETTER = "a" * 64, "b" * 64
WANTED = NewWitness(because=NewBecause.REPLACED, letter_sha256=LETTER)
BEFORE = 110  # lines that the witness had acknowledged


@dataclass
class World:
    """An engine whose witness acknowledged 60 lines, then 110."""

    house: House
    witness: RememberingWitness
    notary: Notary
    service: Witnessing

    async def write(self, count: int) -> None:
        async def some(tx: Transaction) -> None:
            for number in range(count):
                await log.append(
                    tx, at=self.house.clock.wall, person="kim", action="view", object_id=f"o{number}"
                )

        await self.house.store.run(some)

    async def tick(self) -> None:
        self.house.clock.pass_s(EVERY_S)
        await self.notary.tick()

    async def propose(self, who: Asked = HAN) -> WitnessGap:
        return await self.service.propose(who, WANTED)

    async def accept(self, who: Asked = KANG, letter: str = LETTER) -> WitnessGap:
        return await self.service.accept(who, NewWitnessLetter(letter_sha256=letter))

    async def signed(self, size: int, root: bytes = b"") -> SignedCheckpoint:
        """What this engine would have signed for so many lines, or for others in their place."""
        here = root or await self.house.store.run(lambda tx: tree.root(tx, size))
        at = self.house.clock.wall
        return SIGNER.sign(Checkpoint(origin="gaon", size=size, root=here, at=at))

    async def permits(self) -> None:
        now = self.house.clock.wall
        await self.house.store.run(lambda tx: witnessed.require_witnessed(tx, now))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_house(tmp_path, rehearsal=False) as house:
        witness = RememberingWitness()
        notary = Notary(house.store, house.clock, SIGNER, witness)
        made = World(house, witness, notary, Witnessing(house.context, SIGNER, notary))
        await notary.prepare()
        for upto in (60, BEFORE):
            await made.write(upto - await house.store.run(tree.size))
            await made.tick()
            assert notary.state().acknowledged_size == upto
        yield made


async def test_g13_a_witness_that_lost_its_memory_is_gone_on_with_where_two_people_say_so(
    world: World,
) -> None:
    world.witness.kept.clear()
    await world.write(5)
    world.house.clock.pass_s(timedelta(hours=5).total_seconds())
    await world.tick()
    assert world.witness.kept == []
    with pytest.raises(Refused, match="no witness has acknowledged"):
        await world.permits()
    assert await world.propose() == WitnessGap(acknowledged=BEFORE, remembered=0)
    with pytest.raises(Refused, match="no witness has acknowledged"):
        await world.permits()  # one word is none
    assert await world.accept() == WitnessGap(acknowledged=BEFORE, remembered=0)
    assert world.witness.kept == []  # it stands in the audit before the witness hears of anything
    with pytest.raises(Refused, match="no witness has acknowledged"):
        await world.permits()  # nor is their word the witness's
    said = [line for line in await world.house.audit() if line.action == "witness"]
    assert [(line.person, line.outcome) for line in said] == [("han", "proposed"), ("kang", "accepted")]
    why = {"acknowledged": str(BEFORE), "remembered": "0", "because": "replaced", "letter": LETTER}
    assert said[0].detail == said[1].detail == why
    await world.tick()
    await world.permits()
    assert world.notary.state().problem == ""
    assert world.witness.kept[-1].checkpoint.size == said[1].seq


async def test_g13_a_witness_that_begins_anew_is_led_through_the_past(world: World) -> None:
    """Old exports can still be held against it, and each step has to follow from the one before."""
    for _ in range(3 * AT_ONCE // EVERY_LINES):
        await world.write(EVERY_LINES)
        await world.tick()
    world.witness.kept.clear()
    await world.propose()
    await world.accept()
    size = await world.house.store.run(tree.size)
    for _ in range(5):
        await world.tick()
    sizes = [one.checkpoint.size for one in world.witness.kept]
    assert sizes[0] <= AT_ONCE
    assert sizes[:4] == sorted(set(sizes[:4]))
    assert all(b - a <= AT_ONCE for a, b in itertools.pairwise(sizes))
    assert sizes[-1] == size
    assert world.notary.state().acknowledged_size == size


@pytest.mark.parametrize("second", ["the same account", "another account of the same person"])
async def test_g13_one_person_alone_goes_on_with_no_other_witness(world: World, second: str) -> None:
    uid, login = (HAN.person.uid, None) if second == "the same account" else (2006, HAN.person.uid)
    world.witness.kept.clear()
    await world.propose()
    with pytest.raises(Refused, match="nobody accepts a witness that they proposed") as no:
        await world.accept(by("kang", uid, Role.AUDITOR, login_uid=login))
    assert no.value.rule == "G24"
    await world.tick()
    assert world.witness.kept == []


@pytest.mark.parametrize("attack", ["forked", "rolled back"])
async def test_g13_no_word_goes_on_with_a_forked_or_rolled_back_audit(world: World, attack: str) -> None:
    """The two were asked for their word while an empty witness stood in the place of the right one."""
    remembered = [await world.signed(60)]
    world.witness.kept = list(remembered)
    await world.propose()
    forged = 60 if attack == "forked" else 4 * BEFORE
    world.witness.kept = [await world.signed(forged, b"x" * 32)]
    for say in (world.accept, world.propose):
        with pytest.raises(Refused, match=r"not those that|it was rolled back") as no:
            await say()
        assert no.value.rule == "G13"
    await world.tick()
    assert [one.checkpoint.size for one in world.witness.kept] == [forged]
    with pytest.raises(Refused):
        await world.permits()


async def test_g13_what_agrees_needs_nobodys_word(world: World) -> None:
    with pytest.raises(Refused, match="remembers all that it acknowledged"):
        await world.propose()


async def test_g13_a_word_is_for_one_gap_and_used_up_with_it(world: World) -> None:
    world.witness.kept = [await world.signed(60)]
    await world.propose()
    world.witness.kept.clear()  # and then it forgot the rest
    with pytest.raises(Refused, match="nobody has proposed"):
        await world.accept()
    world.witness.kept = [await world.signed(60)]
    await world.accept()
    world.witness.kept.clear()
    with pytest.raises(Refused, match="nobody has proposed"):
        await world.accept()


async def test_g13_the_second_person_has_the_letter_in_hand(world: World) -> None:
    world.witness.kept.clear()
    await world.propose()
    with pytest.raises(Refused, match="not the letter that was proposed"):
        await world.accept(letter=ANOTHER_LETTER)


@pytest.mark.parametrize("stamp", ["", "00" * 64, CheckpointSigner(b"t" * 32, "gaon").stamp("")])
async def test_g13_a_word_that_somebody_writes_into_the_database_is_nobodys(world: World, stamp: str) -> None:
    world.witness.kept.clear()
    await world.propose()

    async def forge(tx: Transaction) -> None:
        row = await tx.row("SELECT value FROM meta WHERE key = 'witness_proposed'")
        assert row is not None
        words = row["value"].partition("\n")[0].replace(str(HAN.person.uid), "4711")
        await tx.execute("UPDATE meta SET value = ? WHERE key = 'witness_proposed'", (f"{words}\n{stamp}",))

    await world.house.store.run(forge)
    with pytest.raises(Refused, match="nobody has proposed"):
        await world.accept()


async def test_g13_while_the_witness_is_silent_nobody_can_say_what_it_forgot(world: World) -> None:
    world.witness.kept.clear()
    await world.propose()
    world.witness.away = "no route to it"
    with pytest.raises(Refused, match="no route to it"):
        await world.accept()
    world.witness.away = ""
    await world.accept()
