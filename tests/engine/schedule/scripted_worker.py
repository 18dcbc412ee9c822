"""A worker that does what the name of the camera says; started by tests in the place of the real one."""

import os
import socket
import sys
import time
from pathlib import Path

from engine.domain.grant import WindowGrant
from engine.domain.track import WindowResult
from engine.schedule.channel import ChannelClosed, WorkerEnd, close_all
from engine.schedule.frames import Enrol, Failed, GrantResult, Prepare, Ready, Scan, ScanDone, ScanProgress
from engine.vault import grants


def main(descriptor: int) -> None:
    end = WorkerEnd(socket.socket(fileno=descriptor))
    prepare, _ = end.receive()
    assert isinstance(prepare, Prepare)
    end.send(Ready(pid=os.getpid(), face_search=""))
    journal = Path(os.environ["SCRIPTED_JOURNAL"])
    while True:
        message, descriptors = end.receive()
        contents = [os.read(descriptor, 100) for descriptor in descriptors]
        close_all(descriptors)
        if isinstance(message, Scan):
            subjects = [grants._DECODER.decode(s.grant.grant) for s in message.subjects]
            with journal.open("a") as file:
                file.write(f"{message.camera.camera_id} {','.join(g.trace_id for g in subjects)}\n")
            scan(end, message, subjects, journal, contents)
        elif isinstance(message, Enrol):
            end.send(Failed(kind="input", problem="shows no face", file=message.stills[0].file))


def scan(
    end: WorkerEnd, message: Scan, subjects: list[WindowGrant], journal: Path, contents: list[bytes]
) -> None:
    """Tells by ``faces`` how many files had their own name in them."""
    camera = message.camera.camera_id
    if camera == "dies" or (camera == "dies-once" and journal.read_text().count("dies-once") == 1):
        os._exit(1)
    if camera == "hangs":
        end.send(ScanProgress(job=message.job, fraction=0.1, frames=1, faces=0))
        time.sleep(60)
    if camera == "stumbles":
        end.send(Failed(kind="internal", problem="ZeroDivisionError in scan.py:1"))
        return
    if camera == "refuses":
        end.send(Failed(kind="refused", problem="the grant is not signed by this engine", rule="G1"))
        return
    end.send(ScanProgress(job=message.job, fraction=0.5, frames=7, faces=1))
    end.send(
        ScanDone(
            job=message.job,
            results=tuple(
                GrantResult(
                    grant_id=g.grant_id,
                    result=WindowResult(
                        window_id=g.window_id,
                        frames=len(message.segments),
                        faces=sum(
                            s.file.encode() == content
                            for s, content in zip(message.segments, contents, strict=True)
                        ),
                        sampling=g.trace_id,
                    ),
                )
                for g in (subjects[1:] if camera == "picky" else subjects)
            ),
        )
    )


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except (ChannelClosed, ConnectionError):
        sys.exit(0)
