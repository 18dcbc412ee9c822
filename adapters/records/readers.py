"""Which reader opens which file: by its name, and only if its first bytes agree."""

from pathlib import PurePath

from adapters.records.read_csv import read_csv
from adapters.records.read_json import read_json
from adapters.records.read_xlsx import read_xlsx
from adapters.records.table import MAX_BYTES, Table
from engine.domain.errors import InputError
from engine.ports import RecordMapping

READERS = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".json": read_json,
    ".xlsx": read_xlsx,
}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_table(content: bytes, file: str, mapping: RecordMapping) -> Table:
    """A record file as a table. Raises InputError: unknown kind, too large, or not what it says."""
    if len(content) > MAX_BYTES:
        raise InputError(
            f"is over {MAX_BYTES // 1024 // 1024} MiB",
            file=file,
            mend="split it, or ask the source for the infectious period only",
        )
    suffix = PurePath(file).suffix.lower()
    if suffix not in READERS:
        raise InputError("is not a record file", file=file, mend=f"save it as one of {', '.join(READERS)}")
    if content.startswith(_OLE):
        raise InputError("is an old or encrypted workbook", file=file, mend="save it as XLSX or CSV")
    if content.startswith(_ZIP) != (suffix == ".xlsx"):
        found = "an XLSX workbook" if content.startswith(_ZIP) else "not an XLSX workbook"
        raise InputError(f"is {found}, whatever its name says", file=file, mend="give it the right name")
    return READERS[suffix](content, file, mapping)
