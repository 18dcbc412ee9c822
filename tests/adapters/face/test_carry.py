import shutil
from pathlib import Path

import pytest

from adapters.face.carry import add
from adapters.face.registry import find, verify
from engine.domain.errors import InputError

OWN = """
name = "house"
kind = "embedder"
family = "template"
sha256 = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"
bytes = 7
licence = "MIT"
input_width = 112
input_height = 112
channels = "rgb"
mean = [0.0, 0.0, 0.0]
scale = [1.0, 1.0, 1.0]
alignment = "arcface112"
dimensions = 4
"""


def test_a_known_file_gets_its_name_from_its_hash(shared: Path, tmp_path: Path) -> None:
    carried = tmp_path / "from-usb-stick.bin"
    shutil.copyfile(shared / "models" / "yunet_n_dynamic.onnx", carried)
    added = add(carried, tmp_path / "models")
    assert added.name == "yunet_n_dynamic"
    assert verify(find("yunet_n_dynamic", tmp_path / "models"))
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["yunet_n_dynamic.onnx"]


def test_a_model_of_the_house_brings_its_description_along(tmp_path: Path) -> None:
    (tmp_path / "house.onnx").write_bytes(b"weights")
    (tmp_path / "house.toml").write_text(OWN)
    add(tmp_path / "house.onnx", tmp_path / "models")
    assert verify(find("house", tmp_path / "models")) == b"weights"


def test_an_unknown_file_is_refused_and_nothing_kept(tmp_path: Path) -> None:
    (tmp_path / "what.onnx").write_bytes(b"what")
    with pytest.raises(
        InputError, match=r"what\.onnx: is no model known here .*put a description what\.toml"
    ):
        add(tmp_path / "what.onnx", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_file_that_is_not_what_it_was_called_is_refused(tmp_path: Path) -> None:
    (tmp_path / "what.onnx").write_bytes(b"what")
    with pytest.raises(InputError, match=r"is not edgeface_xs .4 bytes where 9151403"):
        add(tmp_path / "what.onnx", tmp_path / "models", "edgeface_xs")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.onnx: there is no such file"):
        add(tmp_path / "gone.onnx", tmp_path)
