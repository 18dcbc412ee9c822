"""Backups of sealed data, without the keys, and the way back.

A backup is a folder: the database, and a manifest with digest, counts and the end of the audit. It
opens only with the key file of the day on which it is opened, so what was erased since stays erased.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from engine import failpoints
from engine.domain.errors import InputError
from engine.domain.value import Value
from engine.ports import Clock, Store, Transaction
from engine.store.authorisations import latest_time
from engine.store.copying import Tally, check_sound, reading, tally, tally_of
from engine.store.durable import Points, put_in_place, sha256_of, write_new
from engine.store.migrating import version_of
from engine.store.schema import Migration, migrations
from engine.store.whole import whole

DATABASE = "tracedesk.sqlite"
MANIFEST = "manifest.json"
ANOTHER = "take another backup"
_POINTS = Points("backup")
_COPIED = failpoints.name("backup.copied")
_DESCRIBED = failpoints.name("backup.described")


class Manifest(Value, frozen=True, kw_only=True):
    """What lies in a backup. ``size`` in bytes and ``sha256`` of the database; ``name`` of the folder."""

    name: str
    created_at: datetime
    profile: str
    size: int
    sha256: str
    schema: int
    rows: dict[str, int]
    audit_size: int
    audit_head: str

    def holds(self, found: Tally) -> bool:
        return found == Tally(
            schema=self.schema, rows=self.rows, audit_size=self.audit_size, audit_head=self.audit_head
        )


async def backup(store: Store, folder: Path, clock: Clock) -> Manifest:
    """Write a checked backup as a new folder inside ``folder``, which is made where it is missing. The
    engine goes on meanwhile. Raises InputError where it cannot be written, or does not hold what the
    store held; then nothing is left of it."""
    at = await store.run(lambda tx: latest_time(tx, clock))
    target = folder / f"tracedesk-{at:%Y%m%dT%H%M%SZ}"
    partial = folder / f".{target.name}.partial"
    with _only_one(folder):
        try:
            _begin(folder, target, partial)
            found, profile = await store.copy(partial / DATABASE, _look)
            failpoints.reached(_COPIED)
            return await whole(asyncio.to_thread(_finish, partial, target, found, profile, at))
        except OSError as problem:
            raise _unwritable(folder, problem) from problem
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _begin(folder: Path, target: Path, partial: Path) -> None:
    for left in folder.glob(".tracedesk-*.partial"):  # of an engine that was killed
        shutil.rmtree(left)
    if target.exists():
        raise InputError("is there already", file=str(target), mend="wait a second")
    partial.mkdir(mode=0o700)


async def _look(tx: Transaction) -> tuple[Tally, str]:
    profile = await tx.row("SELECT value FROM meta WHERE key = 'profile'")
    return await tally(tx), str(profile["value"]) if profile else "rehearsal"


def _finish(partial: Path, target: Path, found: Tally, profile: str, at: datetime) -> Manifest:
    copy = partial / DATABASE
    manifest = Manifest(
        name=target.name,
        created_at=at,
        profile=profile,
        size=copy.stat().st_size,
        sha256=sha256_of(copy),
        schema=found.schema,
        rows=found.rows,
        audit_size=found.audit_size,
        audit_head=found.audit_head,
    )
    check_backup(copy, manifest)
    write_new(partial / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    failpoints.reached(_DESCRIBED)
    put_in_place(partial, target, _POINTS)
    return manifest


def read_manifest(backup: Path) -> Manifest:
    """Raises InputError where ``backup`` is no backup."""
    try:
        return msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as problem:
        raise InputError(
            "holds no readable manifest",
            file=str(backup),
            mend="name the folder of one backup, tracedesk-...",
        ) from problem


def check_backup(database: Path, manifest: Manifest, known: Sequence[Migration] | None = None) -> None:
    """Raises InputError unless ``database`` is byte for byte what the manifest says, sound, of a schema
    that this release knows, and holds what was counted."""
    if database.stat().st_size != manifest.size or sha256_of(database) != manifest.sha256:
        raise InputError("is not what its manifest says", file=str(database), mend=ANOTHER)
    connection = reading(database)
    try:
        version_of(connection, database, migrations() if known is None else known)
        check_sound(connection, database, mend=ANOTHER)
        if not manifest.holds(tally_of(connection)):
            raise InputError("does not hold what its manifest says", file=str(database), mend=ANOTHER)
    except sqlite3.DatabaseError as problem:
        raise InputError(f"does not open: {problem}", file=str(database), mend=ANOTHER) from problem
    finally:
        connection.close()


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        raise _unwritable(folder, problem) from problem
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError("another backup is being written", file=str(folder), mend="wait") from None
        yield
    finally:
        os.close(descriptor)


def _unwritable(folder: Path, problem: OSError) -> InputError:
    why = (problem.strerror or str(problem)).lower()
    return InputError(
        f"a backup cannot be written ({why})", file=str(folder), mend="make room, or name another folder"
    )
