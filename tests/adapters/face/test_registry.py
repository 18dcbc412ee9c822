import hashlib
from pathlib import Path

import msgspec
import pytest

from adapters.face.registry import descriptors, find, model_folder, verify
from engine.domain.errors import InputError
from engine.domain.model import ModelKind

OWN = """
name = "{name}"
kind = "embedder"
family = "template"
sha256 = "{sha256}"
bytes = {bytes}
licence = "MIT"
input_width = 112
input_height = 112
channels = "rgb"
mean = [0.0, 0.0, 0.0]
scale = [1.0, 1.0, 1.0]
alignment = "arcface112"
dimensions = 4
"""


def own(folder: Path, name: str, content: bytes = b"weights") -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / f"{name}.toml").write_text(OWN.format(name=name, sha256=sha256, bytes=len(content)))


def test_every_shipped_descriptor_is_complete() -> None:
    known = descriptors()
    assert {
        "yunet_n_dynamic",
        "edgeface_xs",
        "rfb640_masked_face_v2",
        "face_recognition_sface_2021dec",
    } <= set(known)
    for name, model in known.items():
        assert model.name == name
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.licence
        assert model.channels in ("rgb", "bgr")
        assert model.file == ""
        assert (model.dimensions > 0) == (model.kind is ModelKind.EMBEDDER)


def test_shipped_descriptors_fit_the_real_files(shared: Path) -> None:
    for name in descriptors():
        if (shared / "models" / f"{name}.onnx").is_file():
            assert verify(find(name, shared / "models"))


def test_the_environment_wins_over_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRACEDESK_MODELS", str(tmp_path))
    assert model_folder(Path("settings")) == tmp_path
    monkeypatch.delenv("TRACEDESK_MODELS")
    assert model_folder(Path("settings")) == Path("settings")
    assert model_folder().name == "models"


def test_a_description_beside_a_file_adds_a_model(tmp_path: Path) -> None:
    own(tmp_path, "house")
    (tmp_path / "house.onnx").write_bytes(b"weights")
    assert find("house", tmp_path).file == str(tmp_path / "house.onnx")


def test_a_file_under_another_name_is_found_by_its_hash(tmp_path: Path) -> None:
    own(tmp_path, "house")
    (tmp_path / "a.onnx").write_bytes(b"strange")
    (tmp_path / "b.onnx").write_bytes(b"weights")
    assert find("house", tmp_path).file == str(tmp_path / "b.onnx")


def test_a_description_cannot_replace_a_shipped_one(tmp_path: Path) -> None:
    own(tmp_path, "edgeface_xs")
    with pytest.raises(InputError, match="is a model that is known already"):
        descriptors(tmp_path)


def test_a_description_under_another_file_name_is_refused(tmp_path: Path) -> None:
    own(tmp_path, "house")
    (tmp_path / "house.toml").rename(tmp_path / "other.toml")
    with pytest.raises(InputError, match=r"other\.toml: name: describes house"):
        descriptors(tmp_path)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model is called nothing; known are .*edgeface_xs"):
        find("nothing", tmp_path)


def test_a_missing_file_says_how_to_get_it_with_and_without_a_network(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        find("face_recognition_sface_2021dec", tmp_path)
    assert told.value.file.endswith("face_recognition_sface_2021dec.onnx")
    assert "models pull face_recognition_sface_2021dec" in told.value.mend
    assert "models add FILE" in told.value.mend
    with pytest.raises(InputError) as told:
        find("edgeface_xs", tmp_path)
    assert "pull" not in told.value.mend


def test_a_file_of_another_size_or_hash_is_refused(tmp_path: Path) -> None:
    own(tmp_path, "house")
    file = tmp_path / "house.onnx"
    file.write_bytes(b"weights")
    good = find("house", tmp_path)
    assert verify(good) == b"weights"
    file.write_bytes(b"weightS")
    with pytest.raises(InputError, match=r"house\.onnx: is not house: sha256"):
        verify(good)
    file.write_bytes(b"short")
    with pytest.raises(InputError, match=r"house\.onnx: has 5 bytes where house has 7"):
        verify(good)
    with pytest.raises(InputError, match="no such file"):
        verify(msgspec.structs.replace(good, file=str(tmp_path / "gone.onnx")))
