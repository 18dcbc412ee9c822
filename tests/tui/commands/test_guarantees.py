from pathlib import Path

import pytest
from typer.testing import CliRunner

from tui.cli import app
from tui.commands.guarantees import last_run, record_run, release_hash, results_file, table_of_guarantees


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def printed(*words: str) -> str:
    outcome = CliRunner().invoke(app, ["guarantees", *words], env={"COLUMNS": "200"})
    assert outcome.exit_code == 0
    return outcome.stdout


def rows(text: str) -> dict[str, str]:
    """The last words of the line in which each number stands."""
    lines = [line.split() for line in text.splitlines()]
    return {
        line[0]: " ".join(line[-2:]) for line in lines if line and line[0][0] == "G" and line[0][1:].isdigit()
    }


def test_every_number_from_1_to_28_is_promised_once() -> None:
    assert [g.number for g in table_of_guarantees()] == [f"G{n}" for n in range(1, 29)]
    assert all(g.promise.strip() and g.attack.strip() for g in table_of_guarantees())


def test_without_a_run_nothing_is_claimed() -> None:
    text = printed()
    assert set(rows(text).values()) == {"not run"}
    assert "no test run of this code is recorded here: run pytest tests/guarantees" in text


def test_a_run_is_counted_by_the_numbers_in_the_names_of_its_tests() -> None:
    record_run(
        {"test_g1_forged": True, "test_g01_expired": True, "test_g3_withdrawn": False, "test_other": True}
    )
    found = rows(printed())
    assert found["G1"] == "2 passed"
    assert found["G3"].endswith("0 passed")
    assert "1 FAILED, 0 passed" in printed()
    assert found["G28"] == "test yet"


def test_a_run_of_other_code_does_not_count() -> None:
    record_run({"test_g1_forged": True})
    assert last_run(release_hash()) is not None
    assert last_run("0" * 16) is None


def test_a_damaged_record_of_a_run_is_as_none() -> None:
    record_run({"test_g1_forged": True})
    results_file().write_bytes(b'{"release":')
    assert last_run(release_hash()) is None


def test_the_attacks_are_printed_when_asked_for() -> None:
    assert "attack" not in printed().splitlines()[0]
    assert "attack" in printed("--attacks").splitlines()[0]
