"""A worker that listens to nothing holds nobody up: neither at its start nor when it is asked."""

import os
import sys
from collections.abc import Mapping

import pytest

from engine.domain.errors import InputError
from engine.schedule.frames import Enrol, Prepare, ReferenceStill
from engine.schedule.process import WorkerProcess

PREPARE = Prepare(verify_key=b"", models=(), calibrations=(), rehearsal_sha256=None, places=())
ENVIRONMENT: Mapping[str, str] = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
DEAF = "import time; time.sleep(600)"
READY_THEN_DEAF = """
import socket, sys, time
from engine.schedule.channel import WorkerEnd
from engine.schedule.frames import Ready
end = WorkerEnd(socket.socket(fileno=int(sys.argv[1])))
end.receive()
end.send(Ready(pid=1, face_search=""))
time.sleep(600)
"""


async def started(script: str, limit_s: float) -> WorkerProcess:
    return await WorkerProcess.start(
        (sys.executable, "-P", "-c", script), PREPARE, dict(ENVIRONMENT), limit_s=limit_s
    )


async def test_a_process_that_never_gets_ready_is_ended_and_said_so() -> None:
    with pytest.raises(InputError, match="was not ready after 1 s"):
        await started(DEAF, 1.0)


async def test_a_worker_that_does_not_take_a_large_message_is_given_up_after_its_limit() -> None:
    worker = await started(READY_THEN_DEAF, 10.0)
    worker.limit_s = 0.3
    photograph = ReferenceStill(file="a.jpg", content=bytes(16 << 20))
    try:
        with pytest.raises(TimeoutError):
            await worker.ask(Enrol(stills=(photograph,)))
    finally:
        await worker.end()
