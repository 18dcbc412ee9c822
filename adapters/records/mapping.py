"""Mappings: how the columns of somebody else's file become ours."""

from pathlib import Path

from adapters.records.parse import SOURCES
from adapters.records.schema import check_mapping
from adapters.settings import load_toml
from engine.domain.record import Source
from engine.ports import RecordMapping


def load_mapping(path: Path) -> RecordMapping:
    """Read a mapping (TOML). Raises InputError for keys or columns that do not exist."""
    mapping: RecordMapping = load_toml(path, RecordMapping)
    check_mapping(mapping, SOURCES[mapping.source].schema, str(path))
    return mapping


def default_mapping(source: Source) -> RecordMapping:
    """A file that already has our own column names, UTF-8, times in Korea or with their offset."""
    return RecordMapping(source=source)
