"""What the lines at top and foot say: where one is, who one is, how the engine stands, what keys do."""

from datetime import datetime, tzinfo

from rich.text import Text

from engine.api.schema import Hello, TraceView
from tui.action import Action
from tui.catalogue import tr
from tui.feed import Link, LinkState
from tui.keys import shown
from tui.theme import TONES
from tui.words import clock_time, left, zone_name

LINKS = {
    LinkState.CONNECTING: ("○ connecting", "muted"),
    LinkState.CONNECTED: ("● connected", "good"),
    LinkState.AWAY: ("× engine away", "alarm"),
}


def header(
    hello: Hello | None,
    link: Link,
    trace: TraceView | None,
    now: datetime | None,
    zone: tzinfo,
    width: int,
    emergencies: int = 0,
    aside: str = "",
    mode: str = "",
) -> Text:
    """REHEARSAL and an emergency that nobody has reviewed are never left out; the rest gives way on
    narrow screens."""
    wide = width >= 100
    parts = [*marks(hello, trace, wide=wide)]
    if emergencies:
        said = f" {emergencies} EMERGENCY unreviewed " if wide else f" EMERGENCY {emergencies} "
        parts.insert(0, Text(said, style=TONES["alarm"]))
    if mode:
        parts.append(Text(mode, style=TONES["strong"]))
    if trace is not None:
        name = Text(trace.case_id, style=TONES["strong"])
        name.truncate(24 if wide else 10, overflow="ellipsis")
        parts.append(Text("case ") + name)
        parts.append(_authorised(trace, now, wide=wide))
    if aside:
        parts.append(Text(aside, style=TONES["muted"]))
    if wide and hello is not None and hello.person:
        who = Text(hello.person)
        who.truncate(20, overflow="ellipsis")
        parts.append(who)
    line = Text("  ").join(part for part in parts if part)
    tail = _link(link)
    if now is not None:
        tail.append(f"  {clock_time(now, zone)}")
        tail.append(f" {zone_name(now, zone)}" if wide else "", TONES["muted"])
    line.truncate(max(0, width - tail.cell_len - 2), overflow="ellipsis", pad=True)
    return line + Text("  ") + tail


def marks(hello: Hello | None, trace: TraceView | None, *, wide: bool) -> list[Text]:
    """What nobody may overlook: the profile, toy models, a missing second person."""
    said: list[Text] = []
    if hello is not None and hello.profile == "rehearsal":
        said.append(Text(" REHEARSAL ", style=TONES["rehearsal"]))
    elif hello is not None and hello.profile != "server":
        said.append(Text(hello.profile, style=TONES["notice"]))
    if hello is not None and hello.demo_models:
        said.append(Text("demo models" if wide else "demo", style=TONES["notice"]))
    if trace is not None and not trace.four_eyes:
        said.append(Text("no second person" if wide else "4 eyes off", style=TONES["notice"]))
    return said


def _authorised(trace: TraceView, now: datetime | None, *, wide: bool) -> Text:
    if trace.expires_at is None or now is None:
        return Text("no authorisation", style=TONES["muted"])
    rest = left(trace.expires_at, now)
    if trace.expires_at <= now:
        return Text("authorisation expired", style=TONES["alarm"])
    soon = (trace.expires_at - now).total_seconds() < 1800
    return Text(f"authorised {rest}" if wide else f"{rest} left", style=TONES["notice" if soon else "plain"])


def _link(link: Link) -> Text:
    word, tone = LINKS[link.state]
    text = Text(word, style=TONES[tone])
    if link.state is LinkState.AWAY:
        text.append(f", again in {link.retry_in_s:.0f} s" if link.retry_in_s >= 1 else ", trying again")
    return text


def foot(actions: tuple[Action, ...], disabled: frozenset[str], width: int) -> Text:
    """Keys in the order of the registry, as many as fit; help and quit always do."""
    shown_ones = [action for action in actions if action.foot]
    last = [_key(a, disabled) for a in shown_ones if a.id in ("help", "quit")]
    room = width - sum(text.cell_len + 2 for text in last)
    line = Text()
    for action in shown_ones:
        text = _key(action, disabled)
        if action.id not in ("help", "quit") and line.cell_len + text.cell_len + 2 <= room:
            line = line + text + Text("  ")
    return line + Text("  ").join(last)


def _key(action: Action, disabled: frozenset[str]) -> Text:
    """A key that is not possible now stands in brackets."""
    if action.id in disabled:
        return Text(f"({shown(action)} {tr(action.label)})", style=TONES["muted"])
    return Text.assemble((shown(action), TONES["accent"] + TONES["strong"]), f" {tr(action.label)}")
