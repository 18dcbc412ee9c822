"""The audit as a file that another institution checks without this engine.

Lines of JSON: a header, then records in order, each either an audit line with its hash, or a checkpoint
that was signed of all lines before it. Where the file begins in the middle, the header carries the peaks
of the tree there: together with the lines they make the roots that the checkpoints were signed for.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from engine.audit import checkpoint, tree
from engine.audit.check import Fault, Page, Verdict, Walk, cut_off
from engine.audit.checkpoint import is_signed
from engine.audit.line import GENESIS, decode
from engine.domain.checkpoint import VerifierKey, parse_note
from engine.domain.errors import InputError
from engine.ports import Transaction

T = TypeVar("T")
FORMAT = "tracedesk audit 1"
PAGE = 1000  # lines


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``key`` is the engine's own word for its key: whoever checks has it from elsewhere."""

    format: str
    key: str
    after: int
    previous: str
    peaks: tuple[str, ...]


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either ``line`` and its ``hash``, or the ``note`` of a checkpoint."""

    line: str = ""
    hash: str = ""
    note: str = ""


async def header(tx: Transaction, verifier: VerifierKey, after: int) -> Header:
    """What stands before the records that follow line ``after``. Raises InputError where there is none."""
    previous = GENESIS
    if after:
        row = await tx.row("SELECT hash FROM audit WHERE seq = ?", (after,))
        if row is None:
            raise InputError(f"there is no line {after}", place="after", mend="name one that there is, or 0")
        previous = str(row["hash"])
    peaks = tuple(peak.hex() for peak in await tree.peaks(tx, after))
    return Header(format=FORMAT, key=verifier.text(), after=after, previous=previous, peaks=peaks)


async def records(tx: Transaction, after: int, upto: int) -> list[Record]:
    """At most ``PAGE`` lines after a number and up to another, with the checkpoints among them."""
    last = min(after + PAGE, upto)
    rows = await tx.rows(
        "SELECT seq, CAST(line AS BLOB) AS line, CAST(hash AS BLOB) AS hash FROM audit"
        " WHERE seq > ? AND seq <= ? ORDER BY seq",
        (after, last),
    )
    notes = dict(await checkpoint.between(tx, after, last))
    found: list[Record] = []
    for row in rows:
        line, digest = bytes(row["line"]), bytes(row["hash"])
        found.append(Record(line=line.decode("utf-8", "replace"), hash=digest.decode("utf-8", "replace")))
        if note := notes.get(int(row["seq"])):
            found.append(Record(note=note))
    return found


def check_file(lines: Iterable[bytes], verifier: VerifierKey, witnessed: Iterable[str] = ()) -> Verdict:
    """Check an exported file under a key, and against notes that a witness remembers. ``fault`` names the
    first bad line; a tail that was cut off shows only beside what the witness remembers.

    Raises InputError where the file is no export, or a note of the witness none of this engine.
    """
    remembered = dict(_remembered(note, verifier) for note in witnessed)
    rest = iter(lines)
    try:
        head = msgspec.json.decode(next(rest, b""), type=Header)
        if head.format != FORMAT:
            raise ValueError
        peaks = tuple(bytes.fromhex(peak) for peak in head.peaks)
        walk = Walk(after=head.after, previous=head.previous, peaks=peaks, verifier=verifier)
    except ValueError:
        raise InputError("is no exported audit", mend="make it with: tracedesk audit export") from None
    fault = next(filter(None, (_step(walk, line, remembered) for line in rest)), None)
    most = max(remembered, default=0)
    return Verdict(
        lines=walk.size,
        fault=fault or cut_off(walk.size, most),
        checkpoints=walk.checkpoints,
        signed_upto=walk.signed_upto,
        root=walk.root,
    )


def _step(walk: Walk, line: bytes, remembered: dict[int, str]) -> Fault | None:
    expected = walk.size + 1
    try:
        record = msgspec.json.decode(line, type=Record)
    except ValueError:
        return Fault(expected, expected, "is no record of an export")
    if record.note:
        problem = walk.meet(record.note)
        return Fault(walk.signed_upto + 1, max(walk.size, walk.signed_upto + 1), problem) if problem else None
    text = record.line.encode("utf-8", "replace")
    try:
        seq = decode(text).seq
    except ValueError:
        seq = expected
    checkpoints = {size: note for size, note in remembered.items() if size == expected}
    return walk.take(Page(lines=[(seq, text, record.hash)], checkpoints=checkpoints))


def _remembered(note: str, verifier: VerifierKey) -> tuple[int, str]:
    signed = parse_note(note)
    if not is_signed(signed, verifier):
        raise InputError("is a checkpoint of another engine, or forged", place="witness")
    return signed.checkpoint.size, note


def split_notes(text: str) -> Iterator[str]:
    """Notes that stand one after the other in a text: each ends with its line of signature."""
    begun: list[str] = []
    for line in text.splitlines(keepends=True):
        begun.append(line)
        if line.startswith("— "):
            yield "".join(begun)
            begun = []
    if "".join(begun).strip():
        raise InputError(
            "is no checkpoint", place="witness", mend="hand over the notes as the witness has them"
        )
