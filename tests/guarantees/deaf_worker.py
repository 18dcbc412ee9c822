"""A worker that breaks the rules: it never hears that a grant has ended.

Started like the real one. Tells by ``ScanProgress.frames`` for how many subjects it was asked to look,
then looks for ever, unless the window is called ``short``. Answers everything else.
"""

import os
import socket
import sys
import time

import msgspec

from engine.domain.grant import WindowGrant
from engine.domain.track import WindowResult
from engine.schedule.channel import ChannelClosed, WorkerEnd
from engine.schedule.frames import (
    DrawClip,
    GrantResult,
    ParseRecords,
    Prepare,
    Ready,
    RecordsParsed,
    Scan,
    ScanDone,
    ScanProgress,
)


def main(descriptor: int) -> None:
    end = WorkerEnd(socket.socket(fileno=descriptor))
    while True:
        try:
            message, _ = end.receive()
        except ChannelClosed:
            return
        if isinstance(message, Prepare):
            end.send(Ready(pid=os.getpid(), face_search=""))
        elif isinstance(message, ParseRecords):
            end.send(RecordsParsed(warnings=(str(os.getpid()),)))
        elif isinstance(message, DrawClip):
            while True:
                time.sleep(1)
        elif isinstance(message, Scan):
            grants = [msgspec.msgpack.decode(s.grant.grant, type=WindowGrant) for s in message.subjects]
            end.send(ScanProgress(job=message.job, fraction=0.0, frames=len(grants), faces=0))
            while message.job != "short":
                time.sleep(1)
            done = tuple(
                GrantResult(grant_id=g.grant_id, result=WindowResult(window_id=g.window_id)) for g in grants
            )
            end.send(ScanDone(job=message.job, results=done))


if __name__ == "__main__":
    main(int(sys.argv[1]))
