"""The city as the site of a practice server: records only, with requests that somebody else permits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.city.heads import Heads
from adapters.city.paperwork import DATE, write_cases, write_site
from adapters.city.simulation import Simulation

ORDER = "PRACTICE-1"
OWN = ("entry", "roster", "gps", "interview")  # what a city collects itself
ASKED = "card"  # one case asks for this too: it comes by way of the province
SITE = """# A town that does not exist, to practise on. No footage: nobody's face can be searched for here.
name = "practice"
profile = "server"
cameras = "cameras.toml"
places = "places.csv"
timezone = "Asia/Seoul"
mappings = "mappings"

[service]
level = "basic"

[service.people]
{people}

[service.keys]
unseal = "file"
name = "{apart}/unseal"
epoch_folder = "{apart}/epoch"

[service.witness]
file = "{apart}/witness"

[service.socket]
path = "{socket}"
"""
AUTHORISATION = """purpose = "infection_control"
order_ref = "{order}"
sources = [{sources}]
cameras = []
start = {date}T00:00:00+09:00
end = 2026-03-03T00:00:00+09:00
valid_hours = 24
face_search = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """``people`` gives users of the system their role; ``apart`` is a folder on another volume than the
    data, for what a server may not keep beside it: its secret, its epoch keys and its witness."""

    people: Mapping[str, str]
    apart: Path
    socket: Path


@dataclass(frozen=True, slots=True)
class Practised:
    """``asking`` is a case that needs the province's answer first; ``others`` need nobody's."""

    site: Path
    asking: Path
    others: tuple[Path, ...]


def write_practice(folder: Path, city: Simulation, heads: Heads, practice: Practice) -> Practised:
    """A site of the server profile with a case folder for each patient, none of which asks for a face."""
    write_site(folder, city, [], {}, Path())
    written, _ = write_cases(folder, city, heads)
    people = "\n".join(f'{name} = ["{role}"]' for name, role in practice.people.items())
    site = SITE.format(people=people, apart=practice.apart, socket=practice.socket)
    written.site.write_text(site, encoding="utf-8")
    paying = [case for case in written.cases if (case / "records" / f"{ASKED}.csv").exists()]
    asking = (*paying, *written.cases)[0]
    for case in written.cases:
        sources = ", ".join(f'"{source}"' for source in (*OWN, *([ASKED] if case == asking else [])))
        asks = AUTHORISATION.format(order=ORDER, sources=sources, date=DATE)
        (case / "authorisation.toml").write_text(asks, encoding="utf-8")
    others = tuple(case for case in written.cases if case != asking)
    return Practised(site=written.site, asking=asking, others=others)
