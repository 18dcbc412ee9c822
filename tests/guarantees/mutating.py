"""Guards, and what becomes of a test when one is taken out of a copy of the project.

The guards stand in ``mutations/gNN.toml``: what each one is in words, the very text of it, what is put in
its place, and the tests that have to miss it. A guard of several layers (the code, and a trigger in the
database) is listed with its layers: without one of them the attack still fails, without all it succeeds.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.conftest import ROOT, SHARED

CATALOGUE = Path(__file__).with_name("mutations")
COPIED = ("engine", "adapters", "tui", "configs", "tests")
REPORT = "TRACEDESK_MUTATION_REPORT"  # where the probe in the copy writes how the tests went
LONGEST_S, LONGEST_OF_ALL_S = 240, 1800  # of a test without its guard, of all tests with theirs
SKIPPED = "skipped"
UNNEEDED = ("cacheprovider", "hypothesispytest", "anyio")  # what takes a second to load
LATER_NS = 60 * 10**9  # a mutated file is newer than what was compiled from the sound one


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``guard`` stands in ``file`` exactly once; ``gone`` takes its place. ``layer`` names one of
    several, of which each holds by itself."""

    file: str
    guard: str
    gone: str
    layer: str = ""


class Guard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``tests`` are ``file::name`` in this folder; each of them fails without the guard, by an assertion
    or by an error of one of the kinds in ``fails_with``. ``short``: also tried in every plain run."""

    name: str
    tests: tuple[str, ...]
    edit: tuple[Edit, ...]
    fails_with: tuple[str, ...] = ()
    short: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Some edits of a guard, and whether its tests are to miss it then."""

    number: str
    guard: Guard
    out: tuple[Edit, ...]
    missed: bool

    @property
    def words(self) -> str:
        if self.missed:
            return f"{self.number} {self.guard.name}"
        return f"{self.number} {self.guard.name}, without {self.out[0].layer} alone"


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """How one test went: ``kinds`` are the errors that it ended with, none where it passed."""

    test: str
    when: str
    kinds: tuple[str, ...] = ()
    said: str = ""
    skipped: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """``engine`` is the file of the engine that was imported; ``broken`` what could not be collected."""

    engine: str
    ran: tuple[Ran, ...]
    broken: tuple[str, ...] = ()


def catalogue(folder: Path = CATALOGUE) -> Iterator[tuple[str, Guard]]:
    """Number of the guarantee and guard, in order."""
    for path in sorted(folder.glob("g*.toml")):
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8"))["guard"], tuple[Guard, ...])
        for guard in found:
            yield path.stem.upper(), guard


def cases_of(number: str, guard: Guard) -> Iterator[Case]:
    """All out at once; before that each layer alone, where there are several."""
    layers = [edit for edit in guard.edit if edit.layer]
    for edit in layers:
        yield Case(number, guard, (edit,), missed=False)
    yield Case(number, guard, guard.edit, missed=True)


def stale(edit: Edit, root: Path = ROOT) -> str:
    """ "" or why the catalogue no longer speaks of this code."""
    path = root / edit.file
    if not path.is_file():
        return f"{edit.file} is not there any more"
    times = path.read_text("utf-8").count(edit.guard)
    if times == 1 and edit.guard != edit.gone:
        return ""
    return f"the guard occurs {times} times in {edit.file}, not once; renew its entry:\n{edit.guard}"


class Laboratory:
    """A copy of the project with an interpreter of its own, which finds the copy and no other one."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "copy"
        self.root.mkdir(parents=True)
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(ROOT / name, self.root / name, ignore=ignored)
        shutil.copy2(ROOT / "pyproject.toml", self.root)
        made = folder / "venv"
        venv.EnvBuilder(symlinks=True, with_pip=False).create(made)
        self._python = made / "bin" / "python"
        (packages,) = made.glob("lib/python*/site-packages")
        (packages / "copy.pth").write_text("\n".join([str(self.root), *_libraries()]) + "\n", "utf-8")
        self._report = folder / "report.json"

    def run(self, tests: Sequence[str], longest_s: float = LONGEST_S) -> Outcome:
        """Run tests, ``file::name`` each, in the copy as it stands. Raises TimeoutExpired."""
        self._report.unlink(missing_ok=True)
        without = [part for plugin in UNNEEDED for part in ("-p", f"no:{plugin}")]
        command = ["-m", "pytest", "-n0", "-q", *without, "-p", "tests.guarantees.mutation_probe"]
        done = subprocess.run(
            [self._python, "-P", *command, *(f"tests/guarantees/{test}" for test in tests)],
            cwd=self.root,
            env=_environment() | {REPORT: str(self._report), "TRACEDESK_SHARED": str(SHARED)},
            capture_output=True,
            text=True,
            timeout=longest_s,
            check=False,
        )
        assert self._report.is_file(), f"no test ran:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        outcome = msgspec.json.decode(self._report.read_bytes(), type=Outcome)
        assert Path(outcome.engine).is_relative_to(self.root), f"{outcome.engine} is not the copy"
        return outcome

    def without(self, edits: Iterable[Edit], tests: Sequence[str]) -> Outcome:
        """The same with some guards taken out; afterwards they are back."""
        sound: dict[Path, tuple[bytes, int]] = {}
        try:
            for edit in edits:
                path = self.root / edit.file
                text = path.read_text("utf-8")
                sound.setdefault(path, (path.read_bytes(), path.stat().st_mtime_ns))
                path.write_text(text.replace(edit.guard, edit.gone), "utf-8")
                later = sound[path][1] + LATER_NS
                os.utime(path, ns=(later, later))
            return self.run(tests)
        finally:
            for path, (content, changed) in sound.items():
                path.write_bytes(content)
                os.utime(path, ns=(changed, changed))

    def sound(self, tests: Sequence[str], together: Path) -> dict[str, str]:
        """Every test of these with "", or why it does not pass with all guards in place. Processes that
        share the folder ``together`` ask once."""
        asked = sorted(set(tests))
        kept = together / f"sound-{hashlib.sha256(repr(asked).encode()).hexdigest()[:16]}.json"
        with (together / "sound.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.is_file():
                kept.write_bytes(msgspec.json.encode(self._sound(asked)))
            return msgspec.json.decode(kept.read_bytes(), type=dict[str, str])

    def _sound(self, asked: Sequence[str]) -> dict[str, str]:
        outcome = self.run(asked, LONGEST_OF_ALL_S)
        found: dict[str, str] = {}
        for test in asked:
            ran = of_test(outcome, test)
            if any(one.skipped for one in ran):
                found[test] = SKIPPED
            elif not ran:
                found[test] = f"{test} cannot be run: {' '.join(outcome.broken)}"
            else:
                found[test] = "; ".join(one.said for one in ran if one.kinds)
        return found


def of_test(outcome: Outcome, test: str) -> list[Ran]:
    """What ran under this name, with all its parameters."""
    return [one for one in outcome.ran if one.test == test or one.test.partition("[")[0] == test]


def _libraries() -> list[str]:
    """Where this process finds libraries, but for the project itself."""
    inside = {str(Path(sys.prefix)), *(str(Path(p)) for p in sys.path if "site-packages" in p)}
    return [
        path
        for path in dict.fromkeys(sys.path)
        if path
        and Path(path).is_dir()
        and Path(path) != ROOT
        and (any(path.startswith(one) for one in inside) or not path.startswith(sys.base_prefix))
    ]


def _environment() -> dict[str, str]:
    """Ours, without what an outer pytest leaves in it."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHONPATH"))}
