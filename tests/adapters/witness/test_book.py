from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.witness.book import SILENCE, Book
from adapters.witness.memory import MARK_BYTES, Disagrees, Entry
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.checkpoint import Checkpoint, parse_note
from engine.domain.errors import InputError, Refused
from engine.ports import WitnessAway
from tests.adapters.witness.audits import NOW, ORIGIN, SIGNER, Audit

TRUE, FORK = Audit(), Audit("fork", same=5)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    made = Book(tmp_path, NOW)
    made.enrol(SIGNER.verifier, NOW)
    return made


def tell(book: Book, audit: Audit, size: int, at_minute: float = 0, **counts: int) -> None:
    origin = audit.signer.verifier.origin
    latest = book.latest(origin)
    since = latest.checkpoint.size if latest else 0
    book.remember(audit.signed(size, **counts), since, audit.proof(since, size), NOW + at_minute * MINUTE)


def kinds(book: Book) -> list[tuple[str, str]]:
    return [(alarm.kind, alarm.origin) for alarm in book.alarms()]


def test_engines_are_kept_apart(book: Book, tmp_path: Path) -> None:
    other = CheckpointSigner(b"o" * 32, "seoul.example/tracedesk")
    book.enrol(other.verifier, NOW)
    tell(book, TRUE, 10, views=3)
    tell(book, Audit("other", signer=other), 7)
    book.close()
    again = Book(tmp_path, NOW)
    assert again.latest(ORIGIN) == TRUE.signed(10, views=3)
    counts = {one.origin: (one.size, one.counts) for one in again.counts()}
    assert counts == {ORIGIN: (10, {"views": 3}), "seoul.example/tracedesk": (7, {})}


def test_an_engine_that_nobody_enrolled_is_refused(book: Book) -> None:
    stranger = Audit(signer=CheckpointSigner(b"o" * 32, "stranger"))
    with pytest.raises(Refused, match="not enrolled"):
        tell(book, stranger, 3)
    with pytest.raises(Refused, match="not enrolled"):
        book.checkpoints("", 0, 10)


def test_a_name_belongs_to_one_key(book: Book) -> None:
    book.enrol(SIGNER.verifier, NOW)  # twice the same is no fault
    with pytest.raises(InputError, match="known with another key"):
        book.enrol(CheckpointSigner(b"o" * 32, ORIGIN).verifier, NOW)
    assert list(book.engines()) == [ORIGIN]


def test_a_fork_gives_alarm_once_and_nothing_of_it_is_kept(book: Book, tmp_path: Path) -> None:
    tell(book, TRUE, 10)
    for size in (20, 30):
        with pytest.raises(Disagrees):
            tell(book, FORK, size)
    assert kinds(book) == [("fork", ORIGIN)]
    assert book.latest(ORIGIN) == TRUE.signed(10)
    book.close()
    assert kinds(Book(tmp_path, NOW)) == [("fork", ORIGIN)]


def test_silence_gives_alarm_counted_from_the_last_sign_of_life(book: Book) -> None:
    tell(book, TRUE, 10, at_minute=5)
    tell(book, TRUE, 10, at_minute=20)
    assert book.watch(NOW + 20 * MINUTE + SILENCE) == ()
    (alarm,) = book.watch(NOW + 21 * MINUTE + SILENCE)
    assert (alarm.kind, alarm.words) == ("silence", "nothing was heard for 31 minutes")
    assert book.watch(NOW + 100 * MINUTE) == ()  # one alarm is enough
    tell(book, TRUE, 12, at_minute=101)
    assert kinds(book) == [("silence", ORIGIN)]  # a person has to know of it all the same


def test_an_engine_that_never_spoke_is_silent_too(book: Book) -> None:
    assert book.watch(NOW + SILENCE) == ()
    assert len(book.watch(NOW + SILENCE + MINUTE)) == 1


def test_while_the_witness_was_off_nobody_was_silent(book: Book, tmp_path: Path) -> None:
    tell(book, TRUE, 10)
    book.close()
    later = NOW + timedelta(days=3)
    again = Book(tmp_path, later)
    assert again.watch(later + SILENCE) == ()
    assert len(again.watch(later + SILENCE + MINUTE)) == 1


def test_a_disagreement_is_no_sign_of_life(book: Book) -> None:
    tell(book, TRUE, 10)
    for minute in range(0, 60, 5):
        with pytest.raises(Disagrees):
            tell(book, FORK, 20, at_minute=minute)
    assert book.watch(NOW + 60 * MINUTE)
    assert kinds(book) == [("fork", ORIGIN), ("silence", ORIGIN)]


def test_alarms_end_by_a_person_and_a_reason(book: Book, tmp_path: Path) -> None:
    tell(book, TRUE, 10)
    with pytest.raises(Disagrees):
        tell(book, FORK, 20)
    with pytest.raises(InputError, match="say why"):
        book.accept(ORIGIN, "lee", "  ", NOW)
    closed, latest = book.accept(ORIGIN, "lee", "a drill", NOW)
    assert (closed, latest) == (1, TRUE.signed(10))
    assert book.alarms() == ()
    with pytest.raises(Disagrees):  # the drill is over: nothing of the fork was accepted
        tell(book, FORK, 20)
    assert [alarm.number for alarm in book.alarms()] == [2]
    assert "a drill" in (tmp_path / "alarms.jsonl").read_text()


def test_an_accepted_fork_goes_on_from_where_both_were_one(book: Book) -> None:
    for size in (4, 10):
        tell(book, TRUE, size)
    with pytest.raises(Disagrees):
        tell(book, FORK, 20)
    closed, latest = book.accept(ORIGIN, "lee", "backup of monday restored", NOW, size=9)
    assert (closed, latest) == (1, TRUE.signed(4))
    tell(book, FORK, 20)
    assert book.latest(ORIGIN) == FORK.signed(20)


def test_a_second_process_may_accept_beside_the_server(book: Book, tmp_path: Path) -> None:
    tell(book, TRUE, 10)
    with pytest.raises(Disagrees):
        tell(book, FORK, 20)
    beside = Book(tmp_path, NOW)
    beside.accept(ORIGIN, "lee", "restored", NOW, size=0)
    beside.close()
    assert book.alarms() == ()
    tell(book, FORK, 20)


def test_checkpoints_are_given_out_page_by_page(book: Book) -> None:
    for size in range(1, 8):
        tell(book, TRUE, size)
    page = book.checkpoints(ORIGIN, 2, 3)
    assert (page.notes, page.more) == (tuple(TRUE.signed(n).note() for n in (3, 4, 5)), True)
    page = book.checkpoints(ORIGIN, 5, 3)
    assert (page.notes, page.more) == (tuple(TRUE.signed(n).note() for n in (6, 7)), False)


def test_a_folder_that_is_none_or_was_meddled_with_is_said(book: Book, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        Book(tmp_path / "nowhere", NOW)
    with (tmp_path / "alarms.jsonl").open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(InputError, match="no witness wrote"):
        book.alarms()


def test_a_time_that_is_none_is_said(book: Book, tmp_path: Path) -> None:
    tell(book, TRUE, 3)
    (heard,) = (tmp_path / "heard").iterdir()
    heard.write_text("soon")
    with pytest.raises(InputError, match="holds no time"):
        book.heard(ORIGIN)


def long_memory(book: Book, folder: Path, checkpoints: int) -> None:
    """A witness that has remembered so many, one of each number of lines."""
    tell(book, TRUE, 1)
    (path,) = folder.glob("*[0-9a-f].jsonl")
    entries = [Entry(kind="checkpoint", at=NOW, note=note_of(size)) for size in range(2, checkpoints + 1)]
    with path.open("ab") as more:
        more.writelines(msgspec.json.encode(entry) + b"\n" for entry in entries)


def note_of(size: int) -> str:
    return SIGNER.sign(Checkpoint(origin=ORIGIN, size=size, root=b"r" * 32, at=NOW)).note()


def bytes_read() -> int:
    """By this process, from wherever."""
    (line,) = [x for x in Path("/proc/self/io").read_text().splitlines() if x.startswith("rchar:")]
    return int(line.split()[1])


@pytest.mark.parametrize("after", [0, 1500, 2990])
def test_a_page_costs_the_page_and_not_the_whole_ledger(book: Book, tmp_path: Path, after: int) -> None:
    long_memory(book, tmp_path, 3000)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) > 8 * MARK_BYTES
    book.look_through()
    before = bytes_read()
    page = book.checkpoints(ORIGIN, after, 10)
    assert bytes_read() - before < 3 * MARK_BYTES
    assert page.notes[1:] == tuple(note_of(n) for n in range(after + 2, after + 11))
    assert page.more is (after < 2990)


def test_a_published_checkpoint_that_is_sent_again_costs_no_more_than_a_page(
    book: Book, tmp_path: Path
) -> None:
    long_memory(book, tmp_path, 3000)
    book.look_through()
    before = bytes_read()
    again = parse_note(note_of(1500))
    with pytest.raises(WitnessAway, match="older than what is remembered, 3000 lines"):
        book.remember(again, 0, (), NOW)
    assert bytes_read() - before < 4 * MARK_BYTES
    assert book.alarms() == ()


def test_pages_are_the_same_whether_or_not_the_ledger_was_looked_through(book: Book, tmp_path: Path) -> None:
    long_memory(book, tmp_path, 2000)
    book.accept(ORIGIN, "lee", "restored", NOW, size=900)
    (path,) = tmp_path.glob("*[0-9a-f].jsonl")
    entries = [Entry(kind="checkpoint", at=NOW, note=note_of(size)) for size in range(901, 2100)]
    with path.open("ab") as more:
        more.writelines(msgspec.json.encode(entry) + b"\n" for entry in entries)
    for after in (0, 1, 899, 900, 1999, 2098, 2099, 5000):
        fresh = Book(tmp_path, NOW)
        cold = fresh.checkpoints(ORIGIN, after, 3000)
        fresh.look_through()
        assert fresh.checkpoints(ORIGIN, after, 3000) == cold
        fresh.close()
    sizes = [int(note.split("\n")[1]) for note in book.checkpoints(ORIGIN, 1999, 3000).notes]
    assert sizes == [2000, *range(2000, 2100)]
