"""A sighting shown again: which seconds of which files, permitted before the footage is opened (G1)."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from engine.domain.authorisation import Authorisation
from engine.domain.camera import Camera, CameraWindow, Segment
from engine.domain.candidate import Candidate
from engine.domain.clip import Sighting
from engine.domain.errors import InputError, Refused
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.source_request import FOOTAGE
from engine.domain.track import FacePoint, Still
from engine.policy.scope import require_inside
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.notices import Notices
from engine.trace.context import Context
from engine.trace.permission import require_permission
from engine.trace.window import charge_clip, granted
from engine.vault.grants import subject_digest

AROUND_S = 2.0
LONGEST_S = 20.0
CLIP_TIME_S = 60.0  # a grant for a clip outlives no drawing of it
BEYOND_S = 1.0  # points just outside still say where the face was going

_ENCODER = msgspec.msgpack.Encoder(order="deterministic")


def sighting_of(candidate: Candidate, pictures: Sequence[Still]) -> tuple[Sighting, Interval]:
    """What is shown of a candidate, and its seconds in true time: two before and two after the track, and
    around its best picture where it is long. Raises InputError where no picture of the face is stored."""
    track = candidate.track
    seen = next((p for p in pictures if p.kind == "face" and p.at is not None), None)
    if seen is None or seen.at is None:
        raise InputError("no picture of this candidate is stored", mend="look at its card instead")
    whole = track.interval.padded(AROUND_S, AROUND_S)
    start = whole.start
    if whole.duration_s > LONGEST_S:
        latest = whole.end - timedelta(seconds=LONGEST_S)
        start = max(whole.start, min(latest, seen.at - timedelta(seconds=LONGEST_S / 2)))
    end = min(whole.end, start + timedelta(seconds=LONGEST_S))
    interval = Interval(start=start, end=end, sigma_s=whole.sigma_s)
    near = interval.padded(BEYOND_S, BEYOND_S)

    def cut(points: Sequence[FacePoint]) -> tuple[FacePoint, ...]:
        return tuple(point for point in points if near.start <= point.at <= near.end)

    beside = tuple(cut(neighbour.points) for neighbour in track.neighbours)
    return Sighting(path=cut(track.points), beside=beside, seen=seen), interval


def encoded(sighting: Sighting) -> bytes:
    """The bytes whose digest the grant names: no other face is kept under it."""
    return _ENCODER.encode(sighting)


def footage_of(camera: Camera, segments: Sequence[Segment], interval: Interval) -> tuple[Segment, ...]:
    """The files in which these seconds lie. Raises InputError where there is none."""
    offset = timedelta(seconds=camera.clock.offset_s)
    found = tuple(
        s
        for s in segments
        if s.start_device - offset < interval.end and s.end_device - offset > interval.start
    )
    if not found:
        raise InputError(
            f"camera {camera.camera_id} has no footage of these seconds any more", mend="look at its card"
        )
    return found


async def require_live_for(context: Context, tx: Transaction, candidate: Candidate) -> Authorisation:
    """The authorisation that a candidate was found under, where a face search under it may still go on. Asked
    before the footage is opened, and again before a byte leaves. Raises Refused."""
    trace = await context.traces.get(tx, candidate.trace_id)
    authorisation = await context.authorisations.get(tx, trace.authorisation_id)
    if authorisation.case_id != candidate.case_id:
        raise Refused("the authorisation is for another case", rule="G1")
    await require_permission(context, tx, authorisation, await latest_time(tx, context.clock))
    return authorisation


async def permitted(
    context: Context,
    tx: Transaction,
    candidate: Candidate,
    interval: Interval,
    sighting: bytes,
    footage_sha256: tuple[str, ...],
    viewer: str,
) -> WindowGrant:
    """The grant for one clip that ``viewer`` looks at, with its seconds on their accounts. What the scope
    leaves out of the seconds around the track is cut off. Raises Refused. The caller writes the intent
    in the same transaction."""
    authorisation = await require_live_for(context, tx, candidate)
    now = await latest_time(tx, context.clock)
    inside = interval.intersection(authorisation.scope.interval)
    window = CameraWindow(
        window_id=f"clip/{candidate.candidate_id}",
        camera_id=candidate.track.camera_id,
        interval=inside or interval,
        weight=0.0,
        record_ids=(),
    )
    require_inside(window, authorisation.scope)
    if window.interval.end > now:
        raise Refused("the clip ends in the future", rule="G6")
    await Notices(context.sealer).owe(tx, candidate.case_id, f"collected:{FOOTAGE}", now)
    trace = await context.traces.get(tx, candidate.trace_id)
    grant = granted(context, trace, authorisation, window, subject_digest(sighting), footage_sha256, now)
    await charge_clip(context, tx, trace, authorisation, grant, viewer)
    deadline_s = min(grant.deadline_boottime_s, context.clock.boottime_s() + CLIP_TIME_S)
    return msgspec.structs.replace(grant, clip=True, deadline_boottime_s=deadline_s)
