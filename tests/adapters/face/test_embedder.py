from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adapters.face.embedder import MAX_BATCH, Embedder
from adapters.face.session import Session
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor

AsModel = Callable[..., ModelDescriptor]
Make = Callable[..., bytes]


def crops(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 255, (n, 112, 112, 3), dtype=np.uint8)


def test_templates_have_length_one_and_do_not_depend_on_the_batch(as_model: AsModel, tiny_onnx: Make) -> None:
    embedder = Embedder(as_model(tiny_onnx()))
    many = crops(2 * MAX_BATCH + 3)
    templates = embedder.embed(many)
    assert templates.shape == (len(many), 4)
    assert templates.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(templates, axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(templates[-1:], embedder.embed(many[-1:]), atol=1e-6)


def test_a_model_for_one_image_at_a_time_gives_the_same(as_model: AsModel, tiny_onnx: Make) -> None:
    many = crops(5)
    free = Embedder(as_model(tiny_onnx())).embed(many)
    np.testing.assert_allclose(Embedder(as_model(tiny_onnx(batch=1))).embed(many), free, atol=1e-6)
    np.testing.assert_allclose(Embedder(as_model(tiny_onnx(batch=4))).embed(many), free, atol=1e-6)


def test_no_crops_give_no_templates(as_model: AsModel, tiny_onnx: Make) -> None:
    assert Embedder(as_model(tiny_onnx())).embed(crops(0)).shape == (0, 4)


def test_channel_order_and_scaling_follow_the_descriptor(as_model: AsModel, tiny_onnx: Make) -> None:
    blue = np.zeros((1, 112, 112, 3), np.uint8)
    blue[..., 0] = 200
    rgb = Embedder(as_model(tiny_onnx(), channels="rgb")).embed(blue)
    bgr = Embedder(as_model(tiny_onnx(), channels="bgr")).embed(blue)
    assert rgb.argmax() == 2
    assert bgr.argmax() == 0
    inverted = Embedder(as_model(tiny_onnx(), channels="bgr", mean=(255.0, 0.0, 0.0))).embed(blue)
    assert inverted[0, 0] < 0


@pytest.mark.parametrize(
    ("made", "changes", "says"),
    [
        ({"dimensions": 5}, {}, "gives 1x5 where 1x4 is expected"),
        ({"side": 96}, {}, r"its input is \?x3x96x96"),
        ({"outputs": 2}, {}, "has 2 outputs"),
        ({"kind": "float64"}, {}, "expected one float32 input"),
        ({"factor": 0.0}, {}, "no templates"),
        ({"factor": 1e38}, {}, "no templates"),
        ({}, {"alignment": ""}, "needs alignment"),
    ],
)
def test_a_model_of_wrong_shape_is_refused_by_name(
    as_model: AsModel, tiny_onnx: Make, made: dict[str, object], changes: dict[str, object], says: str
) -> None:
    with pytest.raises(InputError, match=says) as told:
        Embedder(as_model(tiny_onnx(**made), **changes))
    assert "tiny" in told.value.file


def test_what_is_no_model_is_refused_in_one_line(as_model: AsModel) -> None:
    with pytest.raises(InputError, match=r"tiny\.onnx: cannot be loaded") as told:
        Session(as_model(b"\x08\x08 not a model"))
    assert "\n" not in str(told.value)


def test_weights_in_a_second_file_are_refused(as_model: AsModel, tiny_onnx: Make, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_model_from_string(tiny_onnx())
    onnx.external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    path = tmp_path / "outside.onnx"
    onnx.save_model(model, str(path))
    with pytest.raises(InputError, match="second file"):
        Session(as_model(path.read_bytes()))


def test_the_real_embedders_take_the_shape_they_are_described_with(shared: Path) -> None:
    from adapters.face.registry import find

    for name, dimensions in (("edgeface_xs", 512), ("edgeface_xxs", 512), ("mobilefacenet_foamliu", 128)):
        assert Embedder(find(name, shared / "models")).embed(crops(2)).shape == (2, dimensions)
