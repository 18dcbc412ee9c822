"""The rules that hold on this installation, as plain lines with a digest: so that a change of one shows."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from engine.domain.camera import MAX_WINDOW_S
from engine.domain.case import Disease
from engine.domain.exposure import ContactDefinition
from engine.domain.limits import Limits
from engine.policy.scope import MAX_SELECTING_RADIUS_M

_ENCODER = msgspec.json.Encoder(order="deterministic")


def policy_lines(
    limits: Limits,
    laws: Mapping[str, str],
    diseases: Iterable[Disease] = (),
    definitions: Iterable[ContactDefinition] = (),
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Every number and text by its name, ``cap.patient_h`` and the like. ``more`` holds lines of others."""
    found = {
        "window.longest_s": f"{MAX_WINDOW_S:g}",
        "record.widest_m": f"{MAX_SELECTING_RADIUS_M:g}",
    }
    found |= {f"cap.{name}": _said(value) for name, value in msgspec.structs.asdict(limits).items()}
    found |= {f"law.{name}": title for name, title in laws.items()}
    for kind, values in (("disease", diseases), ("contact", definitions)):
        for one in values:
            fields = msgspec.structs.asdict(one)
            name = fields.pop("name")
            found |= {f"{kind}.{name}.{field}": _said(value) for field, value in fields.items()}
    return found | dict(more or {})


def policy_digest(lines: Mapping[str, str]) -> str:
    """sha256 over the lines in the order of their names."""
    return hashlib.sha256(_ENCODER.encode(dict(lines))).hexdigest()


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """``400 -> 800`` by name for each line that was changed, added or taken out."""
    names = sorted({n for n in {*before, *now} if before.get(n) != now.get(n)})
    return {n: f"{before.get(n, 'none')} -> {now.get(n, 'none')}" for n in names}


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
