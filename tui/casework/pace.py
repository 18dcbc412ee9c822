"""How fast somebody answers: a word in time, never a hindrance."""

from tui.language.catalogue import tr
from tui.state import DeskState

MANY = 8
QUICK_S = 20.0  # so many answers in less were hardly eight careful looks; set, not measured


def look_twice(state: DeskState) -> str:
    """ "" or, after many answers in a short time, a gentle word."""
    times = [a.at_s for a in state.answered if a.at_s is not None][-MANY:]
    if len(times) < MANY or (took_s := times[-1] - times[0]) >= QUICK_S:
        return ""
    return tr("{n} answers in {seconds} s: look twice", n=MANY, seconds=f"{took_s:.0f}")
