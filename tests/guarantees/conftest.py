"""Workers and footage shared by the attacks, and the note of how they went."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import configs
from adapters.site.statement import load_statement
from tests.guarantees.worker_line import WorkerLine, noise, preparation, write_video
from tui.commands.guarantees import NAMED, record_run, release_hash

HERE = Path(__file__).parent
LONG_RATE, LONG_S = 5, 600


class Notes:
    """How every attack went, for ``tracedesk guarantees``; only a whole run says anything. It reads
    reports only, so it works where the tests themselves run in other processes."""

    def __init__(self, config: pytest.Config) -> None:
        chosen = (config.option.keyword, config.option.markexpr, config.option.deselect)
        self.whole = not any(chosen) and not any("::" in argument for argument in config.args)
        self.outcomes: dict[str, bool] = {}
        self.files: set[str] = set()
        self.release = release_hash()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file, _, name = report.nodeid.rpartition("/")[2].partition("::")
        if not NAMED.search(file):
            return
        self.files.add(file)
        if (report.when == "call" or report.failed) and not report.skipped:
            self.outcomes[name] = self.outcomes.get(name, True) and report.passed

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """A folder that cannot be written fails no run."""
        ran = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        whole = self.whole and self.files == {p.name for p in HERE.glob("test_*.py") if NAMED.search(p.name)}
        if ran and whole and release_hash() == self.release:  # of one and the same code
            with contextlib.suppress(OSError):
                record_run(self.outcomes)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a process that only runs tests for another one
        config.pluginmanager.register(Notes(config), "notes of the guarantees")


@pytest.fixture(scope="session")
def worker(shared: Path) -> Iterator[WorkerLine]:
    """A worker with the real models that may open any footage: nothing but grants holds it back."""
    with WorkerLine(preparation(shared / "models", None)) as line:
        yield line


@pytest.fixture(scope="session")
def rehearsing(shared: Path) -> Iterator[WorkerLine]:
    """A worker under the rehearsal statement of the sample."""
    statement = load_statement(Path(configs.__file__).parent / "sample" / "rehearsal.toml")
    with WorkerLine(preparation(shared / "models", statement.hashes)) as line:
        yield line


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes in which nobody is; a scan of it takes many times the two seconds of a stop."""
    image = noise(1)
    path = tmp_path_factory.mktemp("footage") / "long.mp4"
    return write_video(path, (image for _ in range(LONG_RATE * LONG_S)), LONG_RATE)
