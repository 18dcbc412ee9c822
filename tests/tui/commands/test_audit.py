"""``tracedesk audit`` as an auditor meets it: on a file, and on an engine's answers."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from engine.api.audit_schema import AuditCounts, AuditPage, AuditVerdict
from engine.api.auditing import Auditing
from engine.api.client import EngineSaysNo
from engine.api.schema import AuditEntry
from engine.audit import checkpoint, export, log
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.errors import InputError
from engine.domain.person import Person
from engine.ports import Transaction
from engine.trace.context import Context
from tests.engine.fakes import NOW, FakePool, SetClock, a_context
from tui.cli import app
from tui.commands import audit

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
KEY = SIGNER.verifier.text()


class Engine:
    """Answers an auditor like the service, without a socket in between."""

    def __init__(self, context: Context) -> None:
        self._auditing = Auditing(context, SIGNER)
        self._person = Person(uid=1, name="lee")
        self.pages = 0
        self.answers: int | None = None  # pages; None: all there are

    async def audit(self, after: int = 0) -> tuple[AuditEntry, ...]:
        return await self._auditing.read(self._person, after)

    async def audit_verify(self) -> AuditVerdict:
        return await self._auditing.verify(self._person)

    async def audit_counts(self) -> AuditCounts:
        return await self._auditing.counts()

    async def audit_export(self, after: int, upto: int = 0) -> AuditPage:
        if self.pages == self.answers:
            raise EngineSaysNo(422, "input", "the audit cannot be written")
        self.pages += 1
        return await self._auditing.export(self._person, after, upto)


async def write_lines(context: Context, lines: int) -> None:
    async def write(tx: Transaction) -> None:
        for number in range(lines):
            await log.append(tx, at=NOW, person="kim", action="view", object_id=f"o{number}")

    await context.store.run(write)


async def make_export(folder: Path, lines: int, after: int = 0) -> tuple[Path, int]:
    """An export written by the command; the file and how many pages it took."""
    file = folder / "audit.jsonl"
    async with a_context(folder, pool=FakePool(), clock=SetClock()) as context:
        await write_lines(context, lines)
        before = await context.store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
        (folder / "witness.txt").write_text(before.note(), "utf-8")
        engine = Engine(context)
        written, last, key = await audit.write_export(engine, file, after)
        assert (written, last, key) == (lines - after, lines, KEY)
    return file, engine.pages


def verified(file: Path, *more: str) -> tuple[int, list[str]]:
    outcome = CliRunner().invoke(app, ["audit", "verify", str(file), *more])
    assert "Traceback" not in outcome.output
    return outcome.exit_code, outcome.output.splitlines()


async def test_an_export_is_checked_offline(tmp_path: Path) -> None:
    file, _ = await make_export(tmp_path, 12)
    code, lines = verified(file, "--key", KEY)
    assert code == 0
    assert lines == [
        "the lines up to 12 are as they were written",
        "1 checkpoints fit, up to line 12",
        "whether a tail was cut off can only be told with --witness",
    ]
    assert verified(file, "--key", KEY, "--witness", str(tmp_path / "witness.txt"))[0] == 0


async def test_a_long_export_takes_several_pages_and_one_from_the_middle_too(tmp_path: Path) -> None:
    file, pages = await make_export(tmp_path, export.PAGE + 7, after=3)
    assert pages == 2
    code, lines = verified(file, "--key", KEY)
    assert code == 0
    assert lines[0] == f"the lines up to {export.PAGE + 7} are as they were written"


async def test_the_first_bad_line_is_named(tmp_path: Path) -> None:
    file, _ = await make_export(tmp_path, 12)
    rewrite(file, lambda content: content.replace(b"o4", b"o5"))
    assert verified(file, "--key", KEY) == (1, ["BAD: line 5: was edited: its hash is another"])


async def test_a_cut_tail_is_named_with_what_the_witness_remembers(tmp_path: Path) -> None:
    file, _ = await make_export(tmp_path, 12)
    rewrite(file, lambda content: b"".join(content.splitlines(keepends=True)[:8]))
    code, lines = verified(file, "--key", KEY)
    assert code == 1  # what no checkpoint covers is not said to be sound
    assert "none of them was signed for" in lines
    code, lines = verified(file, "--key", KEY, "--witness", str(tmp_path / "witness.txt"))
    assert (code, lines) == (1, ["BAD: lines 8 to 12: is missing: 12 lines were written, 7 are left"])


def rewrite(file: Path, change: "object") -> None:
    file.write_bytes(change(file.read_bytes()))  # type: ignore[operator]


async def test_without_the_key_or_with_a_wrong_one_nothing_is_said_to_be_sound(tmp_path: Path) -> None:
    file, _ = await make_export(tmp_path, 12)
    code, lines = verified(file)
    assert code == 2
    assert "tracedesk audit key" in lines[0]
    other = CheckpointSigner(b"t" * 32, "bucheon/test").verifier.text()
    assert verified(file, "--key", other)[0] == 1
    assert verified(file, "--key", "nonsense")[0] == 2


async def test_an_existing_file_is_not_written_over(tmp_path: Path) -> None:
    file, _ = await make_export(tmp_path, 2)
    async with a_context(tmp_path, pool=FakePool(), clock=SetClock()) as context:
        with pytest.raises(InputError, match="file exists"):
            await audit.write_export(Engine(context), file, 0)


async def test_an_export_that_the_engine_breaks_off_leaves_no_half_file(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    async with a_context(tmp_path, pool=FakePool(), clock=SetClock()) as context:
        await write_lines(context, export.PAGE + 7)
        engine = Engine(context)
        engine.answers = 1
        with pytest.raises(EngineSaysNo):
            await audit.write_export(engine, file, 0)
        assert not file.exists()
        engine.answers = None
        written, _, _ = await audit.write_export(engine, file, 0)
        assert written == export.PAGE + 8  # that somebody tried before is a line too


async def test_every_line_is_shown_however_many_an_answer_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_context(tmp_path, pool=FakePool(), clock=SetClock()) as context:
        await write_lines(context, 2_003)
        await audit.show_lines(Engine(context), 1)
    told = capsys.readouterr().out.splitlines()
    assert [int(line.split()[0]) for line in told] == list(range(2, 2_004))
    assert told[0].endswith(" kim view o1 done")


def test_without_an_engine_it_says_so_in_one_line(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["audit", "show", "--state", str(tmp_path)])
    assert outcome.exit_code == 2
    assert "no engine answers" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


VERDICT = AuditVerdict(
    lines=12,
    first_bad=None,
    first_bad_until=None,
    problem="",
    checkpoints=2,
    signed_upto=10,
    root="",
    witnessed_upto=10,
    witnessed_at=datetime(2026, 3, 6, tzinfo=UTC),
    disagreement="",
    seconds=0.1,
    key=KEY,
)


def test_a_verdict_of_the_engine_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit._say_verdict(VERDICT) == 0
    assert capsys.readouterr().out.splitlines() == [
        "12 lines are as they were written (0.1 s)",
        "2 checkpoints fit, up to line 10; 2 came after",
        "the witness acknowledged 10 of them; last heard: 2026-03-06 00:00Z",
    ]


def test_a_bad_verdict_and_a_witness_that_disagrees_are_no_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = msgspec.structs.replace(VERDICT, first_bad=3, first_bad_until=9, problem="was \x1b[31medited")
    assert audit._say_verdict(bad) == 1
    assert capsys.readouterr().out == "BAD: lines 3 to 9: was \ufffd[31medited\n"
    assert audit._say_verdict(msgspec.structs.replace(VERDICT, disagreement="it was rolled back")) == 1
    assert "the witness disagrees: it was rolled back" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["propose-witness", "--because", "moved"], ["accept-witness"]], ids=lambda words: words[0]
)
def test_about_another_witness_there_is_one_plain_line_where_no_engine_answers(
    tmp_path: Path, words: list[str]
) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"our disk failed")
    outcome = CliRunner().invoke(app, ["audit", *words, "--letter", str(letter), "--state", str(tmp_path)])
    assert outcome.exit_code == 2
    assert outcome.stderr.splitlines()[0].startswith("tracedesk: ")
    assert "no engine answers" in outcome.stderr


def test_a_letter_that_is_not_there_goes_to_no_engine(tmp_path: Path) -> None:
    words = ["audit", "accept-witness", "--letter", str(tmp_path / "none.pdf")]
    outcome = CliRunner().invoke(app, words)
    assert outcome.exit_code == 2
    assert "none.pdf: no such file or directory" in outcome.stderr
