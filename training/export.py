"""The networks as the project ships them: ``python -m training.export --embedder E.pt --detector D.pt``.

ONNX, opset 17, any number of images at once; their metadata say that they learnt from invented people.
The descriptor of each is written beside it.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import torch
from torch import nn

from adapters.face.session import DEMO
from training.detector import INPUT_SCALE, Detector, output_names
from training.embedder import Embedder

OPSET = 17
PARITY = 2e-4  # largest difference of an answer between the two runtimes
SHIPPED = Path(__file__).resolve().parent.parent / "configs" / "models"
DESCRIPTOR = """# Comes along, in {file}: learnt from invented people, see {card} beside it
name = "{name}"
{how}sha256 = "{sha256}"
bytes = {bytes}
licence = "Apache-2.0"
demo = true
"""
EMBEDDER = """kind = "embedder"
family = "template"
input_width = 112
input_height = 112
channels = "rgb"
mean = [127.5, 127.5, 127.5]
scale = [127.5, 127.5, 127.5]
alignment = "arcface112"
dimensions = 128
"""
DETECTOR = """kind = "detector"
family = "yunet"
input_width = 0
input_height = 0
channels = "bgr"
mean = [0.0, 0.0, 0.0]
scale = [1.0, 1.0, 1.0]
"""
NEEDS = """# of rendered faces in simulated streets it found 97 % with 5 to 8 px
needs_inter_eye_px = 6.5
looks_closely = true
"""
MASK = DETECTOR.replace("detector", "mask").replace("yunet", "yunet_mask")
Images = npt.NDArray[np.float32]


def export_embedder(network: Embedder, file: Path) -> None:
    """Crops (n, 3, 112, 112) to vectors (n, 128)."""
    axes = {"crops": {0: "n"}, "vectors": {0: "n"}}
    _write(network, torch.zeros(2, 3, 112, 112), file, ["crops"], ["vectors"], axes)


def export_detector(network: Detector, file: Path) -> None:
    """Images (n, 3, height, width) to the answers of all strides."""
    names = output_names()
    axes = {"images": {0: "n", 2: "height", 3: "width"}, **{name: {0: "n", 1: "cells"} for name in names}}
    _write(folded(network), torch.zeros(2, 3, 64, 96), file, ["images"], names, axes)


def folded(network: Detector) -> Detector:
    """The same network for pixels as they are: what they are divided by lies in the first weights."""
    made = Detector()
    made.load_state_dict(network.state_dict())
    made.input_scale = 1.0
    with torch.no_grad():
        made.stem[0].weight /= INPUT_SCALE
    return made


def _write(
    network: nn.Module,
    example: torch.Tensor,
    file: Path,
    inputs: list[str],
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    network.eval()
    torch.onnx.export(
        network,
        (example,),
        str(file),
        input_names=inputs,
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(file))
    onnx.helper.set_model_props(
        model, {DEMO: "learnt from invented people; for footage of a rehearsal alone"}
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def difference(network: nn.Module, file: Path, images: Images) -> float:
    """Largest difference between what the network and its file answer."""
    network.eval()
    with torch.no_grad():
        own = network(torch.from_numpy(images))
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    theirs = session.run(None, {session.get_inputs()[0].name: images})
    ours = own if isinstance(own, tuple) else (own,)
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=SHIPPED)
    parser.add_argument("--embedder", type=Path)
    parser.add_argument("--detector", type=Path)
    given = parser.parse_args()
    r = np.random.default_rng(0)
    if given.embedder:
        embedder, file = Embedder(), given.folder / "demo_embedder.onnx"
        embedder.load_state_dict(torch.load(given.embedder, weights_only=True))
        export_embedder(embedder, file)
        check(embedder, file, r.uniform(-1, 1, (5, 3, 112, 112)).astype(np.float32))
        describe(file, "demo_embedder", EMBEDDER)
    if given.detector:
        detector, file = Detector(), given.folder / "demo_detector.onnx"
        detector.load_state_dict(torch.load(given.detector, weights_only=True))
        export_detector(detector, file)
        check(folded(detector), file, r.uniform(0, 255, (2, 3, 96, 160)).astype(np.float32))
        describe(file, "demo_detector", DETECTOR + NEEDS)
        describe(file, "demo_mask", MASK)


def check(network: nn.Module, file: Path, images: Images) -> None:
    """Raises ValueError where the file answers something else than the network."""
    if (apart := difference(network, file, images)) > PARITY:
        raise ValueError(f"{file}: answers differ by {apart:g}, more than {PARITY:g}")


def describe(file: Path, name: str, how: str) -> None:
    """Write the descriptor of a model."""
    digest, size = hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size
    card = file.with_suffix(".md").name
    text = DESCRIPTOR.format(name=name, file=file.name, card=card, sha256=digest, bytes=size, how=how)
    (file.parent / f"{name}.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
