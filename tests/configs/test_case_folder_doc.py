"""The examples of docs/CASE_FOLDER.md are read by the code they describe."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from adapters.records.parse import SOURCES
from adapters.records.schema import POSITION, UNCERTAINTY, check_mapping
from adapters.settings import SiteFile
from adapters.site.cameras import load_cameras
from adapters.site.places import load_places
from adapters.site.statement import RehearsalStatement
from engine.domain.record import Source
from engine.ports import RecordMapping
from tui.commands.case_folder import AuthorisationFile, CaseFile

DOC = (Path(__file__).resolve().parents[2] / "docs" / "CASE_FOLDER.md").read_text(encoding="utf-8")


def example(heading: str, language: str = "toml") -> str:
    part = re.split(r"^#+ ", DOC.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    found = re.search(rf"```{language}\n(.*?)```", part, flags=re.S)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("case.toml", CaseFile),
        ("authorisation.toml", AuthorisationFile),
        ("site.toml", SiteFile),
        ("rehearsal.toml", RehearsalStatement),
    ],
)
def test_every_key_of_an_example_exists_and_every_key_that_exists_is_shown(
    heading: str, kind: type[msgspec.Struct]
) -> None:
    table = tomllib.loads(example(heading))
    msgspec.convert(table, kind)
    assert set(table) == set(kind.__struct_fields__)


def test_the_example_of_a_mapping_shows_every_key_and_fits_its_source() -> None:
    table = tomllib.loads(example("A mapping"))
    mapping = msgspec.convert(table, RecordMapping)
    check_mapping(mapping, SOURCES[mapping.source].schema, "the example")
    assert set(table) == set(RecordMapping.__struct_fields__)


def test_the_example_camera_and_place_are_read(tmp_path: Path) -> None:
    cameras, places = tmp_path / "cameras.toml", tmp_path / "places.csv"
    cameras.write_text(example("cameras.toml"), encoding="utf-8")
    places.write_text(example("places.csv", "csv"), encoding="utf-8")
    assert load_cameras(cameras).warnings == ()
    assert load_places(places).find("봄날") is not None


@pytest.mark.parametrize("source", list(Source))
def test_the_table_of_columns_names_all_columns_of_a_source(source: Source) -> None:
    (line,) = re.findall(rf"^\| {source.value} \| (.*?) \|", DOC, flags=re.M)
    shown = set(re.findall(r"[a-z_]+", line)) - {"or"}
    columns = set(SOURCES[source].schema.columns)
    assert shown - {*POSITION} <= columns
    assert columns - {*POSITION, *UNCERTAINTY} <= shown
