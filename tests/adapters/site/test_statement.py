from pathlib import Path

import pytest

from adapters.site.statement import load_statement
from engine.domain.errors import InputError

ONE, TWO = "a" * 64, "b" * 64
HEAD = 'said_by = "somebody"\nsaid_on = 2026-03-01\nstatement = "Everyone shown is invented."\n'


def files(*entries: tuple[str, str]) -> str:
    return "".join(f'[[files]]\nsha256 = "{digest}"\nfile = "{name}"\n' for digest, name in entries)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rehearsal.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_statement_gives_the_hashes_it_lists(tmp_path: Path) -> None:
    statement = load_statement(written(tmp_path, HEAD + files((ONE, "a.mp4"), (TWO, "b.mp4"))))
    assert statement.hashes == {ONE, TWO}
    assert statement.said_by == "somebody"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD + files((ONE, "a"), (ONE, "b")), "files[1]"),
        (HEAD + files((ONE, "a"), (TWO, "a")), "files[1]"),
        (HEAD + files(("A" * 64, "a")), "files[0].sha256"),
        (HEAD + files(("abc", "a")), "files[0].sha256"),
        (HEAD.replace("somebody", " ") + files((ONE, "a")), "said_by"),
        (HEAD.replace("said_on = 2026-03-01\n", "") + files((ONE, "a")), ""),
        (HEAD, ""),
    ],
)
def test_a_statement_that_lacks_something_is_refused(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        load_statement(written(tmp_path, text))
    assert caught.value.place == place
