from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tui.commands.preview import preview


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(preview)
    return app


def test_the_command_shows_forms_and_columns_but_no_value(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "entry-x.csv"
    file.write_text("facility,entered_at,[bold]name\nMarket,2026-03-02 12:00,Kim\n", encoding="utf-8")
    shown = CliRunner().invoke(app, [str(file)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "xxxxxx" in shown.output
    assert "9999-99-99 99:99" in shown.output
    assert "columns dropped at intake: [bold]name" in shown.output
    assert "Kim" not in shown.output


def test_a_given_mapping_is_used(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("업소명,일시\n봄날,2026-03-02 12:00\n".encode("cp949"))
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'source = "entry"\nencoding = "cp949"\n[columns]\nfacility = "업소명"\nentered_at = "일시"\n',
        encoding="utf-8",
    )
    shown = CliRunner().invoke(app, [str(file), "--mapping", str(mapping)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "가가" in shown.output


def test_bad_input_is_one_line_and_exit_code_two(app: typer.Typer, tmp_path: Path) -> None:
    missing = tmp_path / "entry.csv"
    for arguments in ([str(missing)], [str(tmp_path / "diary.csv")]):
        shown = CliRunner().invoke(app, arguments)
        assert shown.exit_code == 2
        assert len(shown.output.strip().splitlines()) == 1
