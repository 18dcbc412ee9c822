"""Which cells of the detector answer for which face, and what they answer for."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training.detector import PARTS, STRIDES
from training.scenes import SIDE_PX, Scene

REACH_PX = {8: (0.0, 46.0), 16: (32.0, 112.0), 32: (84.0, 1e9)}  # longer sides of boxes of a stride
NOTHING, MAYBE, FACE = 0, 1, 2  # what a cell is: no face, not held against it either way, a face
WEIGHTS = {"cls": 1.0, "obj": 1.0, "bbox": 2.0, "kps": 20.0, "mask": 1.5}
STRAIGHT_FROM = 0.01  # error of a landmark, in sides of the face, from which on its loss rises in proportion
Floats = npt.NDArray[np.float32]


def targets(scenes: Sequence[Scene]) -> list[Floats]:
    """For each stride (n, 17, rows, columns): kind of cell, mask, box (4: x0 y0 x1 y1), landmarks (10), both
    in strides from the cell, and the box's longer side in pixels."""
    found = [np.zeros((len(scenes), 17, SIDE_PX // s, SIDE_PX // s), np.float32) for s in STRIDES]
    for number, scene in enumerate(scenes):
        sides = np.maximum(scene.boxes[:, 2] - scene.boxes[:, 0], scene.boxes[:, 3] - scene.boxes[:, 1])
        for face in np.argsort(-sides):  # the smaller one has the cell
            for maps, stride in zip(found, STRIDES, strict=True):
                _mark(maps[number], scene, int(face), float(sides[face]), stride)
    return found


def _mark(maps: Floats, scene: Scene, face: int, side: float, stride: int) -> None:
    box = scene.boxes[face]
    at = np.arange(maps.shape[1], dtype=np.float32) * stride
    x, y = np.meshgrid(at, at)
    middle = (box[:2] + box[2:]) / 2
    far = np.maximum(np.abs(x - middle[0]), np.abs(y - middle[1]))
    around = (far <= max(0.5 * side, stride)) & (maps[0] != FACE)
    low, high = REACH_PX[stride]
    if not scene.asked[face]:
        maps[0][around] = MAYBE
    if not (scene.asked[face] and low <= side < high):
        return  # at other strides nothing of it is a face: a nose with two cheeks is none
    core = far <= max(min(1.1 * stride, 0.35 * side), 0.51 * stride)
    maps[0][around] = MAYBE
    maps[0][core] = FACE
    maps[1][core] = scene.masked[face]
    for plane, value in enumerate(box):
        maps[2 + plane][core] = ((value - (x if plane % 2 == 0 else y)) / stride)[core]
    for plane, value in enumerate(scene.landmarks[face].reshape(-1)):
        maps[6 + plane][core] = ((value - (x if plane % 2 == 0 else y)) / stride)[core]
    maps[16][core] = side


def loss(answers: Sequence[Tensor], asked: Sequence[Tensor]) -> dict[str, Tensor]:
    """Parts of the loss over all strides, each a mean over the cells with a face."""
    parts = {name: torch.zeros((), device=answers[0].device) for name in PARTS}
    faces = sum((a[:, 0] == FACE).sum() for a in asked)
    assert isinstance(faces, Tensor)
    faces = faces.clamp(min=1)
    for stride, answer, want in zip(STRIDES, answers, asked, strict=True):
        kind = want[:, 0]
        held = kind != MAYBE
        is_face = (kind == FACE).float()
        parts["cls"] = parts["cls"] + (_focal(answer[:, 0], is_face) * held).sum() / faces
        here = (kind == FACE).nonzero(as_tuple=True)
        given = answer.permute(0, 2, 3, 1)[here]
        wanted = want.permute(0, 2, 3, 1)[here]
        overlap = _iou(corners(given[:, 2:6]), wanted[:, 2:6])
        quality = torch.zeros_like(is_face)
        quality[here] = overlap.detach().clamp(0, 1)
        obj = functional.binary_cross_entropy_with_logits(answer[:, 1], quality, reduction="none")
        parts["obj"] = parts["obj"] + (obj * (held | (kind == FACE))).sum() / faces
        if len(given):
            parts["bbox"] = parts["bbox"] + (1 - overlap).sum() / faces
            in_faces = (given[:, 6:16] - wanted[:, 6:16]) * (stride / wanted[:, 16:17])
            off = functional.smooth_l1_loss(
                in_faces, torch.zeros_like(in_faces), reduction="none", beta=STRAIGHT_FROM
            )
            parts["kps"] = parts["kps"] + off.mean(dim=1).sum() / faces
            mask = functional.binary_cross_entropy_with_logits(given[:, 16], wanted[:, 1], reduction="none")
            parts["mask"] = parts["mask"] + mask.sum() / faces
    return {name: WEIGHTS[name] * part for name, part in parts.items()}


def _focal(logit: Tensor, is_face: Tensor) -> Tensor:
    """Lin et al. 2017, gamma 2 for what is no face."""
    plain = functional.binary_cross_entropy_with_logits(logit, is_face, reduction="none")
    surprise = torch.where(is_face > 0, 1 - logit.sigmoid(), logit.sigmoid())
    return plain * torch.where(is_face > 0, surprise.detach(), surprise.detach() ** 2)


def corners(bbox: Tensor) -> Tensor:
    """(n, 4) as the network answers (centre, log of size), as corners; in strides from the cell."""
    half = bbox[:, 2:].clamp(max=6.0).exp() / 2
    return torch.cat([bbox[:, :2] - half, bbox[:, :2] + half], dim=1)


def _iou(a: Tensor, b: Tensor) -> Tensor:
    """(n,) overlap of boxes less the share of their common hull that is empty (Rezatofighi et al. 2019)."""
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(dim=1)
    outer = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(dim=1)
    union = (a[:, 2:] - a[:, :2]).prod(dim=1) + (b[:, 2:] - b[:, :2]).prod(dim=1) - inner
    return inner / union.clamp(min=1e-6) - (outer - union) / outer.clamp(min=1e-6)
