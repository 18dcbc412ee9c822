"""G19: what people write about a person is no argument: whoever lists the processes would read it."""

import pytest
from typer.testing import CliRunner

from tui.cli import app


@pytest.mark.parametrize(
    "words",
    [
        ("case", "handover", "A", "Park calls back"),
        ("candidates", "note", "C-1", "it is Park"),
        ("contacts", "add", "A", "Park", "--backing", "roster"),
        ("case", "notice", "passed-on", "A", "Gaon Province", "contacts of Park"),
    ],
)
def test_g19_no_text_about_a_person_is_taken_as_an_argument(words: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(app, [*words, "--socket", "/nowhere"])
    assert outcome.exit_code == 2
    assert "unexpected extra argument" in outcome.output
