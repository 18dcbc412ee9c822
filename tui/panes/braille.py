"""Lines in braille: every cell of the screen is two dots wide and four high (U+2800 to U+28FF)."""

from typing import Final

import numpy as np
import numpy.typing as npt

Dots = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]

BLANK: Final = 0x2800
HAIR: Final = 1e-6  # dots: 0.29 of 100 is a hair under 29, and would leave a hole there
FLAT: Final = 1e-9  # dots: what runs no farther than this crosses no edge
# Bit of each dot, by row and column within the cell (Unicode, Braille Patterns).
BITS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)


def no_dots(across: int, down: int) -> Dots:
    return np.zeros((down, across), dtype=np.bool_)


def codes_of(dots: Dots) -> Codes:
    """One code point for each cell, ``BLANK`` where no dot stands. ``dots``: 4 x rows, 2 x columns."""
    down, across = dots.shape
    cells = dots.reshape(down // 4, 4, across // 2, 2).astype(np.uint32)
    codes: Codes = np.einsum("rdca,da->rc", cells, BITS).astype(np.uint32) + np.uint32(BLANK)
    return codes


def draw_lines(dots: Dots, x0: Floats, y0: Floats, x1: Floats, y1: Floats, *, thick: bool = False) -> None:
    """Set the dots of straight lines, given by their ends in dots; what lies outside is cut off. A thick
    line is two dots wide."""
    down, across = dots.shape
    x0, y0, x1, y1 = clipped(x0, y0, x1, y1, float(across), float(down))
    if not len(x0):
        return
    steps = np.ceil(np.maximum(np.abs(x1 - x0), np.abs(y1 - y0))).astype(np.intp) + 1
    line = np.repeat(np.arange(len(steps)), steps)
    part = np.arange(len(line)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = part / np.maximum(steps - 1, 1)[line]
    x = x0[line] + share * (x1 - x0)[line] + HAIR
    y = y0[line] + share * (y1 - y0)[line] + HAIR
    draw_points(dots, x, y)
    if thick:
        draw_points(dots, x + 1.0, y)
        draw_points(dots, x, y + 1.0)


def draw_points(dots: Dots, x: Floats, y: Floats) -> None:
    """Set single dots; those outside are left out."""
    down, across = dots.shape
    inside = (x >= 0) & (x < across) & (y >= 0) & (y < down)
    dots[y[inside].astype(np.intp), x[inside].astype(np.intp)] = True


def clipped(
    x0: Floats, y0: Floats, x1: Floats, y1: Floats, across: float, down: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """The parts of lines within the canvas, by Liang and Barsky (ACM Transactions on Graphics 3, 1984)."""
    near = (
        (np.minimum(x0, x1) < across)
        & (np.maximum(x0, x1) >= 0)
        & (np.minimum(y0, y1) < down)
        & (np.maximum(y0, y1) >= 0)
    )
    x0, y0, x1, y1 = x0[near], y0[near], x1[near], y1[near]
    enters, leaves = np.zeros(len(x0)), np.ones(len(x0))
    seen = np.ones(len(x0), dtype=np.bool_)
    dx, dy = x1 - x0, y1 - y0
    for along, room in ((-dx, x0), (dx, across - x0), (-dy, y0), (dy, down - y0)):
        flat = np.abs(along) < FLAT
        seen &= ~(flat & (room < 0))
        at = room / np.where(flat, 1.0, along)
        enters = np.where(~flat & (along < 0), np.maximum(enters, at), enters)
        leaves = np.where(~flat & (along > 0), np.minimum(leaves, at), leaves)
    seen &= enters <= leaves
    x0, y0, dx, dy, enters, leaves = (a[seen] for a in (x0, y0, dx, dy, enters, leaves))
    # a line of a thousand kilometres ends a hair outside, where no dot would stand
    return (
        np.clip(x0 + enters * dx, 0.0, across),
        np.clip(y0 + enters * dy, 0.0, down),
        np.clip(x0 + leaves * dx, 0.0, across),
        np.clip(y0 + leaves * dy, 0.0, down),
    )
