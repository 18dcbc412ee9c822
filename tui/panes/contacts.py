"""Who was near the confirmed patient, scene by scene. People stay ``U-001``: nobody is named by face."""

from datetime import UTC, tzinfo

from rich.text import Text

from engine.api.schema import ExposureView, TraceDetail
from tui.panes.lines import LinesPane
from tui.theme import TONES
from tui.words import MASKS, span

COLUMNS = (
    ("person", 7),
    ("min", 5),
    ("metres", 9),
    ("patient", 9),
    ("person", 9),
    ("camera", 10),
    ("when", 18),
)
NARROW = frozenset({0, 1, 2, 3, 4, 6})  # columns kept under 80 cells


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
        wanted = [n for n in range(len(COLUMNS)) if width >= 80 or n in NARROW]
        head = Text.assemble(*((f"{COLUMNS[n][0]:{COLUMNS[n][1]}} ", TONES["muted"]) for n in wanted))
        head.append("suggestion", TONES["muted"])
        return [head, *(_row(e, wanted, self._zone) for e in detail.exposures)]


def _why_none(detail: TraceDetail | None) -> tuple[str, ...]:
    if detail is None:
        return ("nothing known yet",)
    return (
        "no contacts",
        "Contacts are looked for around sightings that a person confirmed, and nowhere else.",
    )


def _row(exposure: ExposureView, wanted: list[int], zone: tzinfo) -> Text:
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
    for n in wanted:
        cell = Text(values[n], style=TONES["strong" if n == 0 else "plain"])
        cell.truncate(COLUMNS[n][1], overflow="ellipsis", pad=True)
        line.append_text(cell).append(" ")
    suggested = "; ".join(exposure.suggestions)
    return line.append(suggested or "none", TONES["notice" if suggested else "muted"])
