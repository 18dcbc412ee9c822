"""What a map says in words: where the patient was at the moment, how far since, and what its signs mean."""

from datetime import datetime

from rich.text import Text

from engine.api.schema import VisitView
from engine.domain.place import Disc, distance_m
from tui.casework.whereabouts import Whereabouts, has_position
from tui.language.catalogue import tr
from tui.language.words import Mark, clock_time, day, left, metres
from tui.panes.axis import BASES, CONFLICT, POINTER, folded_marks, place_of
from tui.panes.citymap import (
    CARD,
    HERE,
    LAST,
    MOST_OTHERS,
    OPENED,
    OTHER,
    PATH,
    RING,
    SCOPE,
    Scene,
    mark_of,
)
from tui.panes.lines import wrapped
from tui.panes.projection import View
from tui.terminal.theme import TONES


def words(scene: Scene, view: View, width: int) -> list[Text]:
    """The moment, what is known of it, and the reach since, each line at most ``width`` cells."""
    at, zone = scene.moment.at, scene.course.zone
    if at is None:
        return [Text(tr("nothing known yet"), style=TONES["muted"])]
    where = scene.where
    said = [
        Text.assemble(
            (f"{POINTER} ", TONES["accent"]),
            (clock_time(at, zone), TONES["strong"]),
            (f"  {day(at, zone)}", TONES["muted"]),
        )
    ]
    if where.here is not None:
        said.append(Text.assemble((f"{HERE.glyph} ", TONES[HERE.tone]), place_of(where.here)))
    elif where.last is not None:
        said.append(Text.assemble((f"{LAST.glyph} ", TONES[LAST.tone]), _since(where.last, at)))
        said.append(Text.assemble((f"{RING.glyph} ", TONES[RING.tone]), _reach(where, where.last, view)))
    else:
        said.append(Text(tr("no place is known before"), style=TONES["muted"]))
    if scene.on_card is not None:
        said.append(Text.assemble((f"{CARD.glyph} ", TONES[CARD.tone]), _card(scene, where)))
    return [line for text in said for line in wrapped(text, width, indent=2)]


def _since(last: VisitView, at: datetime) -> str:
    ended = last.start if last.moment else last.end
    if at <= ended:
        return place_of(last)
    return tr("{place}, {time} ago", place=place_of(last), time=left(at, ended))


def _reach(where: Whereabouts, last: VisitView, view: View) -> str:
    """On foot and at the fastest; what covers the whole map is said to go beyond it."""
    farthest_m = view.farthest_m(last.lat or 0.0, last.lon or 0.0)
    beyond = tr("beyond this map")
    foot = beyond if where.foot_m > farthest_m else metres(where.foot_m)
    car = beyond if where.car_m > farthest_m else metres(where.car_m)
    return tr("on foot: {foot}; by car: {car}", foot=foot, car=car)


def _card(scene: Scene, where: Whereabouts) -> str:
    """How far the camera of the candidate at hand lies from the last place known."""
    known = where.here or where.last
    if scene.on_card is None:
        return ""
    candidate, lat, lon = scene.on_card
    name = candidate.camera_name or candidate.camera_id
    if known is None or known.lat is None or known.lon is None:
        return name
    away_m = distance_m(
        Disc(lat=known.lat, lon=known.lon, radius_m=0.0), Disc(lat=lat, lon=lon, radius_m=0.0)
    )
    if away_m < 1.0:
        return tr("there: {camera}", camera=name)
    return tr("{away} to {camera}", away=metres(away_m), camera=name)


def legend(scene: Scene, width: int) -> list[Text]:
    """The signs that this trace has on a map, in as few lines as they take."""
    detail, plan = scene.course.detail, scene.plan
    placed = [visit for visit in detail.visits if has_position(visit)]
    marks = {mark_of(visit) for visit in placed}
    used: list[Mark] = [mark for mark in (*BASES.values(), CONFLICT) if mark in marks]
    used += [PATH, RING] if len(scene.way) > 1 else []
    if plan is not None:
        used += [CARD] if scene.course.candidate is not None else []
        used += [OPENED] if len(plan.places(o.camera_id for o in detail.opened)) else []
        used += [SCOPE] if len(plan.places(detail.scope_cameras)) else []
        used += [OTHER] if 0 < len(plan.lats) <= MOST_OTHERS else []
    return folded_marks(used, width)
