"""``tracedesk guarantees``: what is promised, and whether this very code was seen to keep it."""

import hashlib
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
import platformdirs
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import adapters
import configs
import engine
import tui
from tui.commands.failing import plainly

RESULTS = "guarantees.json"
NAMED = re.compile(r"(?:^|_)g(\d{1,2})(?:_|$)")


class Guarantee(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    promise: str
    attack: str


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """Outcome of the tests of each number, on the code with ``release``."""

    release: str
    passed: dict[str, int]
    failed: dict[str, int]


@plainly()
def guarantees(
    attacks: Annotated[bool, typer.Option(help="Also print the attack of each row.")] = False,
) -> None:
    """Print every promise with the result of the last test run on this very code beside it."""
    release = release_hash()
    last = last_run(release)
    console = Console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", "promise", *(["attack"] if attacks else []), "tests"):
        table.add_column(heading)
    for row in table_of_guarantees():
        cells = [Text(row.number), Text(row.promise)]
        if attacks:
            cells.append(Text(row.attack))
        table.add_row(*cells, Text(said(row.number, last)))
    console.print(table)
    console.print(Text(f"release {release}"))
    if last is None:
        console.print(Text("no test run of this code is recorded here: run pytest tests/guarantees"))


def table_of_guarantees() -> tuple[Guarantee, ...]:
    text = (resources.files("configs") / "guarantees.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["guarantee"], tuple[Guarantee, ...])


def said(number: str, last: LastRun | None) -> str:
    if last is None:
        return "not run"
    failed, passed = last.failed.get(number, 0), last.passed.get(number, 0)
    if failed:
        return f"{failed} FAILED, {passed} passed"
    return f"{passed} passed" if passed else "no test yet"


def release_hash() -> str:
    """sha256 over every source and data file of the four packages, first 16 digits."""
    digest = hashlib.sha256()
    for package in (adapters, configs, engine, tui):
        root = Path(next(iter(package.__path__)))
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{package.__name__}/{path.relative_to(root).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def results_file() -> Path:
    return platformdirs.user_state_path("tracedesk") / RESULTS


def last_run(release: str) -> LastRun | None:
    """The recorded run, where it was one of this very code."""
    try:
        found = msgspec.json.decode(results_file().read_bytes(), type=LastRun)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.release == release else None


def record_run(outcomes: dict[str, bool]) -> None:
    """Keep the outcome of tests by their names; called at the end of a test run."""
    passed: dict[str, int] = {}
    failed: dict[str, int] = {}
    for name, good in outcomes.items():
        for number in NAMED.findall(name):
            counts = passed if good else failed
            counts[f"G{int(number)}"] = counts.get(f"G{int(number)}", 0) + 1
    path = results_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(LastRun(release=release_hash(), passed=passed, failed=failed)))
