"""How the house stands, in words and shapes: engine, disk, keys, witness, sources, and cameras as rows."""

from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from engine.api.lines import Health
from engine.api.schema import Hello
from engine.api.site_schema import CameraState, House
from tui.language.catalogue import tr, tr_engine
from tui.language.words import Mark, about, roughly, since, spell
from tui.panes.details import Said
from tui.panes.lines import padded, wrapped
from tui.panes.table import Column, Table
from tui.terminal.theme import TONES

LABEL = 12
DISK_CELLS = 24
LITTLE_FREE = 0.1  # of the disk: records and footage that come in would soon be refused
GIB = 2**30

CAMERAS: dict[str, Mark] = {
    "silent": Mark("×", "silent", "alarm"),
    "skewed": Mark("▲", "skewed", "notice"),
    "unmeasured": Mark("?", "unmeasured", "notice"),
    "ok": Mark("✓", "ok", "good"),
}
WELL = ("ok", "closed")  # a breaker that is closed lets everything pass


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRow:
    camera: CameraState
    now: datetime


class CamerasPane(Table[CameraRow]):
    def __init__(self) -> None:
        super().__init__(COLUMNS)

    def key(self, row: CameraRow) -> str:
        return row.camera.camera_id


def _state(row: CameraRow) -> Text:
    mark = CAMERAS.get(row.camera.state, Mark("!", row.camera.state, "alarm"))
    return Text(f"{mark.glyph} {tr(mark.word)}", style=TONES[mark.tone])


def clock_words(camera: CameraState) -> str:
    """``14 min fast ± 2 s``: a camera whose clock shows a later time than it is runs fast."""
    if camera.state == "unmeasured":
        return f"{tr('not measured')} {about(camera.sigma_s)}".strip()
    off = spell(abs(camera.offset_s)) if abs(camera.offset_s) >= 1 else ""
    way = tr("slow") if camera.offset_s < 0 else tr("fast")
    said = tr("on time") if not off else f"{off} {way}"
    return f"{said} {about(camera.sigma_s)}".strip()


def _footage(row: CameraRow) -> Text:
    last = row.camera.last_footage
    return Text(tr("never") if last is None else tr("{time} ago", time=since(last, row.now)))


COLUMNS: tuple[Column[CameraRow], ...] = (
    Column(title="state", cells=13, say=_state),
    Column(title="camera", cells=10, say=lambda row: Text(row.camera.camera_id, style=TONES["strong"])),
    Column(title="last footage", cells=13, say=_footage),
    Column(title="clock", cells=22, say=lambda row: Text(clock_words(row.camera))),
    Column(title="name", cells=20, least=72, say=lambda row: Text(row.camera.name)),
)


# --- the house ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the house; the ``why`` say why something is not."""

    hello: Hello | None
    health: Health | None
    why_no_health: str
    house: House | None
    why_no_house: str


def house_lines(standing: Standing) -> Said:
    def lines(width: int) -> list[Text]:
        said: list[Text] = []
        for label, text in (*_engine(standing), *_house(standing)):
            said += wrapped(Text.assemble((padded(tr(label), LABEL), TONES["muted"])) + text, width, LABEL)
        return said

    return lines


Parts = list[tuple[str, Text]]


def _mark(well: bool, words: str) -> Text:
    """A word is never alone: ✓ where nobody has to do anything, ! where somebody has."""
    return Text(f"{'✓' if well else '!'} {words}", style=TONES["good" if well else "alarm"])


def _word(word: str, more: str = "") -> Text:
    """One of the engine's own words of itself; "" where it has no such part."""
    if not word:
        return Text(tr("not here"), style=TONES["muted"])
    return _mark(word == "ok", tr_engine(word)) + Text(more)


def _engine(standing: Standing) -> Parts:
    health = standing.health
    if health is None:
        return [("engine", Text(standing.why_no_health or tr("asking the engine…"), style=TONES["notice"]))]
    at_work = tr("{n} of {m} at work, {q} queued", n=health.slots_busy, m=health.slots, q=health.queued)
    acknowledged = ""
    if health.witness_age_s is not None:
        acknowledged = ", " + tr("acknowledged {time} ago", time=roughly(health.witness_age_s))
    parts = [
        ("engine", _mark(not standing.why_no_health, standing.why_no_health or tr("runs"))
            + Text(f"  {health.version}, {tr(health.profile)}, ")
            + Text(tr("up {time}, consoles: {n}", time=spell(health.uptime_s), n=health.listeners))),
        ("slots", Text(at_work)),
        ("workers", _workers(health)),
        ("store", _word(health.store)),
        ("audit", _word(health.audit)),
        ("witness", _word(health.witness, acknowledged)),
        ("upkeep", _word(health.housekeeping)),
        ("keys", _keys(health, standing.house)),
    ]  # fmt: skip
    return parts


def _workers(health: Health) -> Text:
    if health.workers is None:
        return Text(tr("not here"), style=TONES["muted"])
    words = tr("{n} of {m} at work", n=health.workers_busy or 0, m=health.workers)
    return Text(words) if health.workers else _mark(False, tr("none"))


def _keys(health: Health, house: House | None) -> Text:
    due = health.keys_due
    overdue = house.keys_overdue if house is not None else None
    if due is None:
        return Text(tr("not here"), style=TONES["muted"])
    if not due and not overdue:
        return _mark(True, tr("none is due to be destroyed"))
    return _mark(False, tr("{n} due to be destroyed, {m} overdue", n=due, m=overdue or 0))


def _house(standing: Standing) -> Parts:
    house = standing.house
    if house is None:
        return [("site", Text(standing.why_no_house or tr("asking the engine…"), style=TONES["notice"]))]
    parts: Parts = [("disk", disk_line(house.disk_free, house.disk_total))]
    parts.append(("models", _models(house, standing.hello)))
    for place, said in enumerate(_sources(house)):
        parts.append(("sources" if place == 0 else "", said))
    if standing.why_no_house:
        parts.append(("", Text(standing.why_no_house, style=TONES["notice"])))
    return parts


def _sources(house: House) -> list[Text]:
    """Those of which the same is to be said in one line, those that somebody should see to first."""
    alike: dict[tuple[bool, str, str], list[str]] = {}
    for source in house.sources:
        alike.setdefault((source.state in WELL, source.state, source.because), []).append(source.name)
    return [
        Text.assemble(
            _mark(well, tr("ok" if well else state)),
            f"  {', '.join(map(tr, names))}",
            (f": {why}" if why else "", TONES["muted"]),
        )
        for (well, state, why), names in sorted(alike.items(), key=lambda item: item[0][0])
    ]


def disk_line(free: int, total: int) -> Text:
    """A bar, thick where the disk is full, and what is free in words; bytes."""
    if total <= 0:
        return Text(tr("not known"), style=TONES["muted"])
    used = min(DISK_CELLS, max(0, round(DISK_CELLS * (total - free) / total)))
    little = free < LITTLE_FREE * total
    bar = Text.assemble(
        ("━" * used, TONES["alarm" if little else "accent"]), ("─" * (DISK_CELLS - used), TONES["muted"])
    )
    share = f"{free / total:.0%}"
    words = tr("{free} of {total} GiB free ({share})", free=free // GIB, total=total // GIB, share=share)
    return bar + Text(" ") + (_mark(False, words) if little else Text(words))


def _models(house: House, hello: Hello | None) -> Text:
    said = Text(", ".join(house.models) or tr("none"))
    if hello is not None and hello.demo_models:
        said.append("  " + tr("! demo models: for invented people only"), TONES["notice"])
    if hello is not None and hello.face_search:
        said.append(f"  {hello.face_search}", TONES["notice"])
    return said


def camera_rows(house: House | None, now: datetime, *, every: bool) -> tuple[CameraRow, ...]:
    """Cameras that somebody should see to, or all that the engine tells of; ``now`` to the minute."""
    if house is None:
        return ()
    minute = now.replace(second=0, microsecond=0)
    return tuple(CameraRow(camera=c, now=minute) for c in house.cameras if every or c.state != "ok")
