"""Where a person was: kept with the case in the engine, sealed and erased with it, so that the desk opens
there again. On this machine stands the id of a trace and nothing else."""

import contextlib
import os
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import platformdirs

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import TraceView
from tui.port import Engine
from tui.state import DeskState, Pane, is_busy

KIND = "desk"
KEEP_AFTER_S = 3.0
FILE = "last.toml"
OPAQUE = re.compile(r"[A-Za-z0-9-]{1,64}")
LARGEST_BYTES = 1024


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What was at hand in a case. Read from the engine, where an older desk may have written it."""

    trace: str = ""
    candidate: str = ""
    pane: str = ""


NOWHERE = Place()


def place_of(state: DeskState) -> Place:
    """Where the person is, once it is known what is there."""
    if state.detail is None:
        return NOWHERE
    return Place(trace=state.trace_id, candidate=state.candidate_id, pane=state.pane.value)


def place_in(text: str) -> Place:
    """What was kept; nowhere where it cannot be read."""
    with contextlib.suppress(msgspec.DecodeError, RecursionError, ValueError):
        return msgspec.json.decode(text, type=Place)
    return NOWHERE


def pane_in(place: Place) -> Pane | None:
    return Pane(place.pane) if place.pane in {pane.value for pane in Pane} else None


@dataclass(frozen=True, slots=True)
class LastTrace:
    """The id of the trace that was open last, in a file of this person alone (0600)."""

    path: Path

    def read(self) -> str:
        """ "" where there is none, or where something else stands there."""
        with contextlib.suppress(OSError, ValueError, RecursionError), self.path.open("rb") as file:
            said = tomllib.loads(file.read(LARGEST_BYTES).decode("utf-8")).get("trace_id")
            if isinstance(said, str) and OPAQUE.fullmatch(said):
                return said
        return ""

    def write(self, trace_id: str) -> None:
        """Nothing is written of what is no id; a disk that takes nothing is no reason to stop."""
        if not OPAQUE.fullmatch(trace_id):
            return
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f'trace_id = "{trace_id}"\n')
            new.replace(self.path)


def last_trace() -> LastTrace:
    """The file of this person, ``~/.local/state/tracedesk/last.toml`` or below XDG_STATE_HOME."""
    return LastTrace(platformdirs.user_state_path("tracedesk") / FILE)


class Sitting:
    """Keeps places and finds them again. ``clock`` gives seconds that only run forward; without ``last``
    nothing is written on this machine."""

    def __init__(self, engine: Engine, clock: Callable[[], float], last: LastTrace | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._last = last
        self._begins = last.read() if last is not None else ""
        self._written = self._begins
        self._kept: dict[str, Place] = {}  # by case, as the engine has it
        self._new: dict[str, tuple[Place, float]] = {}  # by case, with the time of the first change
        self._keeping = False

    def trace_in(self, traces: Sequence[TraceView]) -> str:
        """The trace to begin with, "" where it is not here or not one's own."""
        return self._begins if any(t.trace_id == self._begins and not is_busy(t) for t in traces) else ""

    async def recall(self, trace: TraceView | None) -> Place:
        """Where the person was in this trace; asked for once a case."""
        if trace is None or is_busy(trace):
            return NOWHERE
        if trace.case_id not in self._kept:
            with contextlib.suppress(EngineAway, EngineSaysNo):
                self._kept[trace.case_id] = place_in((await self._engine.kept(trace.case_id, KIND)).text)
        place = self._kept.get(trace.case_id, NOWHERE)
        return place if place.trace == trace.trace_id else NOWHERE

    def note(self, case_id: str, place: Place) -> None:
        """To be told often: where the person is now."""
        if not case_id or place == NOWHERE:
            return
        if self._kept.get(case_id) == place:
            self._new.pop(case_id, None)
        else:
            since_s = self._new[case_id][1] if case_id in self._new else self._clock()
            self._new[case_id] = (place, since_s)

    @property
    def due(self) -> bool:
        """True once a change has waited long enough to be the last of several, and none is on its way."""
        now_s = self._clock()
        return not self._keeping and any(now_s - since_s >= KEEP_AFTER_S for _, since_s in self._new.values())

    async def keep(self) -> None:
        """Bring to the engine what changed. Where it refuses, as for a case that is closed, it is not asked
        about the same place again."""
        self._keeping = True
        try:
            for case_id, (place, _) in list(self._new.items()):
                with contextlib.suppress(EngineSaysNo):
                    await self._engine.keep(case_id, KIND, msgspec.json.encode(place).decode())
                self._kept[case_id] = place
                if (later := self._new.get(case_id)) is not None and later[0] == place:
                    del self._new[case_id]
        except EngineAway:
            return
        finally:
            self._keeping = False

    def write_last(self, trace_id: str) -> None:
        """Blocks for as long as a small file takes."""
        if self._last is not None and trace_id and trace_id != self._written:
            self._written = trace_id
            self._last.write(trace_id)
