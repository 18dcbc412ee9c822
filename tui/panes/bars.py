"""What the lines at top and foot say: where one is, who one is, how the engine stands, what keys do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.text import Text

from engine.api.schema import Hello, TraceView
from engine.domain.authorisation import AuthorisationState
from tui.feed import Link, LinkState
from tui.keyboard.action import Action
from tui.keys import shown
from tui.language.catalogue import tr
from tui.language.words import clock_time, left, roughly, zone_name
from tui.terminal.theme import TONES

SOON_S = 1800.0
MANY_ROLES = 3
GROUNDS = {"separate_consent": "consent", "law": "law"}
ENDED = "order ended"
OVER: dict[str, tuple[str, str]] = {
    "expired": ("authorisation expired", "expired"),
    AuthorisationState.REVOKED: ("authorisation revoked", "revoked"),
    AuthorisationState.REFUSED: ("authorisation refused", "refused"),
    ENDED: ("order ended by hand", "order ended"),
}
LINKS = {
    LinkState.CONNECTING: ("○ connecting", "muted"),
    LinkState.CONNECTED: ("● connected", "good"),
    LinkState.AWAY: ("× engine away", "alarm"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """What may stand in the line at the top, the longest way of saying it first. Where the line is too
    long, the step to a shorter form that has the highest rank is taken first, the rightmost of several;
    ``ranks`` has one for each step."""

    forms: tuple[Text, ...]
    ranks: tuple[int, ...] = ()


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
    """REHEARSAL, toy models, a missing second person, an emergency that nobody has reviewed and an
    authorisation that is over are never left out; the rest gives way on narrow screens."""
    parts: list[Part] = []
    if emergencies:
        said = (
            f" {tr('{n} EMERGENCY unreviewed', n=emergencies)} ",
            f" {tr('EMERGENCY {n}', n=emergencies)} ",
        )
        parts.append(Part(tuple(Text(words, style=TONES["alarm"]) for words in said), (8,)))
    shorter = marks(hello, trace, wide=False)
    parts += [Part(forms, (5,)) for forms in zip(marks(hello, trace, wide=True), shorter, strict=True)]
    over = None if trace is None else _over(trace, now)
    if over is not None:
        parts.append(over)
    if mode:
        said = (mode, mode.split(":")[0])
        parts.append(Part(tuple(Text(words, style=TONES["strong"]) for words in said), (9,)))
    if trace is not None:
        parts.append(_case(trace))
        parts.append(_ground(trace.ground))
        if over is None:
            parts.append(_authorised(trace, now))
    if aside:
        parts.append(Part((Text(aside, style=TONES["muted"]), Text()), (10,)))
    if hello is not None and hello.person:
        parts.append(Part(_person(hello), (7, 6)))
    before = len(parts)
    parts.append(_link(link))
    if now is not None:
        clock, hours = clock_time(now, zone), clock_time(now, zone, seconds=False)
        named = Text(clock).append(f" {zone_name(now, zone)}", TONES["muted"])
        parts.append(Part((named, Text(clock), Text(hours)), (10, 3)))
    fitted = _fitted(parts, width)
    line, tail = _joined(fitted[:before]), _joined(fitted[before:])
    line.truncate(max(0, width - tail.cell_len - 2), overflow="ellipsis", pad=True)
    return line + Text("  ") + tail


def _fitted(parts: Sequence[Part], width: int) -> list[Text]:
    """Each part as long as the line allows."""
    at = [0] * len(parts)

    def said() -> list[Text]:
        return [part.forms[form] for part, form in zip(parts, at, strict=True)]

    while _joined(said()).cell_len > width:
        longer = [(p.ranks[at[n]], n) for n, p in enumerate(parts) if at[n] + 1 < len(p.forms)]
        if not longer:
            break
        at[max(longer)[1]] += 1
    return said()


def _joined(texts: Sequence[Text]) -> Text:
    return Text("  ").join(text for text in texts if text)


def marks(hello: Hello | None, trace: TraceView | None, *, wide: bool) -> list[Text]:
    """What nobody may overlook: the profile, toy models, a missing second person."""
    said: list[Text] = []
    if hello is not None and hello.profile == "rehearsal":
        said.append(Text(f" {tr('REHEARSAL')} ", style=TONES["rehearsal"]))
    elif hello is not None and hello.profile != "server":
        said.append(Text(tr(hello.profile), style=TONES["notice"]))
    if hello is not None and hello.demo_models:
        said.append(Text(tr("demo models"), style=TONES["notice"]))
    if trace is not None and not trace.four_eyes:
        said.append(Text(tr("no second person") if wide else tr("no second"), style=TONES["notice"]))
    return said


def caption(hello: Hello | None, trace: TraceView | None, parts: Sequence[Part], width: int) -> Text:
    """The line above a close look: what nobody may overlook, in full where there is room, then ``parts``."""
    shorter = marks(hello, trace, wide=False)
    told = [Part(forms, (5,)) for forms in zip(marks(hello, trace, wide=True), shorter, strict=True)]
    return line_of([*told, *parts], width)


def line_of(parts: Sequence[Part], width: int) -> Text:
    """The parts beside each other, each as long as ``width`` cells allow."""
    line = _joined(_fitted(parts, width))
    line.truncate(max(1, width), overflow="ellipsis")
    return line


def in_tone(tone: str, *forms: str, ranks: tuple[int, ...] = ()) -> Part:
    """A part all of one tone."""
    return Part(tuple(Text(form, style=TONES[tone]) for form in forms), ranks)


def _case(trace: TraceView) -> Part:
    def named(cells: int) -> Text:
        name = Text(trace.case_id, style=TONES["strong"])
        name.truncate(cells, overflow="ellipsis")
        return name

    word = Text(tr("case") + " ")
    return Part((word + named(24), word + named(10), named(10)), (7, 2))


def _ground(ground: str) -> Part:
    if ground in GROUNDS:
        word = tr(GROUNDS[ground])
        return Part((Text(tr("ground: {ground}", ground=word)), Text(word), Text()), (9, 7))
    words = tr("consent withdrawn") if ground else tr("no ground for faces")
    return Part((Text(words, style=TONES["notice"]), Text()), (7,))


def _over(trace: TraceView, now: datetime | None) -> Part | None:
    """That nothing is permitted any more, and why; None where something is, or it is not known."""
    state: str | None = trace.authorisation
    if state is None or state not in OVER:
        if trace.expires_at is None or now is None or (trace.expires_at > now and not trace.order_ended):
            return None
        state = ENDED if trace.expires_at > now else "expired"
    return Part(tuple(Text(tr(OVER[state][n]), style=TONES["alarm"]) for n in (0, 1)), (8,))


def _authorised(trace: TraceView, now: datetime | None) -> Part:
    """How long yet. What soon is over is said on every screen."""
    if trace.expires_at is None or now is None:
        return Part((Text(tr("no authorisation"), style=TONES["muted"]), Text()), (2,))
    seconds = (trace.expires_at - now).total_seconds()
    rest, soon = left(trace.expires_at, now), seconds < SOON_S
    words = (
        tr("authorised {time}", time=rest),
        tr("{time} left", time=rest),
        tr("{time} left", time=roughly(seconds)),
    )
    said = tuple(Text(form, style=TONES["notice" if soon else "plain"]) for form in words)
    return Part(said, (9, 4)) if soon else Part((*said, Text()), (9, 4, 1))


def _person(hello: Hello) -> tuple[Text, ...]:
    """Who one is, and as what: ``kim, investigator``."""
    name = Text(hello.person)
    name.truncate(20, overflow="ellipsis")
    roles = tr("every role") if len(hello.roles) > MANY_ROLES else " + ".join(tr(r) for r in hello.roles)
    whole = name + Text(f", {roles}" if roles else "", style=TONES["muted"])
    whole.truncate(44, overflow="ellipsis")
    return whole, name, Text()


def _link(link: Link) -> Part:
    """With its word while there is room, by its shape alone on a small screen; always in words when the
    engine is away."""
    word, tone = LINKS[link.state]
    text = Text(tr(word), style=TONES[tone])
    if link.state is not LinkState.AWAY:
        return Part((text, Text(word[0], style=TONES[tone])), (8,))
    soon = link.retry_in_s < 1
    again = tr(", trying again") if soon else tr(", again in {s} s", s=f"{link.retry_in_s:.0f}")
    return Part((text + Text(again), text), (8,))


def foot(
    actions: tuple[Action, ...],
    disabled: frozenset[str],
    width: int,
    always: Sequence[str] = ("help", "quit"),
) -> Text:
    """Keys in the order of the registry, as many as fit, and after them those of ``always`` whatever fits."""
    shown_ones = [action for action in actions if action.foot]
    last = [_key(a, disabled) for a in shown_ones if a.id in always]
    room = width - sum(text.cell_len + 2 for text in last)
    line = Text()
    for action in shown_ones:
        text = _key(action, disabled)
        if action.id not in always and line.cell_len + text.cell_len + 2 <= room:
            line = line + text + Text("  ")
    return line + Text("  ").join(last)


def _key(action: Action, disabled: frozenset[str]) -> Text:
    """A key that is not possible now stands in brackets."""
    if action.id in disabled:
        return Text(f"({shown(action)} {tr(action.label)})", style=TONES["muted"])
    return Text.assemble((shown(action), TONES["accent"] + TONES["strong"]), f" {tr(action.label)}")
