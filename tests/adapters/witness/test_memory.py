from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.witness.memory import Disagrees, Memory
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.errors import InputError, Refused
from engine.ports import WitnessAway
from tests.adapters.witness.audits import NOW, ORIGIN, SIGNER, Audit

TRUE = Audit()
FORK = Audit("fork", same=30)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "memory.jsonl", SIGNER.verifier)


def tell(memory: Memory, audit: Audit, size: int, since: int | None = None, **given: object) -> None:
    latest = memory.latest()
    known = latest.checkpoint.size if latest else 0
    since = known if since is None else since
    signed = audit.signed(size, **given)  # type: ignore[arg-type]
    memory.remember(signed, since, audit.proof(since, size), NOW)


def sizes(memory: Memory) -> list[int]:
    return [int(entry.note.split("\n")[1]) for entry in memory.entries() if entry.note]


def test_an_audit_that_grows_is_remembered_step_by_step(memory: Memory, tmp_path: Path) -> None:
    assert memory.latest() is None
    for size in (1, 7, 8, 100, 399):
        tell(memory, TRUE, size)
        assert memory.latest() == TRUE.signed(size)
    memory.close()
    again = Memory(tmp_path / "memory.jsonl", SIGNER.verifier)
    assert again.latest() == TRUE.signed(399)
    assert sizes(again) == [1, 7, 8, 100, 399]


def test_the_same_again_is_a_sign_of_life_and_fills_no_file(memory: Memory) -> None:
    tell(memory, TRUE, 10)
    tell(memory, TRUE, 10, minutes=500)
    assert sizes(memory) == [10]


def test_a_fork_is_a_disagreement(memory: Memory) -> None:
    tell(memory, TRUE, 50)
    for size in (50, 51, 400):
        with pytest.raises(Disagrees):
            tell(memory, FORK, size)
    assert sizes(memory) == [50]


def test_a_fork_that_begins_later_goes_on(memory: Memory) -> None:
    tell(memory, TRUE, 30)
    tell(memory, FORK, 60)  # nobody ever signed for the other one
    with pytest.raises(Disagrees):
        tell(memory, TRUE, 70)


def test_a_rollback_is_a_disagreement(memory: Memory) -> None:
    tell(memory, TRUE, 50)
    with pytest.raises(Disagrees, match="40 lines were signed for after 50 had been"):
        tell(memory, TRUE, 40, since=0, minutes=60)


def test_two_audits_of_one_size_are_a_disagreement_even_when_told_late(memory: Memory) -> None:
    tell(memory, TRUE, 40)
    tell(memory, TRUE, 50)
    with pytest.raises(Disagrees, match="two different audits of 40 lines"):
        tell(memory, FORK, 40, since=0, minutes=1)


def test_an_older_checkpoint_that_somebody_sends_again_is_no_disagreement(memory: Memory) -> None:
    tell(memory, TRUE, 40)
    tell(memory, TRUE, 50)
    for size in (40, 45):
        with pytest.raises(WitnessAway, match="older than what is remembered"):
            tell(memory, TRUE, size, since=0)


def test_a_proof_that_begins_elsewhere_is_asked_for_again(memory: Memory) -> None:
    with pytest.raises(WitnessAway, match="the witness remembers none"):
        tell(memory, TRUE, 10, since=5)
    tell(memory, TRUE, 10)
    with pytest.raises(WitnessAway, match="begins at 5 lines, and 10 are remembered"):
        tell(memory, TRUE, 20, since=5)


def test_a_proof_that_proves_nothing_is_a_disagreement(memory: Memory) -> None:
    tell(memory, TRUE, 10)
    for proof in ((), (b"x" * 32,), TRUE.proof(10, 21)[:-1]):
        with pytest.raises(Disagrees):
            memory.remember(TRUE.signed(21), 10, proof, NOW)


def test_nobody_else_signs_for_the_engine(memory: Memory) -> None:
    true = TRUE.signed(10)
    other = Audit(signer=CheckpointSigner(b"t" * 32, ORIGIN)).signed(10)
    for forged in (
        other,
        msgspec.structs.replace(other, key_hash=true.key_hash),
        msgspec.structs.replace(true, checkpoint=FORK.signed(10).checkpoint, signature=b"s" * 64),
        Audit(signer=CheckpointSigner(b"s" * 32, "another")).signed(10),
    ):
        with pytest.raises(Refused, match="not signed by this engine"):
            memory.remember(forged, 0, (), NOW)
    assert memory.latest() is None


def test_of_an_empty_audit_there_is_nothing_to_remember(memory: Memory) -> None:
    with pytest.raises(InputError, match="nothing in it"):
        tell(memory, TRUE, 0)


def test_a_person_can_let_it_go_back_and_the_way_is_proved_from_there(memory: Memory) -> None:
    for size in (20, 30, 40, 50):
        tell(memory, TRUE, size)
    assert memory.accept(35, "lee", "the disk of the engine broke", NOW) == TRUE.signed(30)
    assert memory.latest() == TRUE.signed(30)
    with pytest.raises(Disagrees):
        tell(memory, Audit("fork", same=29), 60)
    tell(memory, FORK, 60)
    assert memory.known(45) == TRUE.signed(30)  # what was given up is on no way any more
    assert memory.known(60) == FORK.signed(60)
    last = [entry for entry in memory.entries() if entry.kind == "accepted"]
    assert [(e.who, e.reason) for e in last] == [("lee", "the disk of the engine broke")]


def test_going_back_to_nothing_begins_anew(memory: Memory) -> None:
    tell(memory, TRUE, 20)
    assert memory.accept(0, "lee", "a new engine under the old name", NOW) is None
    assert memory.latest() is None
    tell(memory, Audit("fork"), 5)


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"{}",
        b'{"kind":"checkpoint","at":"2026-03-06T00:00:00Z","note":"x"}',
        b'{"kind":"checkpoint","at":"2026-03-06T00:00:00Z","note":"","more":1}',
    ],
)
def test_a_line_that_no_witness_wrote_is_said(memory: Memory, tmp_path: Path, line: bytes) -> None:
    tell(memory, TRUE, 20)
    with (tmp_path / "memory.jsonl").open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(InputError):
        memory.latest()


def test_a_checkpoint_put_into_the_file_by_another_hand_is_said(tmp_path: Path) -> None:
    forger = CheckpointSigner(b"t" * 32, ORIGIN)
    path = tmp_path / "memory.jsonl"
    forged = Memory(path, forger.verifier)
    forged.remember(Audit(signer=forger).signed(10), 0, (), NOW + timedelta(days=1))
    forged.close()
    with pytest.raises(InputError, match="never signed"):
        Memory(path, SIGNER.verifier).latest()
