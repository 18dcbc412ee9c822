"""Workers and footage shared by the attacks, and the note of how they went."""

import contextlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

import configs
from adapters.site.statement import load_statement
from tests.guarantees.worker_line import WorkerLine, noise, preparation, write_video
from tui.commands.guarantees import record_run, release_hash

HERE = Path(__file__).parent
LONG_RATE, LONG_S = 5, 300


class Notes:
    """How every attack went, for ``tracedesk guarantees``; only a whole run says anything."""

    def __init__(self) -> None:
        self.outcomes: dict[str, bool] = {}
        self.files: set[Path] = set()
        self.whole = True
        self.release = release_hash()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.whole = self.whole and not any(item.path.parent == HERE for item in items)

    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        self.files = {item.path for item in items if item.path.parent == HERE}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if item.path.parent == HERE and (report.when == "call" or report.failed) and not report.skipped:
            self.outcomes[item.name] = self.outcomes.get(item.name, True) and report.passed
        return report

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """A folder that cannot be written fails no run."""
        ran = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        whole = self.whole and self.files == set(HERE.glob("test_*.py"))
        if ran and whole and release_hash() == self.release:  # of one and the same code
            with contextlib.suppress(OSError):
                record_run(self.outcomes)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Notes(), "notes of the guarantees")


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
    """Five minutes in which nobody is; a scan of it takes many times the two seconds of a stop."""
    image = noise(1)
    path = tmp_path_factory.mktemp("footage") / "long.mp4"
    return write_video(path, (image for _ in range(LONG_RATE * LONG_S)), LONG_RATE)
