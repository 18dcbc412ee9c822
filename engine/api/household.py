"""How the house stands: cameras, ways in, disk, keys, witness. States and counts, nobody's case."""

import asyncio
from datetime import datetime, timedelta

from engine.api.site_schema import CameraState, House, SourceState
from engine.api.standing import Vitals
from engine.domain.camera import UNKNOWN_CLOCK_SIGMA_S, Camera
from engine.domain.source_request import FOOTAGE
from engine.domain.source_rule import DIRECT
from engine.trace.context import Context, Site
from engine.trace.footage_table import Footage, FootageTable

CAMERAS_SHOWN = 200
SILENT_AFTER = timedelta(hours=24)  # as hardware goes: a day without a file is no gap any more
SKEWED_S = 300.0  # a clock this far off is corrected by its offset, but somebody should set it
WORST_FIRST = ("silent", "skewed", "unmeasured", "ok")


class Household:
    """``vitals`` are where the parts of the engine say how they are."""

    def __init__(self, context: Context, footage: Footage, vitals: Vitals) -> None:
        self._context = context
        self._footage = footage
        self._vitals = vitals

    async def state(self) -> House:
        site, vitals = self._context.site, self._vitals
        table = await self._footage.table()
        now = self._context.clock.now()
        cameras = await asyncio.to_thread(camera_states, site, table, now)
        free, total = await asyncio.to_thread(vitals.disk)
        return House(
            cameras=cameras[:CAMERAS_SHOWN],
            cameras_total=len(cameras),
            cameras_ok=sum(camera.state == "ok" for camera in cameras),
            sources=_sources(site, table),
            disk_free=free,
            disk_total=total,
            keys_due=await vitals.keys_due(),
            keys_overdue=await vitals.keys_overdue(),
            witness=vitals.witness(),
            witness_age_s=vitals.witness_age_s(),
            models=site.models,
        )


def camera_states(site: Site, table: FootageTable, now: datetime) -> tuple[CameraState, ...]:
    """Every camera, the worst first. A rehearsal goes by footage of some past day: whether a camera is
    silent is judged by the newest footage of all there, else by the clock."""
    newest = max(table.newest.values(), default=None)
    judged_at = newest if site.rehearsal else now
    some = newest is not None

    def state(camera: Camera) -> str:
        last = table.newest.get(camera.camera_id)
        if some and (last is None or (judged_at is not None and last < judged_at - SILENT_AFTER)):
            return "silent"
        if abs(camera.clock.offset_s) > SKEWED_S:
            return "skewed"
        return "unmeasured" if camera.clock.sigma_s >= UNKNOWN_CLOCK_SIGMA_S else "ok"

    found = [
        CameraState(
            camera_id=camera.camera_id,
            name=camera.name,
            state=state(camera),
            last_footage=table.newest.get(camera.camera_id),
            offset_s=camera.clock.offset_s,
            sigma_s=camera.clock.sigma_s,
        )
        for camera in site.cameras.values()
    ]
    return tuple(sorted(found, key=lambda one: (WORST_FIRST.index(one.state), one.camera_id)))


def _sources(site: Site, table: FootageTable) -> tuple[SourceState, ...]:
    """Every way is a file that a person hands in: nothing is fetched from anywhere, so none has a breaker."""
    found = []
    for name, rule in sorted(site.sources.items()):
        authority = rule.authority_for(site.level)
        how = "by hand" if authority == DIRECT or site.rehearsal else f"by hand, by way of the {authority}"
        if name != FOOTAGE:
            found.append(SourceState(name=name, state="ok", because=how))
    files, cameras = len(table.camera), len(table.newest)
    if files:
        because = f"{files} files of {cameras} cameras in the archive"
        found.append(SourceState(name=FOOTAGE, state="ok", because=because))
    else:
        found.append(SourceState(name=FOOTAGE, state="not available", because="the archive has no files"))
    if site.face_search:
        found.append(SourceState(name="face search", state="not available", because=site.face_search))
    return tuple(found)
