"""One end of the socket pair between engine and worker: framed msgpack, descriptors beside it."""

import array
import asyncio
import contextlib
import os
import select
import socket
import struct
from collections.abc import Sequence

import msgspec

from engine.ports import ParsedRecords
from engine.schedule.frames import (
    MAX_FRAME_BYTES,
    RECORDS_A_PART,
    FromWorker,
    RecordsParsed,
    RecordsPart,
    ToWorker,
)

_LENGTH = struct.Struct(">I")
_ENCODER = msgspec.msgpack.Encoder()
_TO_WORKER: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_FROM_WORKER: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
MAX_DESCRIPTORS = 253  # of one message: SCM_MAX_FD of the kernel, which cuts what is beyond it


class ChannelClosed(Exception):
    """The other side is gone."""


class WorkerEnd:
    """Blocking end inside the worker."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sock.setblocking(True)

    def receive(self) -> tuple[ToWorker, list[int]]:
        """The next message and the descriptors that came with it. Raises ChannelClosed."""
        head, descriptors, _, _ = socket.recv_fds(self._sock, _LENGTH.size, MAX_DESCRIPTORS)
        while 0 < len(head) < _LENGTH.size:
            more = self._sock.recv(_LENGTH.size - len(head))
            head = head + more if more else b""
        if not head:
            raise ChannelClosed
        return _TO_WORKER.decode(self._exactly(_checked_length(head))), list(descriptors)

    def send(self, message: FromWorker) -> None:
        content = _ENCODER.encode(message)
        self._sock.sendall(_LENGTH.pack(len(content)) + content)

    def send_records(self, parsed: ParsedRecords) -> RecordsParsed:
        """Send the records in parts; what is returned is the answer to send after them."""
        for start in range(0, len(parsed.records), RECORDS_A_PART):
            self.send(RecordsPart(records=parsed.records[start : start + RECORDS_A_PART]))
        return RecordsParsed(dropped=parsed.dropped, warnings=parsed.warnings)

    def waiting(self) -> bool:
        """True where a message lies ready; looked at between frames of a scan."""
        return bool(select.select([self._sock], [], [], 0)[0])

    def _exactly(self, count: int) -> bytes:
        buffer = bytearray(count)
        view = memoryview(buffer)
        while view:
            got = self._sock.recv_into(view)
            if not got:
                raise ChannelClosed
            view = view[got:]
        return bytes(buffer)


class EngineEnd:
    """Asynchronous end inside the engine. One reader and one writer at a time. A message that was cut
    short because nobody waited for it any longer is the last one: the worker could not tell the next."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sock.setblocking(False)
        self._writing = asyncio.Lock()

    async def send(self, message: ToWorker, descriptors: Sequence[int] = ()) -> None:
        """Send a message with descriptors; they are duplicated by the kernel. Raises ChannelClosed."""
        content = _ENCODER.encode(message)
        head = _LENGTH.pack(len(content))
        loop = asyncio.get_running_loop()
        async with self._writing:
            try:
                if descriptors:
                    await self._send_with(head, descriptors)
                else:
                    await loop.sock_sendall(self._sock, head)
                await loop.sock_sendall(self._sock, content)
            except OSError as problem:
                raise ChannelClosed from problem
            except asyncio.CancelledError:
                with contextlib.suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)
                raise

    async def receive(self) -> FromWorker:
        """The next message. Raises ChannelClosed where the worker has died, or says what is none."""
        try:
            head = await self._exactly(_LENGTH.size)
            return _FROM_WORKER.decode(await self._exactly(_checked_length(head)))
        except (OSError, msgspec.DecodeError) as problem:
            raise ChannelClosed from problem

    def close(self) -> None:
        self._sock.close()

    async def _send_with(self, head: bytes, descriptors: Sequence[int]) -> None:
        beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        while True:
            try:
                sent = self._sock.sendmsg([head], beside)
                break
            except BlockingIOError:
                await asyncio.sleep(0.01)
        if sent < len(head):
            await asyncio.get_running_loop().sock_sendall(self._sock, head[sent:])

    async def _exactly(self, count: int) -> bytearray:
        loop = asyncio.get_running_loop()
        buffer = bytearray(count)
        view = memoryview(buffer)
        while view:
            got = await loop.sock_recv_into(self._sock, view)
            if not got:
                raise ChannelClosed
            view = view[got:]
        return buffer  # up to 64 MiB: not copied


def _checked_length(head: bytes | bytearray) -> int:
    length = int(_LENGTH.unpack(head)[0])
    if length > MAX_FRAME_BYTES:
        raise ChannelClosed
    return length


def close_all(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
