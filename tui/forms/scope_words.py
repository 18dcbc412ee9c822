"""What a scope would open and cost, in words."""

from datetime import tzinfo
from itertools import groupby

from engine.api.case_schema import ScopeLine, ScopePreview
from engine.api.schema import AuthorisationView
from engine.domain.authorisation import AuthorisationState
from tui.language.catalogue import tr
from tui.language.words import clock_time, day, lasted, short_day, span, zone_name

Said = list[tuple[str, str]]


def cost_words(preview: ScopePreview) -> str:
    """``14 cameras x 2 h = 28 camera-hours, about 40 s here``."""
    if not preview.cameras:
        return tr("no camera would be opened")
    each_s = preview.camera_hours * 3600 / preview.cameras
    said = tr(
        "{n} camera × {each} = {hours} camera-hours"
        if preview.cameras == 1
        else "{n} cameras × {each} = {hours} camera-hours",
        n=preview.cameras, each=footage_words(each_s), hours=_hours(preview.camera_hours),
    )  # fmt: skip
    if preview.seconds is None:
        return said + ", " + tr("how long that takes here was not measured yet")
    return said + ", " + tr("about {time} here", time=seconds_words(preview.seconds))


def footage_words(seconds: float) -> str:
    """``12 s``, ``6 min``, ``2.0 h``."""
    return tr("{n} h", n=f"{seconds / 3600:.1f}") if seconds >= 3600 else seconds_words(seconds)


def _hours(hours: float) -> str:
    return f"{hours:.1f}" if hours >= 1 else f"{hours:.2f}"


def seconds_words(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h 05``."""
    if seconds < 120:
        return tr("{n} s", n=max(1, round(seconds)))
    return tr("{n} min", n=round(seconds / 60)) if seconds < 3600 else lasted(seconds)


def camera_words(preview: ScopePreview, zone: tzinfo) -> Said:
    """One line a camera, with its stretches by day."""
    lines = sorted(preview.lines, key=lambda line: (line.camera_id, line.start))
    said: Said = []
    for _, group in groupby(lines, key=lambda line: line.camera_id):
        of_camera = list(group)
        seconds = sum((line.end - line.start).total_seconds() for line in of_camera)
        said.append((f"{of_camera[0].name}  {footage_words(seconds)}", "strong"))
        for date, stretches in groupby(of_camera, key=lambda line: line.start.astimezone(zone).date()):
            said.append(
                (f"  {short_day(date)}  " + ", ".join(_stretch(one, zone) for one in stretches), "plain")
            )
    return said


def _stretch(line: ScopeLine, zone: tzinfo) -> str:
    return span(line.start, line.end, zone)


def paper_words(paper: AuthorisationView, zone: tzinfo) -> Said:
    """What was given, and who has to look at it now."""
    until = f"{day(paper.expires_at, zone)} {clock_time(paper.expires_at, zone, seconds=False)}"
    until += f" {zone_name(paper.expires_at, zone)}"
    name = paper.authorisation_id
    if paper.state is AuthorisationState.EMERGENCY:
        said: Said = [(tr("✓ EMERGENCY: {name} is in force until {until}", name=name, until=until), "alarm")]
        if paper.review_due is not None:
            due = f"{day(paper.review_due, zone)} {clock_time(paper.review_due, zone, seconds=False)}"
            said.append((tr("somebody else has to review it by {due}, or it ends", due=due), "notice"))
        return said
    said = [(tr("✓ {name} is asked for, until {until}", name=name, until=until), "good")]
    if paper.four_eyes:
        said.append(
            (
                tr("an authoriser other than {who} permits it, under approvals", who=paper.requested_by),
                "plain",
            )
        )
    else:
        said.append(
            (tr("rehearsal, no second person: you may permit it yourself, under approvals"), "notice")
        )
    return said
