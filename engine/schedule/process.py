"""One worker process as the pool sees it: started, asked, ended."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Self

from engine.domain.errors import InputError, Refused
from engine.schedule.channel import ChannelClosed, EngineEnd, close_all
from engine.schedule.frames import (
    Cancel,
    Cancelled,
    Failed,
    FromWorker,
    Prepare,
    Ready,
    RecordsPart,
    ScanProgress,
    ToWorker,
)

OnTheWay = ScanProgress | RecordsPart
"""What a worker says before its answer."""

JOB_LIMIT_S = 900.0  # whatever takes longer has hung: the process is ended and replaced


class WorkerProcess:
    """A started worker. One question at a time; ``ChannelClosed`` from anything means that it died.
    ``killed`` tells that it did not by itself."""

    def __init__(
        self, process: asyncio.subprocess.Process, channel: EngineEnd, ready: Ready, limit_s: float
    ) -> None:
        self._process = process
        self._channel = channel
        self.limit_s = limit_s
        self._unheard: set[str] = set()  # grants of which it was told that they have ended
        self.face_search = ready.face_search
        self.killed = False

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        prepare: Prepare,
        environment: dict[str, str],
        limit_s: float = JOB_LIMIT_S,
    ) -> Self:
        """Start a process and hand it its models. Raises what it says is wrong with them, InputError
        where it ends or takes longer than ``limit_s``."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env=environment,
            )
        finally:
            theirs.close()
        channel = EngineEnd(ours)
        try:
            async with asyncio.timeout(limit_s):
                await channel.send(prepare)
                answer = await channel.receive()
        except (ChannelClosed, TimeoutError) as problem:
            await _end(process, channel)
            late = isinstance(problem, TimeoutError)
            what = f"was not ready after {limit_s:.0f} s" if late else "ended before it was ready"
            raise InputError(f"a worker process {what}", mend="see its message") from None
        if isinstance(answer, Ready):
            return cls(process, channel, answer, limit_s)
        await _end(process, channel)
        raise raised(answer)

    async def ask(
        self,
        message: ToWorker,
        descriptors: Sequence[int] = (),
        heard: Callable[[OnTheWay], None] | None = None,
    ) -> FromWorker:
        """Send a message and wait for its answer; what is said before it is ``heard``. The descriptors
        are closed here in any case.

        Raises TimeoutError where it takes longer than its limit, also to hand the message over.
        """
        async with asyncio.timeout(self.limit_s):
            try:
                await self._channel.send(message, descriptors)
            finally:
                close_all(descriptors)
            while True:
                answer = await self._channel.receive()
                if isinstance(answer, Cancelled):
                    self._unheard.difference_update(answer.grant_ids)
                elif not isinstance(answer, OnTheWay):
                    return answer
                elif heard is not None:
                    heard(answer)
                await asyncio.sleep(0)  # what lies ready is read without waiting: others get a turn

    async def cancel(self, grant_ids: tuple[str, ...], why: str) -> None:
        """Tell a scan that grants have ended; it looks between any two frames, and says that it heard."""
        self._unheard.update(grant_ids)
        with contextlib.suppress(ChannelClosed):
            await self._channel.send(Cancel(grant_ids=grant_ids, why=why))

    def heard(self, grant_ids: tuple[str, ...]) -> bool:
        """Whether it has said so of all of them. To be asked once."""
        deaf = not self._unheard.isdisjoint(grant_ids)
        self._unheard.difference_update(grant_ids)
        return not deaf

    def kill(self) -> None:
        self.killed = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """Kill it and wait until it is gone."""
        await _end(self._process, self._channel)


def raised(answer: FromWorker) -> Exception:
    """The error that an answer stands for."""
    if isinstance(answer, Failed):
        if answer.kind == "input":
            return InputError(answer.problem, file=answer.file, place=answer.place, mend=answer.mend)
        if answer.kind == "refused":
            return Refused(answer.problem, rule=answer.rule, mend=answer.mend)
        return RuntimeError(answer.problem)
    return RuntimeError(f"a worker answered with {type(answer).__name__}")


async def _end(process: asyncio.subprocess.Process, channel: EngineEnd) -> None:
    channel.close()
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
