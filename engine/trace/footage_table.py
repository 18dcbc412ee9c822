"""The footage that there is, as one table: what will be deleted next, and what each camera gave last.

A city has ten thousand cameras and many files of each. So the table is made beside the event loop, once
for everybody who asks within a minute, and a question goes over whole columns.
"""

import asyncio
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from engine.domain.interval import Interval
from engine.trace.context import Context, Site

FRESH_S = 60.0
DAY_S = 86_400.0

Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A stretch of footage in true time, and when its camera's house deletes the file it is in."""

    camera_id: str
    interval: Interval
    gone_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FootageTable:
    """A row a file, by when it will be gone: number of the camera, then seconds since 1970 in true time.
    ``newest`` is the end of the newest file of each camera that has any."""

    camera_ids: tuple[str, ...]
    numbers: dict[str, int]
    camera: npt.NDArray[np.int64]
    start: Seconds
    end: Seconds
    gone: Seconds
    newest: dict[str, datetime]

    @classmethod
    def of(cls, site: Site) -> "FootageTable":
        """The cameras' clocks are taken off; gaps inside a file are not looked at."""
        ids = tuple(site.cameras)
        rows = array("d")  # filled a row at a time: a list made an array at once holds every thread up
        newest: dict[str, datetime] = {}
        for number, (camera_id, camera) in enumerate(site.cameras.items()):
            offset_s, kept_s = camera.clock.offset_s, camera.retention_days * DAY_S
            ends = []
            for segment in site.segments(camera_id):
                end_s = segment.end_device.timestamp() - offset_s
                rows.extend((number, segment.start_device.timestamp() - offset_s, end_s, end_s + kept_s))
                ends.append(end_s)
            if ends:
                newest[camera_id] = _time(max(ends))
        table = np.frombuffer(rows).reshape(-1, 4)
        table = table[np.argsort(table[:, 3], kind="stable")]
        return cls(
            camera_ids=ids,
            numbers={camera_id: number for number, camera_id in enumerate(ids)},
            camera=table[:, 0].astype(np.int64),
            start=table[:, 1],
            end=table[:, 2],
            gone=table[:, 3],
            newest=newest,
        )

    def due(
        self, within: Interval, now: datetime, cameras: Iterable[str] | None = None, most: int = 5
    ) -> tuple[Due, ...]:
        """Footage of that period that is still there, what is gone first, first. ``cameras`` None: of all."""
        start_s, end_s = within.start.timestamp(), within.end.timestamp()
        wanted = (self.gone > now.timestamp()) & (self.end > start_s) & (self.start < end_s)
        if cameras is not None:
            meant = np.zeros(len(self.camera_ids), bool)
            meant[[self.numbers[i] for i in cameras if i in self.numbers]] = True
            wanted &= meant[self.camera]
        return tuple(
            Due(
                camera_id=self.camera_ids[self.camera[row]],
                interval=Interval(
                    start=max(within.start, _time(self.start[row])),
                    end=min(within.end, _time(self.end[row])),
                ),
                gone_at=_time(self.gone[row]),
            )
            for row in np.flatnonzero(wanted)[:most]
        )


class Footage:
    """The table of a site, at most a minute old."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._one = asyncio.Lock()
        self._table: FootageTable | None = None
        self._made_s = 0.0

    async def table(self) -> FootageTable:
        async with self._one:
            now_s = self._context.clock.boottime_s()
            if self._table is None or now_s - self._made_s >= FRESH_S:
                self._table = await asyncio.to_thread(FootageTable.of, self._context.site)
                self._made_s = now_s
            return self._table


def _time(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))
