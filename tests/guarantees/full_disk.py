"""An engine whose disk is full from one moment on; says how each request ended, and how soon.

python -m tests.guarantees.full_disk STATE
"""

import asyncio
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.domain.decision import Answer
from tests.guarantees.house import a_house, a_track


async def run(state: Path) -> None:
    async with a_house(state) as house:
        house.pool.tracks = lambda request: (a_track(),)
        await house.case()
        trace_id = await house.trace()
        await house.over(trace_id)
        rows = await house.blobs("candidate")
        before = await house.audit()
        wal = (state / "tracedesk.sqlite-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal, resource.RLIM_INFINITY))
        asked: list[tuple[str, Callable[[], Awaitable[object]]]] = [
            ("look", lambda: house.confirm(rows[0][0], Answer.SAME)),
            ("search", lambda: house.trace()),
            ("bring in", lambda: house.case("B")),
        ]
        for name, ask in asked:
            begun = time.monotonic()
            try:
                await ask()
                outcome = "done"
            except Exception as problem:
                outcome = type(problem).__name__
            sys.stdout.write(f"{name}: {outcome} {time.monotonic() - begun:.2f}\n")
        sys.stdout.write(f"grants: {len(house.pool.grants)}\nlines: {len(before)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
