"""Made-up faces are for rehearsals, and every screen says that they are made up."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.bench.engine import main
from adapters.bench.town import build

SERVICE = """
[service]
level = "basic"
people = {}

[service.keys]
unseal = "file"
name = "unseal"

[service.witness]
file = "witness"
"""
ROOT = Path(__file__).resolve().parents[3]


def test_a_server_takes_no_made_up_faces(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    town = build(tmp_path / "town", cases=1)
    text = town.site.read_text(encoding="utf-8").replace('"rehearsal"', '"server"', 1)
    town.site.write_text(text.replace('rehearsal_statement = "rehearsal.toml"\n', "") + SERVICE)
    (tmp_path / "s").mkdir()
    assert main(["--state", str(tmp_path / "s"), "--site", str(town.site)]) == 2
    assert "a server takes no made-up faces" in capfd.readouterr().err
    assert [*(tmp_path / "s").iterdir()] == []


def test_in_a_rehearsal_it_starts_and_ends_like_any_engine(tmp_path: Path) -> None:
    town = build(tmp_path / "town", cases=1)
    (tmp_path / "s").mkdir()
    command = [sys.executable, "-P", "-m", "adapters.bench.engine", "--window-s", "0.01", "--workers", "1"]
    done = subprocess.run(
        [*command, "--state", str(tmp_path / "s"), "--site", str(town.site), "--until-stdin-closes"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        input=b"",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, b"ready\n"), done.stderr
