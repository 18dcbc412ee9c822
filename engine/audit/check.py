"""Checks the audit line by line: chain, tree, checkpoints and counts, and names the first bad line.

``Walk`` is a function of what it is given, so the same check runs on the database in slices, and on an
exported file in another institution.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from engine.audit import checkpoint, counts, tree
from engine.audit.line import GENESIS, AuditLine, decode, leaf_hash
from engine.domain.checkpoint import VerifierKey, parse_note
from engine.domain.errors import InputError, Refused
from engine.domain.merkle import Growing, Subtree
from engine.ports import Store, Transaction

PAGE = 250  # lines in one transaction: the writer waits for no more than that


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad line is one of ``seq`` to ``until``; mostly they are the same."""

    seq: int
    until: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of the log as it is stored. ``nodes`` is None where only lines are known."""

    lines: list[tuple[int, bytes, str]]
    nodes: Mapping[Subtree, bytes] | None = None
    checkpoints: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found. ``signed_upto`` is the size of the last checkpoint that was met."""

    lines: int
    fault: Fault | None
    checkpoints: int
    signed_upto: int
    root: bytes


class Walk:
    """Goes over lines in order and stops at the first that does not fit."""

    def __init__(
        self,
        *,
        after: int = 0,
        previous: str = GENESIS,
        peaks: tuple[bytes, ...] = (),
        verifier: VerifierKey | None = None,
        counts_at: int = -1,
    ) -> None:
        """Begins after line ``after``, whose hash is ``previous`` and whose tree has these ``peaks``.
        Without ``verifier`` signatures are not looked at. The tally is kept aside at ``counts_at``."""
        self._growing = Growing(after, peaks)
        self._previous = previous
        self._verifier = verifier
        self._counts_at = counts_at
        self.tally = None if after else counts.Tally()
        self.counts_then = counts.as_stored({}) if counts_at == 0 else None
        self.checkpoints = 0
        self.signed_upto = after

    @property
    def size(self) -> int:
        return self._growing.size

    @property
    def root(self) -> bytes:
        return self._growing.root

    def take(self, page: Page) -> Fault | None:
        """Go over one page, which begins where the last one ended."""
        for seq, line, digest in page.lines:
            expected = self.size + 1
            if problem := self._line(seq, line, digest, page.nodes):
                return Fault(expected, expected, problem)
            note = page.checkpoints.get(self.size)
            if note is not None and (problem := self.meet(note)):
                return Fault(self.signed_upto + 1, self.size, problem)
        return None

    def meet(self, note: str) -> str:
        """Compare with a checkpoint of just the lines gone over; "" or what is wrong with it."""
        try:
            signed = parse_note(note)
        except InputError:
            return "the checkpoint made here is damaged"
        if self._verifier and not checkpoint.is_signed(signed, self._verifier):
            return "the checkpoint made here is not signed by this engine"
        said = signed.checkpoint
        if said.size != self.size or said.root != self.root:
            return "the lines are not those that the checkpoint made here was signed for"
        if self.tally is not None and said.counts and said.counts != self.tally.totals():
            return "the counts of the checkpoint made here do not add up"
        self.checkpoints += self.signed_upto != self.size  # a witness may bring the same one again
        self.signed_upto = self.size
        return ""

    def _line(self, seq: int, line: bytes, digest: str, nodes: Mapping[Subtree, bytes] | None) -> str:
        expected = self.size + 1
        if seq != expected:
            return "is missing, or stands elsewhere"
        try:
            read = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "is no audit line"
        if leaf_hash(line) != digest:
            return "was edited: its hash is another"
        if nodes is not None and nodes.get((0, self.size)) != bytes.fromhex(digest):
            return "is not the line that was put into the tree here"
        if read.seq != expected:
            return "is another line's: it was moved"
        if read.previous != self._previous:
            return "does not follow from the line before it"
        return self._add(read, digest, nodes)

    def _add(self, read: AuditLine, digest: str, nodes: Mapping[Subtree, bytes] | None) -> str:
        if self.tally is not None:
            try:
                self.tally.add(read)
            except ValueError:
                return "has a count that is no number"
        made = self._growing.add(bytes.fromhex(digest))
        self._previous = digest
        if nodes is not None and any(nodes.get((level, number)) != found for level, number, found in made):
            return "was put into the tree otherwise"
        if self.size == self._counts_at and self.tally is not None:
            self.counts_then = counts.as_stored(self.tally.counts)
        return ""


async def read_page(tx: Transaction, after: int, limit: int = PAGE, upto: int | None = None) -> Page:
    """The lines after a number, with their nodes and checkpoints."""
    last = after + limit if upto is None else min(after + limit, upto)
    # blobs: also what is no text is read, and named
    rows = await tx.rows(
        "SELECT seq, CAST(line AS BLOB) AS line, CAST(hash AS BLOB) AS hash FROM audit"
        " WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, max(0, last - after)),
    )
    nodes = await tx.rows(*_nodes_of(after, after + len(rows))) if rows else []
    return Page(
        lines=[(int(r["seq"]), bytes(r["line"]), bytes(r["hash"]).decode("latin-1")) for r in rows],
        nodes={(int(row["level"]), int(row["number"])): bytes(row["hash"]) for row in nodes},
        checkpoints=dict(await checkpoint.between(tx, after, last)),
    )


async def written(tx: Transaction) -> int:
    """How many lines there once were, by whatever still remembers it: lines, tree, checkpoints, counts."""
    row = await tx.row(
        "SELECT max((SELECT coalesce(max(seq), 0) FROM audit),"
        " (SELECT coalesce(max(size), 0) FROM checkpoint)) AS size"
    )
    return max(int(row["size"]) if row else 0, await tree.size(tx), await counts.counted(tx))


def cut_off(size: int, once: int) -> Fault | None:
    """The fault of a log that ends after ``size`` lines where ``once`` were written."""
    if size >= once:
        return None
    return Fault(size + 1, once, f"is missing: {once} lines were written, {size} are left")


async def verify(store: Store, verifier: VerifierKey | None = None) -> Verdict:
    """Check the whole log as it stood at the beginning, in slices between which others write."""
    more = True
    while more:
        more = await store.run(give_places)
        await asyncio.sleep(0)
    upto, counted, published = await store.run(_begin)
    walk, fault = Walk(verifier=verifier, counts_at=counted), None
    while walk.size < upto and fault is None:
        after = walk.size
        page = await store.run(lambda tx, a=after: read_page(tx, a, upto=upto))  # type: ignore[misc]
        fault = walk.take(page) or (None if page.lines else cut_off(walk.size, upto))
        await asyncio.sleep(0)
    if fault is None and walk.counts_then != published:
        fault = Fault(1, max(1, counted), "the counts to publish are not those of the lines")
    return Verdict(
        lines=walk.size,
        fault=fault,
        checkpoints=walk.checkpoints,
        signed_upto=walk.signed_upto,
        root=walk.root,
    )


async def give_places(tx: Transaction) -> bool:
    """Lines from before there was a tree get their place in it; what stands in the way is found by the
    walk. Whether there may be more."""
    with contextlib.suppress(Refused):
        return await tree.catch_up(tx)
    return False


async def _begin(tx: Transaction) -> tuple[int, int, dict[str, dict[str, int]]]:
    return await written(tx), await counts.counted(tx), await counts.read(tx)


def _nodes_of(start: int, end: int) -> tuple[str, list[int]]:
    """The subtrees that leaves from ``start`` up to ``end`` complete."""
    ranges = list(_levels(start, end))
    where = " OR ".join(["(level = ? AND number >= ? AND number < ?)"] * len(ranges))
    return (
        f"SELECT level, number, hash FROM audit_node WHERE {where}",  # noqa: S608
        [value for one in ranges for value in one],
    )


def _levels(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    level = 0
    while end >> level:
        if end >> level > start >> level:
            yield level, start >> level, end >> level
        level += 1
