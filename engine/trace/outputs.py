"""What leaves the house as rows of plain values: the least that whoever gets it can work with (G18).

Neither says whose case it is. A line list says the day of a scene, not its minute.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from engine.domain.camera import Camera
from engine.domain.visit import Visit
from engine.trace.line_list import ListLine

Row = tuple[object, ...]

LINE_LIST = (
    "contact",
    "name",
    "phone",
    "backing",
    "reference",
    "minutes",
    "distance_low_m",
    "distance_high_m",
    "patient_mask",
    "contact_mask",
    "place",
    "date",
    "risk",
    "status",
    "follow_up_until",
    "owner",
)
TIMELINE = (
    "start",
    "end",
    "uncertainty_s",
    "moment",
    "place",
    "radius_m",
    "basis",
    "conflict",
)


def line_list_rows(
    lines: Sequence[ListLine], cameras: Mapping[str, Camera], labels: Mapping[str, str], zone: tzinfo
) -> list[Row]:
    """One row a person, in the columns of ``LINE_LIST``. Minutes are the sum over the scenes, the distances
    the nearest and the farthest bound of any of them; dates are those of ``zone``."""
    return [_line(number, line, cameras, labels, zone) for number, line in enumerate(lines, start=1)]


def timeline_rows(visits: Sequence[Visit], zone: tzinfo) -> list[Row]:
    """One row a stay, in the columns of ``TIMELINE``; times with their offset from UTC."""
    return [
        (
            _minute(visit.interval.start, zone),
            _minute(visit.interval.end, zone),
            f"{visit.interval.sigma_s:.0f}",
            "some time within" if visit.moment else "",
            visit.label or visit.place_id,
            f"{visit.disc.radius_m:.0f}" if visit.disc else "",
            visit.basis,
            visit.conflict,
        )
        for visit in visits
    ]


def _line(
    number: int, line: ListLine, cameras: Mapping[str, Camera], labels: Mapping[str, str], zone: tzinfo
) -> Row:
    contact, scenes = line.contact, line.exposures
    seen = [cameras[e.camera_id] for e in scenes]
    return (
        number if contact is not None else scenes[0].person,
        contact.name if contact else "",
        contact.phone if contact else "",
        contact.backing if contact else "",
        contact.reference if contact else "",
        f"{line.minutes:.1f}" if scenes else "",
        f"{min(e.distance_low_m for e in scenes):.1f}" if scenes else "",
        f"{max(e.distance_high_m for e in scenes):.1f}" if scenes else "",
        _each(e.patient_mask for e in scenes),
        _each(e.person_mask for e in scenes),
        _each(labels.get(camera.place_id) or camera.name for camera in seen),
        _each(e.interval.start.astimezone(zone).date().isoformat() for e in scenes),
        (contact.risk or "") if contact else "",
        contact.status if contact else "",
        (contact.follow_up_until or "") if contact else "",
        contact.owner if contact else "",
    )


def _each(values: Iterable[str]) -> str:
    """Every different value once, in order."""
    return "; ".join(dict.fromkeys(str(value) for value in values))


def _minute(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")
