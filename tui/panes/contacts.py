"""Who was near the confirmed patient, scene by scene. People stay ``U-001``: nobody is named by face."""

from datetime import UTC, tzinfo

from rich.text import Text

from engine.api.schema import ExposureView, TraceDetail
from tui.panes.lines import LinesPane
from tui.theme import TONES
from tui.words import MASKS, span

COLUMNS = (
    ("person", 6),
    ("min", 5),
    ("metres", 9),
    ("patient", 9),
    ("other", 9),
    ("camera", 8),
    ("when", 17),
)
BESIDE = 120  # cells from which the suggestion stands beside the row, not below it


class ContactsPane(LinesPane):
    def __init__(self) -> None:
        super().__init__(id="contacts")
        self._detail: TraceDetail | None = None
        self._zone: tzinfo = UTC

    def show(self, detail: TraceDetail | None, zone: tzinfo) -> None:
        self._detail, self._zone = detail, zone
        self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        detail = self._detail
        if detail is None or not detail.exposures:
            return [Text(line, style=TONES["muted"]) for line in _why_none(detail)]
        head = Text.assemble(*((f"{name:{cells}} ", TONES["muted"]) for name, cells in COLUMNS))
        lines = [head.append("suggestion", TONES["muted"]) if width >= BESIDE else head]
        for exposure in detail.exposures:
            lines += _row(exposure, self._zone, beside=width >= BESIDE)
        return lines


def _why_none(detail: TraceDetail | None) -> tuple[str, ...]:
    if detail is None:
        return ("nothing known yet",)
    return (
        "no contacts",
        "Contacts are looked for around sightings that a person confirmed, and nowhere else.",
    )


def _row(exposure: ExposureView, zone: tzinfo, *, beside: bool) -> list[Text]:
    values = (
        exposure.person,
        f"{exposure.minutes:.1f}",
        f"{exposure.distance_low_m:.1f}–{exposure.distance_high_m:.1f}",
        MASKS[exposure.patient_mask],
        MASKS[exposure.person_mask],
        exposure.camera,
        span(exposure.start, exposure.end, zone),
    )
    line = Text()
    for n, value in enumerate(values):
        cell = Text(value, style=TONES["strong" if n == 0 else "plain"])
        cell.truncate(COLUMNS[n][1], overflow="ellipsis", pad=True)
        line.append_text(cell).append(" ")
    suggested = "; ".join(exposure.suggestions)
    if beside:
        return [line.append(suggested or "none", TONES["notice" if suggested else "muted"])]
    return [line, Text.assemble("  ", ("→ " + suggested, TONES["notice"]))] if suggested else [line]
