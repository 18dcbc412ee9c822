"""The store under kill -9, a full disk and a failing one. A short form of every run;
``python -m tests.faults.store_faults KIND --rounds N`` runs longer, or TRACEDESK_FAULTS=10 the tests.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = (sys.executable, "-m", "tests.faults.store_faults")
TIMES = int(os.environ.get("TRACEDESK_FAULTS", "1"))


def report(kind: str, rounds: int, folder: Path, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [*TOOL, kind, "--rounds", str(rounds * TIMES), "--folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300 * TIMES,
        check=False,
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["wrong"] == []
    return found


def test_kill_at_any_instant_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    found = report("kill", 20, tmp_path)
    assert found["ended"] == {"-9": found["rounds"]}
    assert found["acknowledged"] > 20 * found["rounds"]


def test_a_full_disk_ends_the_engine_and_loses_nothing(tmp_path: Path) -> None:
    found = report("full", 10, tmp_path)
    assert found["ended"].get("3", 0) > 0
    assert found["acknowledged"] > 10 * found["rounds"]


def test_a_kill_during_a_migration_leaves_one_version_or_the_other(tmp_path: Path) -> None:
    found = report("migrate", 25, tmp_path)
    assert found["ended"].get("-9", 0) > 0


def test_a_disk_that_fails_at_the_kth_sync_or_write_is_noticed_and_loses_nothing(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("a failing disk is made with a C compiler, and there is none")
    shim = tmp_path / "failing_disk.so"
    source = Path(__file__).with_name("failing_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    found = report("disk", 16, tmp_path, LD_PRELOAD=str(shim))
    assert found["ended"]["failed"] > found["rounds"] / 2
    assert found["ended"].get("3", 0) > 0  # broken while it was running
    assert found["ended"].get("2", 0) > 0  # refused at opening
