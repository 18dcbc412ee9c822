"""Small model files made on the spot, so that wrong ones can be tried without the real ones."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters.face.model import OnnxFaceModel
from adapters.face.registry import find
from engine.domain.model import ModelDescriptor, ModelKind


def descriptor_of(content: bytes, **changes: object) -> ModelDescriptor:
    """A descriptor of an embedder of four dimensions with the size and hash of ``content``."""
    described = ModelDescriptor(
        name="tiny",
        kind=ModelKind.EMBEDDER,
        family="template",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        licence="Apache-2.0",
        input_width=112,
        input_height=112,
        channels="rgb",
        mean=(0.0, 0.0, 0.0),
        scale=(1.0, 1.0, 1.0),
        alignment="arcface112",
        dimensions=4,
    )
    return msgspec.structs.replace(described, **changes)


def make_onnx(
    *,
    batch: int | str = "n",
    side: int = 112,
    dimensions: int = 4,
    outputs: int = 1,
    factor: float = 1.0,
    kind: str = "float32",
) -> bytes:
    """An embedder: the mean of each channel, times a matrix of ones and ``factor``."""
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    element = onnx.TensorProto.FLOAT if kind == "float32" else onnx.TensorProto.DOUBLE
    weights = (np.eye(3, dimensions) * factor + 0.01 * factor).astype(kind)
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["embedding"]),
    ]
    answers = [helper.make_tensor_value_info("embedding", element, [batch, dimensions])]
    for number in range(1, outputs):
        nodes.append(helper.make_node("Identity", ["embedding"], [f"more{number}"]))
        answers.append(helper.make_tensor_value_info(f"more{number}", element, [batch, dimensions]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input", element, [batch, 3, side, side])],
        answers,
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.fixture
def tiny_onnx() -> Callable[..., bytes]:
    """Makes the bytes of a small embedder, right or wrong in one thing."""
    return make_onnx


@pytest.fixture
def as_model(tmp_path: Path) -> Callable[..., ModelDescriptor]:
    """Writes bytes as ``tiny.onnx`` and describes them."""

    def write(content: bytes, **changes: object) -> ModelDescriptor:
        path = tmp_path / "tiny.onnx"
        path.write_bytes(content)
        return descriptor_of(content, file=str(path), **changes)

    return write


@pytest.fixture(scope="session")
def real_model(shared: Path) -> OnnxFaceModel:
    """YuNet-n, EdgeFace-XS and the mask classifier."""
    folder = shared / "models"
    return OnnxFaceModel(
        detector=find("yunet_n_dynamic", folder),
        embedder=find("edgeface_xs", folder),
        mask=find("rfb640_masked_face_v2", folder),
    )
