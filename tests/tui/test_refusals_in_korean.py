"""Every no of the engine that can come to a desk is understood, and said in the language of the person."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.engine_sentences import by_file, sentences
from tui.language import catalogue
from tui.language.catalogue import tr_engine

HANGUL = re.compile("[가-힣]")
LEFT_IN_ENGLISH = re.compile(r"(?<![a-z./-])[a-z]{2,} [a-z]{2,} [a-z]{2,}(?![a-z./-])")
COMMAND = re.compile(r"tracedesk( [a-z-]+)+")
# These speak before there is a desk, or to who keeps the machine, by commands in plain English.
NO_DESK = (
    "engine/vault/unseal.py",
    "engine/vault/keyfile.py",
    "engine/vault/keys.py",
    "engine/vault/copy.py",
    "engine/store/backup.py",
    "engine/store/filesystem.py",
    "engine/store/lock.py",
    "engine/store/migrating.py",
    "engine/store/opening.py",
    "engine/store/restoring.py",
    "engine/store/schema.py",
    "engine/audit/checkpoint.py",
    "engine/audit/export.py",
    "engine/api/audit_file.py",
    "engine/api/listening.py",
    "engine/domain/checkpoint.py",
)

# Workers read what somebody hands in at the desk, and what they say of it comes back there.
HANDED_IN = (
    "adapters/records/",
    "adapters/face/photo.py",
    "adapters/footage/reader.py",
    "adapters/worker.py",
)
HOUSE = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def in_korean() -> Iterator[None]:
    catalogue.use("ko")
    try:
        yield
    finally:
        catalogue.use("en")


def is_said(readings: tuple[str, ...]) -> bool:
    """Whether one of the readings becomes Korean with no English left in it."""
    said = (tr_engine(reading) for reading in readings)
    return any(HANGUL.search(one) and not LEFT_IN_ENGLISH.search(COMMAND.sub("", one)) for one in said)


def test_every_refusal_that_can_come_to_a_desk_is_said_in_korean() -> None:
    missing = {
        sentence: where
        for sentence, (where, readings) in sentences().items()
        if not where.startswith(NO_DESK) and not is_said(readings)
    }
    assert by_file(missing) == {}, "add them to configs/words/ko.toml, under patterns"


@pytest.mark.parametrize("where", HANDED_IN)
def test_every_word_about_what_was_handed_in_is_said_in_korean(where: str) -> None:
    found = {s: said for s, said in sentences(HOUSE / "adapters").items() if said[0].startswith(where)}
    assert found, "it was moved"
    missing = {sentence: at for sentence, (at, readings) in found.items() if not is_said(readings)}
    assert by_file(missing) == {}, "add them to configs/words/ko.toml, under patterns"


def test_what_speaks_to_no_desk_is_there() -> None:
    """Or a file that was moved would be left out for nothing."""
    there = {where.partition(":")[0] for where, _ in sentences().values()}
    assert set(NO_DESK) <= there


def test_sentences_are_found_in_all_forms_in_which_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "one.py").write_text(
        'raise Refused("one is bad", mend="two helps")\n'
        'raise asked.Conflict(f"three of {n} are bad{by}")\n'
        'mend = "four helps" if x else "five helps"\n'
        'require_version(asked, 1, what="the six")\n'
        'InputError(f\'seven {"candidate" if n == 1 else "candidates"}\')\n'
        'InputError(somewhere_else, mend=f"{known}")\n'
    )
    found = sentences(tmp_path / "engine")
    assert set(found) == {
        "one is bad",
        "two helps",
        "three of {} are bad{}",
        "four helps",
        "five helps",
        "the six",
        "seven {}",
    }
    assert "three of 7 are bad" in found["three of {} are bad{}"][1]
    assert found["seven {}"][1] == ("seven candidate", "seven candidates")


@pytest.mark.parametrize(
    "sentence", ["nobody has heard of this", "look first; nobody has heard of this", "7: nobody has heard it"]
)
def test_what_is_not_in_the_catalogue_would_be_found(sentence: str) -> None:
    assert not is_said((sentence,))
