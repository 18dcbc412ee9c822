"""The city as files: a site, its footage manifest, a case folder a patient (docs/CASE_FOLDER.md)."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from adapters.city import sources, streets
from adapters.city.archive import Stretch
from adapters.city.cameras import Spot, coverage
from adapters.city.heads import Heads
from adapters.city.kinds import ABOUT, Kind
from adapters.city.plan import degrees
from adapters.city.simulation import Simulation
from adapters.city.sources import place_id

DATE = "2026-03-02"  # the working day; local time of Seoul
MIDNIGHT = datetime(2026, 3, 1, 15, tzinfo=UTC)
SPOTS = {Spot.DOOR: "door", Spot.TILL: "till", Spot.STREET: "street"}
CONSENT = (
    "Specimen. The patient agrees that footage is searched for their face. Nobody signed it: all are"
    " invented.\n"
)
COLUMNS: Mapping[str, Sequence[str]] = {
    "entry": ("entered_at", "place_id", "visitor"),
    "roster": ("date", "time", "place_id"),
    "card": ("approved_at", "place_id", "terminal", "holder"),
    "transit": ("mode", "line", "stop_on_id", "on_at", "stop_off_id", "off_at"),
    "phone": ("start", "end", "cell", "lat", "lon", "radius_m"),
    "interview": ("place_id", "start", "end", "certainty"),
}
SITE = """# A town that does not exist, with people who do not exist.
name = "{name}"
profile = "rehearsal"
cameras = "cameras.toml"
places = "places.csv"
timezone = "Asia/Seoul"
rehearsal_statement = "rehearsal.toml"
mappings = "mappings"

[footage]
manifest = "footage.toml"

[footage.folder]
root = "footage"

[models]
{faces}
calibration = "rendered"
[models.folder]
root = "{models}"
env = "TRACEDESK_MODELS"
"""
INSTALLED, DEMO = "edgeface_xxs", "demo_embedder"  # models of the model folder, or those that come along
BESIDE = {DEMO: 'detector = "demo_detector"\nmask = "demo_mask"\n'}  # what a site has else, if not the usual
STATEMENT = """said_by = "tracedesk"
said_on = 2026-03-05
statement = "Everybody shown is rendered and does not exist; places, records and cases are simulated."
"""
ENTRY_MAPPING = """# The entry log of a venue holds everybody who came; only the patient's rows are taken.
source = "entry"
subject_column = "visitor"

[columns]
entered_at = "entered_at"
place_id = "place_id"
"""
CASE = """case_id = "{case}"
disease = "covid-19"
notification_ref = "SIM-{seed}-{number:02d}"
onset = 2026-03-03
isolation = 2026-03-04
timezone = "Asia/Seoul"
note = "Simulated patient of a simulated city."
subject_keys = ["{key}"]
stills = [
{stills}
]

[ground]
kind = "separate_consent"
document_sha256 = "{consent}"
"""
AUTHORISATION = """purpose = "infection_control"
order_ref = "SIM-ORDER-{seed}"
sources = ["entry", "roster", "card", "transit", "phone", "gps", "interview"]
start = {date}T00:00:00+09:00
end = 2026-03-03T00:00:00+09:00
valid_hours = 24
face_search = true
max_camera_hours = 100
cameras = [{cameras}]
"""


@dataclass(frozen=True, slots=True)
class Written:
    """Where a city lies: the site file, a folder for each case, and how each patient's case is called."""

    site: Path
    cases: tuple[Path, ...]
    case_ids: tuple[str, ...]


def camera_id(camera: int, cameras: int) -> str:
    """How the registry names a camera of so many: all names are equally long, so that they sort."""
    return f"cam{camera:0{max(3, len(str(cameras - 1)))}d}"


def at(second: float) -> datetime:
    """True time of a second of the day."""
    return MIDNIGHT + timedelta(seconds=second)


def write_site(
    folder: Path,
    city: Simulation,
    stretches: Iterable[Stretch],
    hashes: Mapping[str, str],
    models: Path,
    *,
    embedder: str = INSTALLED,
) -> Path:
    """Everything of the site but the footage itself; ``hashes`` are of the files that are made. ``models``
    is the model folder."""
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    english, _ = city.plan.area(0)
    texts = {
        "streets.geojson": streets.geojson(city.plan),
        "cameras.toml": "\n".join(_camera(city, n) for n in range(len(city.cameras))),
        "places.csv": _places(city),
        "footage.toml": "\n".join(_segment(city, s, hashes[s.file]) for s in stretches if s.file in hashes),
        "mappings/entry.toml": ENTRY_MAPPING,
        "site.toml": SITE.format(
            name=f"{english}, a simulated {city.plan.size.name}",
            faces=f'{BESIDE.get(embedder, "")}embedder = "{embedder}"',
            models=models,
        ),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "site.toml"


def write_cases(folder: Path, city: Simulation, heads: Heads) -> tuple[Written, dict[str, bytes]]:
    """A case folder for each patient; the photographs, by name, are stills of the rendered heads."""
    (folder / "consent-specimen.txt").write_text(CONSENT, encoding="utf-8")
    consent = hashlib.sha256(CONSENT.encode()).hexdigest()
    cameras = ", ".join(f'"{camera_id(n, len(city.cameras))}"' for n in range(len(city.cameras)))
    held = {int(one): _records(city, int(one)) for one in city.patients}
    visitors = _visitors(city, [row for found in held.values() for row in found.rows.get("entry", [])])
    cases: list[Path] = []
    stills: dict[str, bytes] = {}
    for number, resident in enumerate(city.patients, start=1):
        case = f"P{number:02d}"
        home = folder / "cases" / case
        (home / "records").mkdir(parents=True, exist_ok=True)
        pictures = heads.stills(int(city.head[resident]))
        stills |= pictures
        for name, content in pictures.items():
            (home / name).write_bytes(content)
        lines = [
            f'  {{ file = "{name}", provenance = "rendered, nobody exists who looks so" }},'
            for name in pictures
        ]
        text = CASE.format(
            case=case,
            seed=city.plan.seed,
            number=number,
            key=_key(city, int(resident)),
            stills="\n".join(lines),
            consent=consent,
        )
        (home / "case.toml").write_text(text, encoding="utf-8")
        asks = AUTHORISATION.format(seed=city.plan.seed, date=DATE, cameras=cameras)
        (home / "authorisation.toml").write_text(asks, encoding="utf-8")
        _write_records(home / "records", held[int(resident)].rows, visitors)
        cases.append(home)
    return Written(
        site=folder / "site.toml", cases=tuple(cases), case_ids=tuple(c.name for c in cases)
    ), stills


def write_statement(folder: Path, hashes: Mapping[str, str], stills: Mapping[str, bytes]) -> None:
    """The rehearsal statement: by content, every file that may be opened."""
    listed = {**hashes, **{name: hashlib.sha256(content).hexdigest() for name, content in stills.items()}}
    entries = [
        f'\n[[files]]\nsha256 = "{digest}"\nfile = "{name}"\n' for name, digest in sorted(listed.items())
    ]
    (folder / "rehearsal.toml").write_text(STATEMENT + "".join(entries), encoding="utf-8")


def _records(city: Simulation, resident: int) -> sources.Sources:
    return sources.records(city.plan, city.day, resident, DATE, _key(city, resident))


def _visitors(city: Simulation, own: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The entry logs of the venues that these rows name, in order of residents. Only who was at one of
    them is looked at, so that a city of a million costs no more than its venues."""
    venues = {row["place_id"] for row in own}
    logged = np.array([place_id(place) in venues for place in range(city.plan.places)])
    came = (logged[city.day.place] & (city.day.place >= 0)).any(axis=1)
    found = (_records(city, int(one)).rows.get("entry", []) for one in np.flatnonzero(came))
    return [row for rows in found for row in rows if row["place_id"] in venues]


def _write_records(
    folder: Path, rows: Mapping[str, list[dict[str, str]]], visitors: list[dict[str, str]]
) -> None:
    for source, own in rows.items():
        here = own
        if source == "entry":
            venues = {row["place_id"] for row in own}
            here = sorted((r for r in visitors if r["place_id"] in venues), key=lambda r: r["entered_at"])
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS[source], lineterminator="\n")
        writer.writeheader()
        writer.writerows(here)
        (folder / f"{source}.csv").write_text(out.getvalue(), encoding="utf-8")


def _key(city: Simulation, resident: int) -> str:
    """How an entry log names somebody: a key that says nothing."""
    return hashlib.sha256(f"{city.plan.seed}/{resident}".encode()).hexdigest()[:8].upper()


def _places(city: Simulation) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["place_id", "name", "other_names", "address", "lat", "lon", "radius_m", "kind", "phone"])
    for place in range(city.plan.places):
        (english, korean), (lat, lon) = city.plan.name(place), city.plan.position(place)
        about = ABOUT[Kind(int(city.plan.kind[place]))]
        row = [place_id(place), english, korean, city.plan.address(place), f"{lat:.6f}", f"{lon:.6f}"]
        writer.writerow([*row, round(max(about.width_m, about.depth_m) / 2 + 10), about.english.lower(), ""])
    return out.getvalue()


def _camera(city: Simulation, number: int) -> str:
    cameras, plan = city.cameras, city.plan
    lat, lon = degrees(float(cameras.east_m[number]), float(cameras.north_m[number]))
    place = int(cameras.place[number])
    spot = SPOTS[Spot(int(cameras.spot[number]))]
    street = int(np.abs(plan.row_m - cameras.north_m[number]).argmin())
    name = f"{plan.name(place)[0]}, {spot}" if place >= 0 else f"{street + 1}-gil, mast {number}"
    ring = [degrees(*corner) for corner in coverage(cameras, number)]
    corners = ", ".join(f"[{e:.6f}, {n:.6f}]" for n, e in ring)
    lines = [
        "[[camera]]",
        f'camera_id = "{camera_id(number, len(cameras))}"',
        f'name = "{name}"',
        "fixed = true",
        f"lat = {lat:.6f}",
        f"lon = {lon:.6f}",
        *([f'place_id = "{place_id(place)}"'] if place >= 0 else []),
        f"height_m = {cameras.height_m[number]:.2f}",
        f"azimuth_deg = {cameras.azimuth_deg[number]:.0f}",
        f"hfov_deg = {cameras.hfov_deg[number]:.1f}",
        f"range_m = {cameras.range_m[number]:.0f}",
        f"coverage = [{corners}]",
    ]
    if not np.isnan(cameras.sigma_s[number]):
        offset, sigma = cameras.offset_s[number], cameras.sigma_s[number]
        lines.append(f'clock = {{ offset_s = {offset:.1f}, sigma_s = {sigma:.0f}, method = "simulated" }}')
    return "\n".join(lines) + "\n"


def _segment(city: Simulation, stretch: Stretch, sha256: str) -> str:
    offset_s = float(city.cameras.offset_s[stretch.camera])
    start, end = at(stretch.start_s + offset_s), at(stretch.end_s + offset_s)
    return (
        f'[[segment]]\ncamera = "{camera_id(stretch.camera, len(city.cameras))}"\nfile = "{stretch.file}"\n'
        f"start_device = {_toml(start)}\nend_device = {_toml(end)}\n"
        f'sha256 = "{sha256}"\n'
    )


def _toml(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"
