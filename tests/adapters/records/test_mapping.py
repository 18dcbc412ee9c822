from pathlib import Path

import pytest

from adapters.records.mapping import default_mapping, load_mapping
from engine.domain.errors import InputError
from engine.domain.record import Source


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mapping_is_read_from_toml(tmp_path: Path) -> None:
    mapping = load_mapping(
        written(tmp_path, 'source = "entry"\nencoding = "cp949"\n[columns]\nentered_at = "출입일시"\n')
    )
    assert mapping.source is Source.ENTRY
    assert mapping.columns == {"entered_at": "출입일시"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('source = "diary"', "source"),
        ('source = "entry"\ncolour = "red"', "colour"),
        ('source = "entry"\n[columns]\nshoe_size = "x"', "columns.shoe_size"),
    ],
)
def test_what_no_mapping_has_is_named_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        load_mapping(written(tmp_path, text))
    assert place in str(caught.value)
    assert "m.toml" in caught.value.file


def test_the_default_mapping_takes_our_own_names(tmp_path: Path) -> None:
    assert all(default_mapping(source).columns == {} for source in Source)
