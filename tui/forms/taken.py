"""What became of a file that was handed in, in words."""

from datetime import datetime

from engine.api.schema import RecordsTaken
from tui.language.catalogue import tr


def taken_words(taken: RecordsTaken, now: datetime) -> list[tuple[str, str]]:
    """Words and tones: what was taken, what was dropped, and what the engine warns of."""
    said = tr("handed in at {at}: {n} records taken", at=now.strftime("%H:%M"), n=taken.taken)
    lines = [(f"✓ {said}", "good")]
    lines += [(tr("left out: {n} × {what}", n=n, what=what), "notice") for what, n in taken.dropped.items()]
    lines += [(f"! {warning}", "notice") for warning in taken.warnings]
    if taken.truncated:
        lines.append((tr("! there were more than the engine takes at once: split the file"), "alarm"))
    return lines
