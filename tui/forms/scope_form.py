"""What a search may open, as a form: filled in row by row, and made a request in the end."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.api.case_schema import BoardCase, ScopePreview
from engine.api.forms import OrderView
from engine.api.schema import AuthorisationRequest
from engine.api.site_schema import CameraPlace
from engine.domain.authorisation import Purpose
from engine.domain.record import Source
from engine.domain.source_request import SourceRequestState
from tui.forms.grounds import HANDED_OVER, has_ground
from tui.forms.trouble import Trouble
from tui.language.catalogue import tr

VALID_H = 24.0
LONGEST_H = 24.0 * 31  # as the engine has it: footage is kept about a month
MOST_CAMERA_HOURS = 100.0  # of one trace as shipped: configs/definitions/limits.toml
UNKNOWN_DAYS = 14  # back from now, where the infectious days are not known here

_HOURS = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*(h|hours?|시간|d|days?|일)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeForm:
    """``cameras`` "" for all that the records select, else words that their ids or names have in them;
    ``most_hours`` None for what the preview says. Times with their zone."""

    case_id: str
    sources: frozenset[Source]
    start: datetime
    end: datetime
    valid_h: float = VALID_H
    cameras: str = ""
    face_search: bool = True
    order_ref: str = ""
    most_hours: float | None = None


def first_form(case: BoardCase, orders: Sequence[OrderView], now: datetime, *, rehearsal: bool) -> ScopeForm:
    """As a person would fill it in: the infectious days that are past, sources that need nothing further,
    the order that stands for the disease, face search where there is a ground."""
    now = now.replace(second=0, microsecond=0)
    start = case.infectious_start or now - timedelta(days=UNKNOWN_DAYS)
    end = min(case.infectious_end or now, now)
    answered = {r.source for r in case.sources if r.state is SourceRequestState.ANSWERED}
    sources = frozenset(s for s in Source if rehearsal or s not in HANDED_OVER or s in answered)
    standing = [order.number for order in orders if order.stands and order.disease == case.disease]
    return ScopeForm(
        case_id=case.case_id,
        sources=sources,
        start=min(start, end),
        end=end,
        face_search=has_ground(case),
        order_ref=standing[0] if len(standing) == 1 else "",
    )


def matching(cameras: Sequence[CameraPlace], written: str) -> tuple[str, ...]:
    """Ids of the cameras that have one of the words in id or name and none of those after ``!``; all for
    no words. Words are parted by commas."""
    words = [word.strip().casefold() for word in written.split(",") if word.strip(" !")]
    wanted = [word for word in words if not word.startswith("!")]
    unwanted = [word[1:].strip() for word in words if word.startswith("!")]
    found = []
    for camera in cameras:
        text = f"{camera.camera_id} {camera.name}".casefold()
        chosen = not wanted or any(word in text for word in wanted)
        if chosen and not any(word in text for word in unwanted):
            found.append(camera.camera_id)
    return tuple(found)


def wanted(form: ScopeForm, cameras: Sequence[str], now: datetime) -> AuthorisationRequest:
    """The request as the form stands, for these cameras. Without face search no camera is asked for."""
    hours = MOST_CAMERA_HOURS if form.most_hours is None else form.most_hours
    return AuthorisationRequest(
        case_id=form.case_id,
        purpose=str(Purpose.INFECTION_CONTROL),
        cameras=tuple(cameras) if form.face_search else (),
        sources=tuple(source for source in Source if source in form.sources),
        start=form.start,
        end=form.end,
        expires_at=now.replace(microsecond=0) + timedelta(hours=form.valid_h),
        face_search=form.face_search,
        max_camera_hours=hours if form.face_search else 0.0,
        order_ref=form.order_ref,
    )


def selected(preview: ScopePreview, asked: Sequence[str]) -> tuple[str, ...]:
    """The cameras that the records select: those of the lines, or all that were asked about where not all
    lines were sent."""
    named = tuple(dict.fromkeys(line.camera_id for line in preview.lines))
    return named if len(named) >= preview.cameras else tuple(asked)


def hours_needed(preview: ScopePreview) -> float:
    """Whole camera-hours that are enough for what the preview would open."""
    return min(MOST_CAMERA_HOURS, max(1.0, float(math.ceil(preview.camera_hours - 1e-9))))


def final(
    form: ScopeForm, preview: ScopePreview, asked: Sequence[str], now: datetime
) -> AuthorisationRequest:
    """The request that goes out: no more cameras and hours than the preview showed."""
    if form.most_hours is None:
        form = replace(form, most_hours=hours_needed(preview))
    return wanted(form, selected(preview, asked), now)


def read_hours(written: str, most: float) -> float | Trouble:
    """``24``, ``24 h``, ``2 days``, ``3일``: hours within 0..``most``."""
    match = _HOURS.fullmatch(written.strip().casefold())
    if match is None:
        return Trouble(tr("{text} is no number of hours", text=written[:40]), tr("write it as 24 or 2 days"))
    days = match[2] is not None and match[2][0] in ("d", "일")
    hours = float(match[1]) * (24.0 if days else 1.0)
    if not 0 < hours <= most:
        return Trouble(tr("{n} hours are not allowed", n=f"{hours:g}"), tr("write up to {n}", n=f"{most:g}"))
    return hours


def why_no_request(form: ScopeForm, preview: ScopePreview | None) -> str:
    """ "" where the form may be sent."""
    if preview is None:
        return tr("what it would open is not known yet")
    if form.face_search and not preview.cameras:
        return tr("it would open no camera: bring records in first, or turn face search off")
    if not form.sources and not form.face_search:
        return tr("it would allow nothing: choose a source")
    return ""
