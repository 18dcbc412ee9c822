"""The least of witnesses: a file on another disk, better one that another institution mounts."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from adapters.clock import SystemClock
from adapters.witness.memory import Memory
from engine.domain.checkpoint import SignedCheckpoint, VerifierKey
from engine.domain.errors import InputError
from engine.ports import Clock, WitnessAway

T = TypeVar("T")


class FileWitness:
    """A Witness in one file. A disk that hangs holds up a thread of its own and nothing else, and that
    thread does not keep the process from ending."""

    def __init__(self, path: Path, verifier: VerifierKey, clock: Clock | None = None) -> None:
        self._path = path
        self._verifier = verifier
        self._clock = clock or SystemClock()
        self._memory: Memory | None = None
        self._busy = threading.Lock()

    async def latest(self) -> SignedCheckpoint | None:
        return await self._aside(lambda memory: memory.latest())

    async def remember(self, signed: SignedCheckpoint, since: int, proof: tuple[bytes, ...]) -> None:
        await self._aside(lambda memory: memory.remember(signed, since, proof, self._clock.now()))

    async def _aside(self, work: Callable[[Memory], T]) -> T:
        """Raises WitnessAway where the file was meddled with, cannot be written, or still hangs."""
        if not self._busy.acquire(blocking=False):
            raise WitnessAway(f"{self._path}: has still not answered")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            outcome: T | BaseException
            try:
                if self._memory is None:
                    self._memory = Memory(self._path, self._verifier)
                outcome = work(self._memory)
            except InputError as problem:  # somebody meddled: said again each time, until it is put right
                outcome = WitnessAway(str(problem))
            except OSError as problem:
                outcome = WitnessAway(f"{self._path}: {(problem.strerror or 'fails').lower()}")
                self._give_up()
            except BaseException as problem:
                outcome = problem
            finally:
                self._busy.release()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, answer, outcome)

        threading.Thread(target=run, name="file witness", daemon=True).start()
        return await answer

    def _give_up(self) -> None:
        """Open the file anew next time: the disk may have been mounted again."""
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()


def _settle(answer: "asyncio.Future[T]", outcome: T | BaseException) -> None:
    if answer.done():  # nobody waits any more
        return
    if isinstance(outcome, BaseException):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
