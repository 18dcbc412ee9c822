import array
import asyncio
import os
import socket
import struct
from collections.abc import Iterator

import msgspec
import pytest

from engine.schedule.channel import ChannelClosed, EngineEnd, WorkerEnd, close_all
from engine.schedule.frames import (
    MAX_FRAME_BYTES,
    Cancel,
    Enrol,
    Failed,
    FromWorker,
    Ready,
    ReferenceStill,
    ScanProgress,
)

LENGTH = struct.Struct(">I")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


async def in_thread(end: WorkerEnd) -> tuple[object, list[int]]:
    return await asyncio.to_thread(end.receive)


async def test_messages_arrive_whole_and_in_order(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, worker = EngineEnd(pair[0]), WorkerEnd(pair[1])
    sent = [Cancel(grant_ids=(f"g{n}",), why="revoked") for n in range(20)]
    for message in sent:
        await engine.send(message)
    assert [(await in_thread(worker))[0] for _ in sent] == sent
    answers: list[FromWorker] = [
        Ready(pid=7, face_search=""),
        ScanProgress(job="j", fraction=0.5, frames=1, faces=2),
    ]
    for answer in answers:
        worker.send(answer)
    assert [await engine.receive() for _ in answers] == answers


async def test_a_message_larger_than_the_buffers_of_the_kernel_arrives_whole(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    engine, worker = EngineEnd(pair[0]), WorkerEnd(pair[1])
    message = Enrol(stills=(ReferenceStill(file="a.jpg", content=os.urandom(5_000_000)),))
    (got, _), _ = await asyncio.gather(in_thread(worker), engine.send(message))
    assert got == message


async def test_two_senders_do_not_mix_their_messages(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, worker = EngineEnd(pair[0]), WorkerEnd(pair[1])
    sent = [Enrol(stills=(ReferenceStill(file=f"{n}", content=bytes([n]) * 300_000),)) for n in range(6)]

    async def read() -> list[object]:
        return [(await in_thread(worker))[0] for _ in sent]

    got, *_ = await asyncio.gather(read(), *(engine.send(m) for m in sent))
    assert sorted(m.stills[0].file for m in got) == [f"{n}" for n in range(6)]
    assert all(m in sent for m in got)


async def test_descriptors_travel_beside_the_message_and_are_the_same_file(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    engine, worker = EngineEnd(pair[0]), WorkerEnd(pair[1])
    ends = [os.pipe() for _ in range(3)]
    try:
        await engine.send(Cancel(grant_ids=(), why=""), [read for read, _ in ends])
        _, got = await in_thread(worker)
        for number, (_, write) in enumerate(ends):
            os.write(write, bytes([number]))
        assert [os.read(descriptor, 1)[0] for descriptor in got] == [0, 1, 2]
        close_all(got)
    finally:
        close_all([d for both in ends for d in both])


async def test_a_message_without_descriptors_brings_none(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, worker = EngineEnd(pair[0]), WorkerEnd(pair[1])
    await engine.send(Cancel(grant_ids=(), why=""))
    assert (await in_thread(worker))[1] == []


async def test_a_length_that_comes_in_pieces_is_put_together(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    raw, worker = pair[0], WorkerEnd(pair[1])
    content = msgspec.msgpack.encode(Cancel(grant_ids=("g",), why="x"))
    read, write = os.pipe()
    reading = asyncio.create_task(in_thread(worker))
    beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [read]))]
    raw.sendmsg([LENGTH.pack(len(content))[:1]], beside)
    await asyncio.sleep(0.01)
    raw.sendall(LENGTH.pack(len(content))[1:])
    raw.sendall(content[:3])
    await asyncio.sleep(0.01)
    raw.sendall(content[3:])
    message, descriptors = await reading
    assert message == Cancel(grant_ids=("g",), why="x")
    assert len(descriptors) == 1
    close_all([read, write, *descriptors])


async def test_a_frame_that_claims_to_be_too_long_is_refused_before_it_is_read(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    engine = EngineEnd(pair[0])
    pair[1].sendall(LENGTH.pack(MAX_FRAME_BYTES + 1))
    with pytest.raises(ChannelClosed):
        await engine.receive()


async def test_the_worker_refuses_one_as_well(pair: tuple[socket.socket, socket.socket]) -> None:
    worker = WorkerEnd(pair[1])
    pair[0].sendall(LENGTH.pack(MAX_FRAME_BYTES + 1))
    with pytest.raises(ChannelClosed):
        await in_thread(worker)


@pytest.mark.parametrize("content", [b"", b"\xc1", b"not msgpack", msgspec.msgpack.encode({"type": "Sudo"})])
async def test_bytes_that_are_no_message_close_the_channel_and_crash_nothing(
    pair: tuple[socket.socket, socket.socket], content: bytes
) -> None:
    engine = EngineEnd(pair[0])
    pair[1].sendall(LENGTH.pack(len(content)) + content)
    with pytest.raises(ChannelClosed):
        await engine.receive()


async def test_a_message_of_the_other_direction_is_no_message(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    engine = EngineEnd(pair[0])
    content = msgspec.msgpack.encode(Cancel(grant_ids=(), why=""))
    pair[1].sendall(LENGTH.pack(len(content)) + content)
    with pytest.raises(ChannelClosed):
        await engine.receive()


async def test_a_dead_worker_is_noticed_at_once_in_both_directions(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    engine = EngineEnd(pair[0])
    receiving = asyncio.create_task(engine.receive())
    await asyncio.sleep(0)
    pair[1].close()
    with pytest.raises(ChannelClosed):
        await receiving
    with pytest.raises(ChannelClosed):
        await engine.send(Cancel(grant_ids=(), why=""))


async def test_a_worker_that_dies_in_mid_message_leaves_no_half_message(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    engine = EngineEnd(pair[0])
    content = msgspec.msgpack.encode(Failed(kind="internal", problem="x" * 1000))
    pair[1].sendall(LENGTH.pack(len(content)) + content[:500])
    pair[1].close()
    with pytest.raises(ChannelClosed):
        await engine.receive()


async def test_an_engine_that_is_gone_ends_the_worker(pair: tuple[socket.socket, socket.socket]) -> None:
    worker = WorkerEnd(pair[1])
    pair[0].close()
    with pytest.raises(ChannelClosed):
        await in_thread(worker)


async def test_a_worker_sees_that_a_message_waits_without_reading_it(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    engine, worker = EngineEnd(pair[0]), WorkerEnd(pair[1])
    assert not worker.waiting()
    await engine.send(Cancel(grant_ids=("g",), why="x"))
    assert worker.waiting()
    assert (await in_thread(worker))[0] == Cancel(grant_ids=("g",), why="x")
    assert not worker.waiting()


async def test_after_a_message_that_was_cut_short_nothing_more_is_said(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """The rest of it and the next one would be read as one."""
    engine, worker = EngineEnd(pair[0]), WorkerEnd(pair[1])
    listening = asyncio.create_task(engine.receive())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await engine.send(Enrol(stills=(ReferenceStill(file="a.jpg", content=bytes(5_000_000)),)))
    with pytest.raises(ChannelClosed):
        await asyncio.wait_for(listening, 10)
    with pytest.raises(ChannelClosed):
        await engine.send(Cancel(grant_ids=("g",), why="revoked"))
    with pytest.raises(ChannelClosed):
        await in_thread(worker)
