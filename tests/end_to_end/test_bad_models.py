"""Model files that are not what their description says, as the commands meet them."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from engine.domain.model import ModelDescriptor
from tests.adapters.face.conftest import descriptor_of, make_onnx
from tests.end_to_end.house import House, link_models
from tests.end_to_end.spoil import OLD, the_line, trace
from tui.cli import app


def install(content: bytes, folder: Path, described: ModelDescriptor | None = None) -> Path:
    """A model of our own, ``tiny.onnx``, with its description beside it."""
    described = described or descriptor_of(content)
    file = folder / "tiny.onnx"
    file.write_bytes(content)
    lines = []
    for key, value in msgspec.to_builtins(described).items():
        if key != "file":
            lines.append(f"{key} = {msgspec.json.encode(value).decode()}")
    (folder / "tiny.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def external_data() -> bytes:
    """A model whose weights lie in a second file."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(make_onnx())
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(lambda: make_onnx(side=96), "its input is ", id="another input size"),
        pytest.param(
            lambda: make_onnx(dimensions=8), "gives 1x8 where 1x4 is expected", id="other templates"
        ),
        pytest.param(lambda: make_onnx(outputs=2), "has 2 outputs where one is expected", id="two outputs"),
        pytest.param(lambda: make_onnx(kind="float64"), "expected one float32 input", id="other numbers"),
        pytest.param(lambda: make_onnx(factor=0.0), "no templates", id="templates without length"),
        pytest.param(external_data, "keeps weights in a second file", id="weights elsewhere"),
        pytest.param(lambda: make_onnx()[:-100], "cannot be loaded", id="cut off before it was described"),
        pytest.param(lambda: b"no model", "cannot be loaded", id="no model at all"),
    ],
)
def test_a_model_of_the_wrong_shape_is_told_by_verify(tmp_path: Path, content: object, said: str) -> None:
    file = install(content(), tmp_path)  # type: ignore[operator]
    outcome = CliRunner().invoke(app, ["models", "verify", "tiny", "--folder", str(tmp_path)])
    assert outcome.exit_code == 2
    assert f"{file}: " in outcome.stdout
    assert said in outcome.stdout
    assert "; " in outcome.stdout


def test_a_right_model_of_our_own_is_taken(tmp_path: Path) -> None:
    file = install(make_onnx(), tmp_path)
    outcome = CliRunner().invoke(app, ["models", "verify", "tiny", "--folder", str(tmp_path)])
    assert outcome.exit_code == 0
    assert outcome.stdout == f"tiny\tright\t{file}\n"


def test_a_model_changed_after_it_was_described_is_told_by_verify(tmp_path: Path) -> None:
    content = make_onnx()
    install(content[:-1] + b"\x01", tmp_path, descriptor_of(content))
    outcome = CliRunner().invoke(app, ["models", "verify", "tiny", "--folder", str(tmp_path)])
    assert outcome.exit_code == 2
    assert "is not tiny: sha256" in outcome.stdout


def test_a_model_of_the_wrong_shape_stops_a_trace_before_it_starts(shared: Path, house: House) -> None:
    link_models(house, shared)
    file = install(make_onnx(dimensions=8), house.models)
    house.replace(house.site, "[models.folder]", '[models]\nembedder = "tiny"\n[models.folder]')
    line = the_line(trace(house))
    assert line.startswith(f"{file}: is a model of the wrong shape: gives 1x8 where 1x4 is expected; ")
    assert house.out.read_text(encoding="utf-8") == OLD
