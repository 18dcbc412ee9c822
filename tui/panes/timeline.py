"""The patient's timeline in local time: visits, what is not covered, and what cannot all be true."""

from datetime import UTC, tzinfo

from rich.text import Text

from engine.api.schema import GapView, TraceDetail, VisitView
from tui.panes.lines import LinesPane, wrapped
from tui.theme import TONES
from tui.words import Mark, about, day, span, zone_name

# Told apart by shape: hollow from paper, filled from a face a person confirmed, framed for both.
BASES = {
    "record": Mark("◇", "record", "plain"),
    "sighting": Mark("◆", "seen", "good"),
    "both": Mark("◈", "record and seen", "good"),
}
UNKNOWN_BASIS = Mark("○", "basis not available", "muted")


class TimelinePane(LinesPane):
    def __init__(self) -> None:
        super().__init__(id="timeline")
        self._detail: TraceDetail | None = None
        self._zone: tzinfo = UTC

    def show(self, detail: TraceDetail | None, zone: tzinfo) -> None:
        self._detail, self._zone = detail, zone
        self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        detail = self._detail
        if detail is None or not (detail.visits or detail.gaps):
            return [Text("nothing known yet", style=TONES["muted"])]
        return timeline(detail, self._zone, width)


def timeline(detail: TraceDetail, zone: tzinfo, width: int) -> list[Text]:
    """Lines at most ``width`` cells wide, in order of time, with the zone named once at the top."""
    entries: list[VisitView | GapView] = sorted([*detail.visits, *detail.gaps], key=lambda entry: entry.start)
    first = zone_name(entries[0].start, zone)
    lines = [Text.assemble(("◇ record  ◆ seen  ", TONES["muted"]), (first, TONES["strong"]))]
    today = ""
    for entry in entries:
        if (that_day := day(entry.start, zone)) != today:
            lines.append(Text(that_day, style=TONES["strong"]))
            today = that_day
        drawn = _visit(entry, zone) if isinstance(entry, VisitView) else _gap(entry, zone)
        for text in drawn:
            lines += wrapped(text, width, indent=2)
    if detail.trace.left_out:
        lines += [Text(), Text("left out", style=TONES["strong"])]
        for reason in detail.trace.left_out:
            lines += wrapped(Text.assemble(("- ", TONES["notice"]), reason), width, indent=2)
    return lines


def _visit(visit: VisitView, zone: tzinfo) -> list[Text]:
    mark = BASES.get(visit.basis, UNKNOWN_BASIS)
    spread = about(visit.sigma_s)
    when = span(visit.start, visit.end, zone)
    if visit.moment:
        when = f"some time within {when}"
    lines = [
        Text.assemble(
            (f"{mark.glyph} ", TONES[mark.tone]), (when, TONES["strong"]), (f"  {spread}", TONES["muted"])
        ),
        Text.assemble(("│ ", TONES["muted"]), visit.label or visit.place_id or "place not available"),
    ]
    through = ", ".join((*visit.sources, *visit.cameras))
    basis = f"{mark.word}: {through}" if through else mark.word
    if visit.radius_m is not None:
        basis += f" ± {visit.radius_m:.0f} m"
    lines.append(Text.assemble(("│ ", TONES["muted"]), (basis, TONES["muted"])))
    if visit.conflict:
        lines.append(Text.assemble(("‼ conflict: ", TONES["alarm"]), visit.conflict))
    return lines


def _gap(gap: GapView, zone: tzinfo) -> list[Text]:
    when = span(gap.start, gap.end, zone)
    lines = [Text.assemble(("┊ ", TONES["muted"]), (f"{when}  not covered", TONES["muted"]))]
    if gap.reason and gap.reason != "not covered":
        lines.append(Text.assemble(("┊ ", TONES["muted"]), (gap.reason, TONES["muted"])))
    return lines
