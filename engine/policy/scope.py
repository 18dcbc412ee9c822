"""How much may be asked for: an authorisation is live, a window is inside it, caps hold (G1 G4 G6)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from engine.domain.authorisation import Authorisation, AuthorisationState, Purpose, Scope
from engine.domain.camera import CameraWindow
from engine.domain.case import Case
from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval

CAMERA_HOURS_PER_TRACE = 100.0  # as shipped: see configs/definitions/limits.toml
MAX_SELECTING_RADIUS_M = 1000.0  # a wider disc says too little about which cameras to open


def camera_hours(windows: Iterable[CameraWindow]) -> float:
    return sum(window.camera_s for window in windows) / 3600.0


def check_purpose(purpose: str) -> Purpose:
    """Infection control is the only purpose there is (G17)."""
    try:
        return Purpose(purpose)
    except ValueError:
        raise Refused(
            f"{purpose[:80]!r} is not infection control",
            rule="G17",
            mend='write purpose = "infection_control"; there is no other',
        ) from None


def check_scope(
    scope: Scope, *, case: Case, infectious: Interval, cameras: Mapping[str, object], now: datetime
) -> Scope:
    """The scope that may be given: as asked for, cut to the infectious period as it stands now. Dates of
    the case that change afterwards can only take away from it (G4). Refuses one that reaches beyond
    what a search may ever cover."""
    if scope.interval.end > now:
        raise Refused(
            f"the scope ends in the future ({scope.interval.end.isoformat()})",
            rule="G6",
            mend="only past footage can be searched",
        )
    interval = scope.interval.intersection(infectious)
    if interval is None:
        raise InputError(
            f"{_said(scope.interval)} lies outside the infectious period of case {case.case_id}, "
            f"{_said(infectious)}",
            place="start",
            mend="correct the window, or the dates of the case",
        )
    unknown = sorted(scope.cameras - cameras.keys())
    if unknown:
        raise InputError(
            f"camera {unknown[0]} is not in the registry",
            place="cameras",
            mend="use ids of the camera registry of this site",
        )
    least = 0.001 if scope.face_search else 0.0
    if not least <= scope.max_camera_hours <= CAMERA_HOURS_PER_TRACE:
        raise Refused(
            f"{scope.max_camera_hours:g} camera-hours is not within 0..{CAMERA_HOURS_PER_TRACE:g}", rule="G4"
        )
    return msgspec.structs.replace(scope, interval=interval)


def require_live(authorisation: Authorisation, now: datetime) -> None:
    """Raises Refused unless the authorisation is approved (or an emergency that a second person may
    still review), not revoked and not expired."""
    if authorisation.state is AuthorisationState.REQUESTED:
        raise Refused("the authorisation was not approved", rule="G1")
    if authorisation.state is AuthorisationState.REFUSED:
        raise Refused("the authorisation was refused", rule="G1")
    if authorisation.state is AuthorisationState.REVOKED:
        raise Refused("the authorisation was revoked", rule="G1")
    due = authorisation.review_due if authorisation.unreviewed else None
    if due is not None and now >= due:
        raise Refused("nobody reviewed the emergency within a day", rule="G1")
    if now >= authorisation.expires_at:
        raise Refused("the authorisation has expired", rule="G1")


def require_inside(window: CameraWindow, scope: Scope) -> None:
    """Raises Refused unless the scope permits exactly this window: subset, not similarity."""
    if not scope.face_search:
        raise Refused("the authorisation does not cover a face search", rule="G1")
    if window.camera_id not in scope.cameras:
        raise Refused(f"camera {window.camera_id} is outside the authorisation", rule="G1")
    if not scope.interval.contains(window.interval):
        raise Refused(f"{_said(window.interval)} is outside the authorisation", rule="G1")


def _said(interval: Interval) -> str:
    return f"{interval.start:%Y-%m-%dT%H:%MZ} to {interval.end:%Y-%m-%dT%H:%MZ}"
