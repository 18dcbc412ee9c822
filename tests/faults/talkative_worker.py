"""A worker that says more than it may: a million records of one file, or one frame with too many of them.

Started like the real one. The name of the record file says what it does.
"""

import os
import socket
import sys
from datetime import UTC, datetime, timedelta

import msgspec

from engine.domain.interval import Interval
from engine.domain.place import Disc
from engine.domain.record import Record, Source
from engine.schedule.channel import ChannelClosed, WorkerEnd
from engine.schedule.frames import RECORDS_A_PART, ParseRecords, Ready, RecordsParsed, RecordsPart

START = datetime(2026, 3, 2, tzinfo=UTC)
MILLION = 1_000_000
DIFFERENT = 200  # parts


def a_record(number: int, case_id: str) -> Record:
    at = START + timedelta(seconds=number % 80_000)
    return Record(
        record_id=f"gps-{number:016x}",
        case_id=case_id,
        source=Source.GPS,
        interval=Interval(start=at, end=at, sigma_s=5.0),
        received_at=START,
        raw_sha256="ab" * 32,
        disc=Disc(lat=37.5, lon=126.8, radius_m=16.0),
    )


def part(number: int, case_id: str) -> RecordsPart:
    first = number * RECORDS_A_PART
    return RecordsPart(records=tuple(a_record(n, case_id) for n in range(first, first + RECORDS_A_PART)))


def parse(end: WorkerEnd, message: ParseRecords) -> None:
    if message.file == "in one.csv":
        end.send(RecordsPart(records=(a_record(0, message.case_id),) * MILLION))
    elif message.file == "lines.csv":
        end.send(RecordsParsed(warnings=("x",) * MILLION))
    else:
        count = MILLION if message.file == "million.csv" else int(message.file.removesuffix(".csv"))
        said = part(0, message.case_id)
        for number in range(count // RECORDS_A_PART):
            if number <= DIFFERENT:  # then the same ones again: making them takes longer than sending them
                said = part(number, message.case_id)
            end.send(said)
        end.send(RecordsParsed(dropped={"other person": 7}))


def main(descriptor: int) -> None:
    end = WorkerEnd(socket.socket(fileno=descriptor))
    end.receive()
    end.send(Ready(pid=os.getpid(), face_search=""))
    while True:
        message, _ = end.receive()
        if isinstance(message, ParseRecords):
            parse(end, message)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except (ChannelClosed, ConnectionError, msgspec.DecodeError):
        sys.exit(0)
