"""The network that makes a template of a face: residual convolutions, at most 0.4 million parameters."""

from torch import Tensor, nn

DIMENSIONS = 128


def conv(into: int, out: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """A convolution, normalised, with a learnt slope below zero."""
    return nn.Sequential(
        nn.Conv2d(into, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out), nn.PReLU(out)
    )


class Residual(nn.Module):
    """Two convolutions beside a short cut; with ``narrow`` channels, three, the outer ones of one pixel."""

    def __init__(self, channels: int, narrow: int | None = None) -> None:
        super().__init__()
        if narrow is None:
            inner = [conv(channels, channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False)]
        else:
            inner = [
                conv(channels, narrow, 1),
                conv(narrow, narrow),
                nn.Conv2d(narrow, channels, 1, bias=False),
            ]
        self.way = nn.Sequential(*inner, nn.BatchNorm2d(channels))
        self.slope = nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.slope(x + self.way(x))


class Embedder(nn.Module):
    """RGB crops (n, 3, 112, 112), (x - 127.5) / 127.5, to vectors (n, 128) that are not of length 1.

    The first convolution makes 28 x 28 of 112 x 112 at once: a face of the street has no more to show, and
    most of the time of a network goes into its largest planes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.planes = nn.Sequential(
            conv(3, 32, 7, 4),
            Residual(32),
            conv(32, 64, 3, 2),
            Residual(64),
            Residual(64),
            conv(64, 96, 3, 2),
            Residual(96, 64),
            Residual(96, 64),
            conv(96, 128, 1),
        )
        self.gather = nn.Sequential(  # each place of the face by weights of its own
            nn.Conv2d(128, 128, 7, groups=128, bias=False), nn.BatchNorm2d(128), nn.Flatten()
        )
        self.template = nn.Sequential(nn.Linear(128, DIMENSIONS, bias=False), nn.BatchNorm1d(DIMENSIONS))

    def forward(self, x: Tensor) -> Tensor:
        return self.template(self.gather(self.planes(x)))


def parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def as_input(crops: Tensor) -> Tensor:
    """BGR uint8 (n, 112, 112, 3) as the network takes them."""
    return (crops.flip(-1).permute(0, 3, 1, 2).float() - 127.5) / 127.5
