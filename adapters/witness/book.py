"""The book of a witness: which engines it knows, what each one's audit said, and what gave alarm.

A folder of files that only grow. Not thread safe; a second process may add to it meanwhile.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from adapters.witness.ledger import Ledger
from adapters.witness.memory import Disagrees, Memory
from adapters.witness.wire import Alarm, Checkpoints, EngineCounts
from engine import failpoints
from engine.domain.checkpoint import SignedCheckpoint, VerifierKey, parse_verifier_key
from engine.domain.errors import InputError, Refused

T = TypeVar("T")
ENGINES, ALARMS, HEARD = "engines.jsonl", "alarms.jsonl", "heard"
SILENCE = timedelta(minutes=30)  # an engine gives a sign of life every five
FORK, SILENT = "fork", "silence"
BEFORE_RENAME = failpoints.name("book.before_rename")
AFTER_RENAME = failpoints.name("book.after_rename")


class Enrolled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of ``engines.jsonl``."""

    at: datetime
    key: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person has seen alarm ``number``, and says why it is none any more."""

    number: int
    at: datetime
    who: str
    reason: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of ``alarms.jsonl``: an alarm, or the end of one."""

    alarm: Alarm | None = None
    accepted: Accepted | None = None


class Book:
    """Raises InputError where the folder was meddled with, OSError where the disk says no."""

    def __init__(self, folder: Path, opened_at: datetime) -> None:
        """``opened_at``: silence is counted from here at the earliest; before, nobody was listening."""
        if not folder.is_dir():
            raise InputError("is no folder", file=str(folder), mend="make it with: tracedesk witness init")
        (folder / HEARD).mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._opened_at = opened_at
        self._engines = Ledger(folder / ENGINES)
        self._alarms = Ledger(folder / ALARMS)
        self._memories: dict[str, Memory] = {}

    def close(self) -> None:
        self._engines.close()
        self._alarms.close()
        for memory in self._memories.values():
            memory.close()

    def enrol(self, verifier: VerifierKey, at: datetime) -> None:
        """Know an engine from now on. Raises InputError where another key has that name."""
        known = self.engines().get(verifier.origin)
        if known is not None and known[0] != verifier:
            raise InputError(
                "is known with another key", place=verifier.origin, mend="give the new engine a new name"
            )
        if known is None:
            self._engines.append(msgspec.json.encode(Enrolled(at=at, key=verifier.text())))

    def engines(self) -> dict[str, tuple[VerifierKey, datetime]]:
        """By origin: the key, and since when it is known."""
        found = {}
        for line in self._engines.lines():
            enrolled = _read(line, Enrolled, self._folder / ENGINES)
            verifier = parse_verifier_key(enrolled.key)
            found[verifier.origin] = (verifier, enrolled.at)
        return found

    def latest(self, origin: str) -> SignedCheckpoint | None:
        """Raises Refused for an engine that was not enrolled."""
        return self._memory(origin).latest()

    def remember(self, signed: SignedCheckpoint, since: int, proof: tuple[bytes, ...], at: datetime) -> None:
        """Keep a checkpoint, as ``Memory.remember``; what contradicts the memory gives alarm first."""
        origin = signed.checkpoint.origin
        try:
            self._memory(origin).remember(signed, since, proof, at)
        except Disagrees as problem:
            self._alarm(origin, FORK, problem.reason, at)
            raise
        self._hear(origin, at)

    def look_through(self) -> None:
        """Read everything once, so that each page of checkpoints costs no more than it holds."""
        for origin in self.engines():
            for _ in self._memory(origin).entries_after(0):
                pass

    def checkpoints(self, origin: str, after: int, limit: int) -> Checkpoints:
        """Notes of more than ``after`` lines, as they came."""
        found: list[str] = []
        for entry in self._memory(origin).entries_after(after):
            if entry.kind == "checkpoint" and entry.size > after:
                if len(found) == limit:
                    return Checkpoints(notes=tuple(found), more=True)
                found.append(entry.note)
        return Checkpoints(notes=tuple(found), more=False)

    def counts(self) -> tuple[EngineCounts, ...]:
        """What each engine lets be published, as of its last checkpoint."""
        found = []
        for origin in self.engines():
            latest = self.latest(origin)
            said = latest.checkpoint if latest else None
            found.append(
                EngineCounts(
                    origin=origin,
                    size=said.size if said else 0,
                    at=said.at if said else None,
                    heard=self.heard(origin),
                    counts=said.counts if said else {},
                )
            )
        return tuple(found)

    def heard(self, origin: str) -> datetime | None:
        """When the engine last gave a sign of life that fits what is remembered."""
        try:
            return datetime.fromisoformat(self._heard_file(origin).read_text("ascii"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise InputError(
                "holds no time", file=str(self._heard_file(origin)), mend="remove the file"
            ) from None

    def watch(self, now: datetime, silence: timedelta = SILENCE) -> tuple[Alarm, ...]:
        """Give alarm for every engine that has been silent too long; returns those that are new."""
        new = []
        for origin, (_, since) in self.engines().items():
            last = max(self.heard(origin) or since, since, self._opened_at)
            if now - last > silence:
                minutes = (now - last).total_seconds() / 60
                if alarm := self._alarm(origin, SILENT, f"nothing was heard for {minutes:.0f} minutes", now):
                    new.append(alarm)
        return tuple(new)

    def alarms(self) -> tuple[Alarm, ...]:
        """Those that nobody has accepted yet."""
        return tuple(self._open().values())

    def accept(
        self, origin: str, who: str, reason: str, at: datetime, size: int | None = None
    ) -> tuple[int, SignedCheckpoint | None]:
        """Close all alarms of an engine, for a reason that is kept. With ``size``, go back to the largest
        checkpoint of at most that many lines as well, from which the engine has to prove its way again.
        Returns how many alarms were closed, and the checkpoint that is the latest now."""
        if not reason.strip():
            raise InputError("is missing", place="reason", mend="say why it is no alarm any more")
        memory = self._memory(origin)
        if size is not None:
            memory.accept(size, who, reason, at)
        closed = [number for number, alarm in self._open().items() if alarm.origin == origin]
        for number in closed:
            accepted = Accepted(number=number, at=at, who=who, reason=reason)
            self._alarms.append(msgspec.json.encode(Entry(accepted=accepted)))
        return len(closed), memory.latest()

    def _alarm(self, origin: str, kind: str, words: str, at: datetime) -> Alarm | None:
        """Give alarm, unless one of that kind is open."""
        if any(a.origin == origin and a.kind == kind for a in self._open().values()):
            return None
        number = 1 + sum(entry.alarm is not None for entry in self._entries())
        alarm = Alarm(number=number, at=at, origin=origin, kind=kind, words=words)
        self._alarms.append(msgspec.json.encode(Entry(alarm=alarm)))
        return alarm

    def _open(self) -> dict[int, Alarm]:
        found: dict[int, Alarm] = {}
        for entry in self._entries():
            if entry.alarm is not None:
                found[entry.alarm.number] = entry.alarm
            if entry.accepted is not None:
                found.pop(entry.accepted.number, None)
        return found

    def _entries(self) -> Iterator[Entry]:
        for line in self._alarms.lines():
            yield _read(line, Entry, self._folder / ALARMS)

    def _memory(self, origin: str) -> Memory:
        if origin not in self._memories:
            known = self.engines().get(origin)
            if known is None:
                raise Refused("this engine was not enrolled here", mend="run: tracedesk witness enrol")
            self._memories[origin] = Memory(self._folder / f"{_name(origin)}.jsonl", known[0])
        return self._memories[origin]

    def _hear(self, origin: str, at: datetime) -> None:
        path = self._heard_file(origin)
        new = path.with_suffix(".new")
        new.write_text(at.isoformat(), "ascii")
        failpoints.reached(BEFORE_RENAME)
        new.replace(path)  # not synced: after a crash an older time is there, and alarm comes sooner
        failpoints.reached(AFTER_RENAME)

    def _heard_file(self, origin: str) -> Path:
        return self._folder / HEARD / _name(origin)


def _name(origin: str) -> str:
    """A file name for an origin, which may hold slashes."""
    return hashlib.sha256(origin.encode()).hexdigest()[:16]


def _read(line: bytes, kind: type[T], path: Path) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except ValueError:
        raise InputError(
            "holds a line that no witness wrote", file=str(path), mend="put the file right"
        ) from None
