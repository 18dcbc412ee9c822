"""How much footage may be opened at all: four caps, added up over traces, patients, people and days (G4)."""

from dataclasses import dataclass

from engine.domain.errors import Refused
from engine.domain.limits import Limits

ROUNDING_S = 1e-3  # sums of floating point seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Camera-seconds that were asked for so far, by the four sums that are capped."""

    trace_s: float = 0.0
    patient_s: float = 0.0
    requester_s: float = 0.0
    installation_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may still be opened, and the cap that leaves no more, in words."""

    camera_s: float
    said: str


def allowance(limits: Limits, scope_h: float, used: Used) -> Allowance:
    """The tightest of the caps after what was used. ``scope_h`` is what the authorisation grants."""
    trace_h = min(scope_h, limits.trace_h)
    caps = (
        Allowance(camera_s=trace_h * 3600 - used.trace_s, said=f"the cap of {trace_h:g}"),
        Allowance(
            camera_s=limits.patient_h * 3600 - used.patient_s,
            said=f"the {limits.patient_h:g} that may be opened for one patient",
        ),
        Allowance(
            camera_s=limits.requester_day_h * 3600 - used.requester_s,
            said=f"the {limits.requester_day_h:g} that one person may ask for in a day",
        ),
        Allowance(
            camera_s=limits.installation_day_h * 3600 - used.installation_s,
            said=f"the {limits.installation_day_h:g} that this installation may open in a day",
        ),
    )
    tightest = min(caps, key=lambda cap: cap.camera_s)
    return Allowance(camera_s=max(0.0, tightest.camera_s), said=tightest.said)


def require_room(limits: Limits, scope_h: float, used: Used, camera_s: float) -> None:
    """Raises Refused (G4) where ``camera_s`` more would go beyond one of the caps."""
    left = allowance(limits, scope_h, used)
    if camera_s > left.camera_s + ROUNDING_S:
        raise Refused(f"it would go beyond {left.said} camera-hours", rule="G4")
