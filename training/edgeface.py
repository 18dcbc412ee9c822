"""EdgeFace as ONNX, from its official checkpoints: ``python -m training.edgeface VARIANT CHECKPOINT OUT``.

George et al. 2024, "EdgeFace: Efficient Face Recognition Model for Edge Devices": an EdgeNeXt of timm whose
classifier answers with 512 numbers; in the variants named after gamma every other linear layer is a product
of two of lower rank. The checkpoints are under a licence of their own and are not part of this project.
"""

import argparse
import hashlib
from pathlib import Path

import timm
import torch
from torch import Tensor, nn

DIMENSIONS = 512
OPSET = 17
VARIANTS = {  # network of timm, and rank of linear layers as a share of their narrower side
    "edgeface_base": ("edgenext_base", None),
    "edgeface_s_gamma_05": ("edgenext_small", 0.5),
    "edgeface_xs": ("edgenext_x_small", None),
    "edgeface_xs_gamma_06": ("edgenext_x_small", 0.6),
    "edgeface_xxs": ("edgenext_xx_small", None),
}


class LowRank(nn.Module):
    """A linear layer as two; its parts are called as in the checkpoints."""

    def __init__(self, whole: nn.Linear, share: float) -> None:
        super().__init__()
        rank = max(2, int(min(whole.in_features, whole.out_features) * share))
        self.linear1 = nn.Linear(whole.in_features, rank, bias=False)
        self.linear2 = nn.Linear(rank, whole.out_features, bias=whole.bias is not None)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.linear1(x))


class EdgeFace(nn.Module):
    """RGB crops (n, 3, 112, 112), (x - 127.5) / 127.5, to vectors (n, 512)."""

    def __init__(self, variant: str) -> None:
        """Raises KeyError for a variant that there is not."""
        super().__init__()
        name, share = VARIANTS[variant]
        self.model = timm.create_model(name, num_classes=DIMENSIONS)
        if share is not None:
            lower(self.model, share)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def lower(network: nn.Module, share: float) -> None:
    """Makes two of every linear layer but those of the head."""
    for name, part in network.named_children():
        if isinstance(part, nn.Linear) and "head" not in name:
            setattr(network, name, LowRank(part, share))
        else:
            lower(part, share)


def export(variant: str, checkpoint: Path, file: Path) -> None:
    """Raises RuntimeError where the checkpoint is of another variant."""
    network = EdgeFace(variant)
    network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    network.eval()
    torch.onnx.export(
        network,
        (torch.zeros(2, 3, 112, 112),),
        str(file),
        input_names=["crops"],
        output_names=["vectors"],
        dynamic_axes={"crops": {0: "n"}, "vectors": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    export(given.variant, given.checkpoint, given.out)
    content = given.out.read_bytes()
    print(f'sha256 = "{hashlib.sha256(content).hexdigest()}"\nbytes = {len(content)}')


if __name__ == "__main__":
    main()
