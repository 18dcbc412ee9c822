import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from adapters.face.labelled import MIN_PEOPLE
from tui.commands.models import app

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TRACEDESK_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_list_shows_every_model_and_whether_it_is_there(shared: Path, empty_folder: Path) -> None:
    empty_folder.mkdir()
    shutil.copyfile(shared / "models" / "edgeface_xxs.onnx", empty_folder / "edgeface_xxs.onnx")
    rows = {r["name"]: r for r in msgspec.json.decode(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert rows["edgeface_xxs"]["state"] == "there"
    assert rows["edgeface_xs"]["state"] == "missing"
    assert rows["face_recognition_sface_2021dec"]["state"] == "can be pulled"
    plain = RUNNER.invoke(app, ["list"]).stdout.splitlines()
    assert len(plain) == len(rows)
    assert all(len(line.split("\t")) == 6 for line in plain)


def test_verify_tells_right_from_wrong(shared: Path, empty_folder: Path) -> None:
    told = RUNNER.invoke(app, ["verify", "--json", "--folder", str(shared / "models")])
    assert told.exit_code == 0
    assert {r["state"] for r in msgspec.json.decode(told.stdout)} == {"right", "missing"}
    empty_folder.mkdir()
    content = bytearray((shared / "models" / "yunet_n_dynamic.onnx").read_bytes())
    content[1000] ^= 1
    (empty_folder / "yunet_n_dynamic.onnx").write_bytes(content)
    told = RUNNER.invoke(app, ["verify"])
    assert told.exit_code == 2
    assert "yunet_n_dynamic\twrong" in told.stdout


def test_verify_of_a_missing_model_says_how_to_get_it(empty_folder: Path) -> None:
    told = RUNNER.invoke(app, ["verify", "edgeface_xs"])
    assert told.exit_code == 2
    assert "models add FILE" in told.stderr
    assert told.stderr.count("\n") == 1


def test_add_takes_a_file_carried_by_hand(shared: Path, empty_folder: Path) -> None:
    told = RUNNER.invoke(app, ["add", str(shared / "models" / "yunet_n_dynamic.onnx")])
    assert told.exit_code == 0
    assert (empty_folder / "yunet_n_dynamic.onnx").is_file()
    assert "yunet_n_dynamic: verified" in told.stdout


def test_add_and_pull_refuse_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "some.onnx").write_bytes(b"some")
    for arguments in (["add", str(tmp_path / "some.onnx")], ["pull", "edgeface_xs"], ["pull", "nothing"]):
        told = RUNNER.invoke(app, arguments)
        assert told.exit_code == 2
        assert told.stderr.rstrip().splitlines()[-1].startswith("tracedesk: ")


def test_calibrate_without_a_model_file_says_how_to_get_it(tmp_path: Path) -> None:
    for person in range(MIN_PEOPLE):
        (tmp_path / "set" / f"P{person}").mkdir(parents=True)
        for photo in "01":
            (tmp_path / "set" / f"P{person}" / f"{photo}.jpg").touch()
    told = RUNNER.invoke(app, ["calibrate", str(tmp_path / "set"), "--model", "edgeface_xs"])
    assert told.exit_code == 2
    assert "yunet_n_dynamic.onnx: there is no such model file" in told.stderr


def test_naming_the_commands_loads_nothing_heavy() -> None:
    heavy = "{'cv2', 'onnxruntime', 'numpy', 'httpx'}"
    code = f"import sys, tui.commands.models; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
