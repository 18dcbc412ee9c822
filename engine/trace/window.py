"""One camera window of a trace: permitted and charged before its footage is opened, kept when it is read."""

import secrets
import unicodedata
from datetime import datetime

import msgspec

from engine.audit import log
from engine.domain.authorisation import Authorisation
from engine.domain.camera import CameraWindow
from engine.domain.candidate import Candidate
from engine.domain.errors import Refused
from engine.domain.grant import WindowGrant
from engine.domain.source_request import FOOTAGE
from engine.domain.trace import Progress
from engine.domain.track import Enrolment, WindowResult
from engine.policy.caps import Used, require_room
from engine.policy.scope import require_inside
from engine.ports import Transaction
from engine.store import events, usage
from engine.store.authorisations import latest_time
from engine.store.notices import Notices
from engine.store.traces import TraceRow
from engine.store.usage import Payer
from engine.trace.context import Context
from engine.trace.permission import require_permission
from engine.vault.grants import subject_digest

WINDOW_TIME_S = 900.0  # a grant for one window outlives no reading of it


async def permitted(
    context: Context,
    tx: Transaction,
    trace: TraceRow,
    window: CameraWindow,
    subject: Enrolment,
    footage_sha256: tuple[str, ...],
) -> WindowGrant:
    """The grant for one window, with the intent in the audit, the minutes on their accounts, and the
    patient's right to be told (G16); all of it commits before footage is opened. Raises Refused."""
    now = await latest_time(tx, context.clock)
    authorisation = await context.authorisations.get(tx, trace.authorisation_id)
    if authorisation.case_id != trace.case_id:
        raise Refused("the authorisation is for another case", rule="G1")
    await require_permission(context, tx, authorisation, now)
    require_inside(window, authorisation.scope)
    if window.interval.end > now:
        raise Refused("the window ends in the future", rule="G6")
    await _charge(context, tx, trace, authorisation, window)
    await Notices(context.sealer).owe(tx, trace.case_id, f"collected:{FOOTAGE}", now)
    digest = subject_digest(subject.template)
    grant = granted(context, trace, authorisation, window, digest, footage_sha256, now)
    await log.append(
        tx,
        at=now,
        person="engine",
        action="search",
        object_id=trace.trace_id,
        outcome="intent",
        detail={
            "grant": grant.grant_id,
            "authorisation": trace.authorisation_id,
            "window": context.sealer.vault.mac(window.window_id),
            "camera": context.sealer.vault.mac(window.camera_id),
            "camera_s": f"{window.camera_s:.1f}",
        },
    )
    return grant


def granted(
    context: Context,
    trace: TraceRow,
    authorisation: Authorisation,
    window: CameraWindow,
    subject_sha256: str,
    footage_sha256: tuple[str, ...],
    now: datetime,
) -> WindowGrant:
    """The grant for what was checked: it ends with the authorisation, and by the boot clock."""
    until = authorisation.ends_at
    return WindowGrant(
        grant_id=secrets.token_hex(12),
        case_id=trace.case_id,
        trace_id=trace.trace_id,
        authorisation_id=trace.authorisation_id,
        window_id=window.window_id,
        camera_id=window.camera_id,
        interval=window.interval,
        subject_sha256=subject_sha256,
        footage_sha256=footage_sha256,
        expires_at=until,
        deadline_boottime_s=context.clock.boottime_s() + min(WINDOW_TIME_S, (until - now).total_seconds()),
        four_eyes=authorisation.four_eyes,
        rehearsal=context.site.rehearsal,
    )


async def used_so_far(
    context: Context, tx: Transaction, trace: TraceRow, authorisation: Authorisation
) -> Used:
    """What counts against the caps of this trace now."""
    requester = _requester(trace, authorisation)
    return await usage.used(tx, await _payer(context, tx, trace.case_id, requester, trace_id=trace.trace_id))


async def used_before(context: Context, tx: Transaction, case_id: str, requester: str) -> Used:
    """What would count against the caps of a trace of this case that the person asked for today."""
    return await usage.used(tx, await _payer(context, tx, case_id, requester, trace_id=""))


async def keep(context: Context, tx: Transaction, trace: TraceRow, result: WindowResult) -> None:
    """Store what a window gave, together with its line in the audit; a second time changes nothing."""
    now = await latest_time(tx, context.clock)
    authorisation = await context.authorisations.get(tx, trace.authorisation_id)
    await require_permission(context, tx, authorisation, now)
    if not await context.traces.put_window(tx, trace, result):
        return
    for track in result.tracks:
        candidate = Candidate(
            candidate_id=secrets.token_hex(8), case_id=trace.case_id, trace_id=trace.trace_id, track=track
        )
        await context.reviews.add_candidate(tx, candidate)
        await events.note(
            tx,
            at=now,
            kind="candidate",
            object_id=candidate.candidate_id,
            state="added",
            case_id=trace.case_id,
        )
    await context.traces.mark(tx, trace.trace_id, "first_window", now)
    if result.tracks:
        await context.traces.mark(tx, trace.trace_id, "first_candidate", now)
    await log.append(
        tx,
        at=now,
        person="engine",
        action="search",
        object_id=trace.trace_id,
        detail={
            "window": context.sealer.vault.mac(result.window_id),
            "frames": str(result.frames),
            "faces_compared": str(result.faces),
            "candidates": str(len(result.tracks)),
        },
    )
    shown = context.progress.get(trace.trace_id, Progress(trace_id=trace.trace_id))
    context.progress[trace.trace_id] = msgspec.structs.replace(shown, windows_done=shown.windows_done + 1)


async def _charge(
    context: Context, tx: Transaction, trace: TraceRow, authorisation: Authorisation, window: CameraWindow
) -> None:
    """Write the window on its accounts. Raises Refused (G4) where one of them is used up."""
    interval = window.interval
    spoken_of = f"{window.window_id}/{interval.start.isoformat()}/{interval.end.isoformat()}"
    window_mac = context.sealer.vault.mac(f"{trace.trace_id}/{spoken_of}")
    if await usage.charged(tx, trace.trace_id, window_mac):
        return
    requester = _requester(trace, authorisation)
    payer = await _payer(context, tx, trace.case_id, requester, trace_id=trace.trace_id)
    await _pay(context, tx, payer, authorisation, window_mac, window.camera_s)


async def charge_clip(
    context: Context,
    tx: Transaction,
    trace: TraceRow,
    authorisation: Authorisation,
    grant: WindowGrant,
    viewer: str,
) -> None:
    """Write a clip on its accounts, each time that one is drawn: on those of the patient, of who looks and of
    the installation, as a window is, and on one of the trace for clips alone. Its seconds were paid for
    once by the search, and one that used its cap up can still be reviewed. Raises Refused (G4)."""
    payer = await _payer(context, tx, trace.case_id, viewer, trace_id=f"clips/{trace.trace_id}")
    mac = context.sealer.vault.mac(f"clip/{grant.grant_id}")
    await _pay(context, tx, payer, authorisation, mac, grant.interval.duration_s)


async def _pay(
    context: Context, tx: Transaction, payer: Payer, authorisation: Authorisation, mac: str, camera_s: float
) -> None:
    scope_h = authorisation.scope.max_camera_hours
    require_room(context.site.limits, scope_h, await usage.used(tx, payer), camera_s)
    await usage.charge(tx, payer, mac, camera_s)


async def _payer(context: Context, tx: Transaction, case_id: str, requester: str, *, trace_id: str) -> Payer:
    case = await context.cases.get(tx, case_id)
    today = await latest_time(tx, context.clock)
    return Payer(
        trace_id=trace_id,
        case_id=case_id,
        patient_mac=context.sealer.vault.mac(f"patient/{_plainly(case.notification_ref)}"),
        requester=requester,
        day=today.date().isoformat(),
    )


def _requester(trace: TraceRow, authorisation: Authorisation) -> str:
    return trace.requested_by or authorisation.requested_by


def _plainly(reference: str) -> str:
    """A reference as a person reads it: another spelling of it is no other patient."""
    return "".join(unicodedata.normalize("NFKC", reference).casefold().split())
