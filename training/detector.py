"""The network that finds faces, five landmarks and masks: at most 60,000 parameters."""

from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
PARTS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10, "mask": 1}
INPUT_SCALE = 64.0  # pixels are divided by it; folded into the first weights when the network is exported


def pointwise(into: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(into, out, 1, bias=False), nn.BatchNorm2d(out))


def apart(into: int, out: int, stride: int = 1) -> nn.Sequential:
    """Each plane by itself, then all planes at each place; Howard et al. 2017."""
    return nn.Sequential(
        nn.Conv2d(into, into, 3, stride, 1, groups=into, bias=False),
        nn.BatchNorm2d(into),
        nn.ReLU(),
        *pointwise(into, out),
        nn.ReLU(),
    )


class Beside(nn.Module):
    """Two such steps beside a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            *pointwise(channels, channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            *pointwise(channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.way(x))


class Detector(nn.Module):
    """BGR images (n, 3, height, width) of 0 to 255, sides multiples of 32, to the answers that YuNet gives
    (Wu et al. 2023), and the logit of a mask beside them: ``cls_8`` (n, cells, 1) and so on."""

    def __init__(self) -> None:
        super().__init__()
        self.input_scale = INPUT_SCALE
        self.stem = nn.Sequential(
            nn.Conv2d(3, 24, 5, 4, 2, bias=False), nn.BatchNorm2d(24), nn.ReLU(), apart(24, 24)
        )
        self.eighth = nn.Sequential(apart(24, 48, 2), Beside(48), Beside(48))
        self.sixteenth = nn.Sequential(apart(48, 64, 2), Beside(64))
        self.thirtysecond = nn.Sequential(apart(64, 64, 2), apart(64, 64))
        self.down = nn.ModuleList([pointwise(64, 48), pointwise(64, 64)])
        self.towers = nn.ModuleList([apart(48, 48), apart(64, 48), apart(64, 48)])
        self.heads = nn.ModuleList([nn.Conv2d(48, sum(PARTS.values()), 1) for _ in STRIDES])
        for head in self.heads:
            nn.init.constant_(head.bias[:2], -3.0)

    def maps(self, images: Tensor) -> list[Tensor]:
        """Answers as maps (n, 17, rows, columns), one a stride; ``cls`` and ``obj`` are logits."""
        near = self.eighth(self.stem(images / self.input_scale if self.input_scale != 1.0 else images))
        middle = self.sixteenth(near)
        far = self.thirtysecond(middle)
        middle = functional.relu(middle + functional.interpolate(self.down[1](far), scale_factor=2.0))
        near = functional.relu(near + functional.interpolate(self.down[0](middle), scale_factor=2.0))
        return [
            head(tower(x))
            for head, tower, x in zip(self.heads, self.towers, (near, middle, far), strict=True)
        ]

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        parts: dict[str, list[Tensor]] = {name: [] for name in PARTS}
        for found in self.maps(images):
            cells = found.flatten(2).transpose(1, 2)
            for name, part in zip(PARTS, cells.split(list(PARTS.values()), dim=2), strict=True):
                parts[name].append(part.sigmoid() if name in ("cls", "obj", "mask") else part)
        return tuple(part for name in PARTS for part in parts[name])


def output_names() -> list[str]:
    return [f"{name}_{stride}" for name in PARTS for stride in STRIDES]
