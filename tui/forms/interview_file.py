"""The lines of an interview as the file that the engine takes for records of source interview."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from engine.api.schema import RecordFile
from engine.domain.record import Source
from engine.ports import RecordMapping
from tui.clean import clean_text
from tui.forms.stay import Stay

COLUMNS = ("place", "place_id", "start", "end", "certainty", "mask", "companions")


def interview_file(stays: Sequence[Stay], timezone: str, told_at: datetime) -> RecordFile:
    """CSV in UTF-8, times local to ``timezone``. ``told_at`` (local) names the file: a statement that
    changes later is another file, and both stay. Of companions only a number goes along."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for stay in stays:
        when, told = stay.when, stay.told
        ends = (
            "" if end is None else _said(end, whole_days=when.whole_days) for end in (when.start, when.end)
        )
        place = clean_text(stay.place)
        writer.writerow((place, stay.place_id, *ends, told.certainty, told.mask, told.companions))
    return RecordFile(
        file=f"interview-{told_at:%Y%m%d-%H%M%S}.csv",
        content=written.getvalue().encode("utf-8"),
        mapping=RecordMapping(source=Source.INTERVIEW, timezone=timezone),
    )


def _said(at: datetime, *, whole_days: bool) -> str:
    return at.strftime("%Y-%m-%d" if whole_days else "%Y-%m-%dT%H:%M")
