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
    """A started worker. One question at a time; ``ChannelClosed`` from anything means that it died."""

    def __init__(self, process: asyncio.subprocess.Process, channel: EngineEnd, ready: Ready) -> None:
        self._process = process
        self._channel = channel
        self.face_search = ready.face_search

    @classmethod
    async def start(cls, command: Sequence[str], prepare: Prepare, environment: dict[str, str]) -> Self:
        """Start a process and hand it its models. Raises what it says is wrong with them."""
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
            await channel.send(prepare)
            answer = await channel.receive()
        except ChannelClosed:
            await _end(process, channel)
            raise InputError("a worker process ended before it was ready", mend="see its message") from None
        if isinstance(answer, Ready):
            return cls(process, channel, answer)
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

        Raises TimeoutError after JOB_LIMIT_S.
        """
        try:
            await self._channel.send(message, descriptors)
        finally:
            close_all(descriptors)
        async with asyncio.timeout(JOB_LIMIT_S):
            while True:
                answer = await self._channel.receive()
                if not isinstance(answer, OnTheWay):
                    return answer
                if heard is not None:
                    heard(answer)
                await asyncio.sleep(0)  # what lies ready is read without waiting: others get a turn

    async def cancel(self, grant_ids: tuple[str, ...], why: str) -> None:
        """Tell a scan that grants have ended; it looks between any two frames."""
        with contextlib.suppress(ChannelClosed):
            await self._channel.send(Cancel(grant_ids=grant_ids, why=why))

    def kill(self) -> None:
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
