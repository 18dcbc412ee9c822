"""A labelled photo as cameras would see it: whole, and so far away that few pixels are left."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from adapters.face.labelled import Photo, read_picture
from engine.ports import FaceModel, Image, Templates

SOFT_PX = 0.5  # optical blur of a shrunk view, standard deviation in its own pixels
JPEG_QUALITY = (40, 85)  # a camera's stream is compressed; one of these a view
SOFT_SIGMA_PX = (1.0, 9.0)  # defocus of the views that try out the blur gate


class Views:
    """Faces seen once each, n of them, as arrays.

    ``templates`` (n, dimensions); ``person``, ``take`` (n,) numbers; ``masked`` (n,); ``whole`` (n,)
    True for the untouched photo; ``soft`` (n,) True for a defocused one; ``inter_eye_px``, ``blur``,
    ``yaw_deg`` (n,). ``people`` holds the names behind the numbers, ``missed`` how many views had
    no face found.
    """

    def __init__(self, rows: Sequence[tuple[object, ...]], templates: Templates, missed: int) -> None:
        columns = list(zip(*rows, strict=True)) if rows else [()] * 8
        people, self.person = np.unique(np.array(columns[0], dtype=object).astype(str), return_inverse=True)
        self.people: list[str] = [str(name) for name in people]
        _, self.take = np.unique(np.array(columns[1], dtype=object).astype(str), return_inverse=True)
        self.masked: npt.NDArray[np.bool_] = np.array(columns[2], bool)
        self.whole: npt.NDArray[np.bool_] = np.array(columns[3], bool)
        self.soft: npt.NDArray[np.bool_] = np.array(columns[4], bool)
        self.inter_eye_px: npt.NDArray[np.float64] = np.array(columns[5], float)
        self.blur: npt.NDArray[np.float64] = np.array(columns[6], float)
        self.yaw_deg: npt.NDArray[np.float64] = np.array(columns[7], float)
        self.templates = templates
        self.missed = missed


def see(photos: Sequence[Photo], model: FaceModel, bands: Sequence[float], seed: int) -> Views:
    """Detect, align, measure and embed every photo whole, shrunk into each band, and defocused.

    ``bands`` are lower ends of inter-eye distances in pixels, ascending; a photo is shrunk into
    the bands below its own size, to a distance drawn evenly within. Each view takes the way a
    camera frame takes: its own detection, its own landmarks.
    """
    chance = np.random.default_rng(seed)
    rows: list[tuple[object, ...]] = []
    templates: list[Templates] = []
    missed = 0
    for photo in photos:
        image = read_picture(photo.path)
        whole = one_face(image, model)
        if whole is None:
            missed += 1
            continue
        own_px = whole[1]
        seen = [(True, False, whole)]
        for low, high in pairwise(bands):
            to_px = float(chance.uniform(low, high))
            quality = int(chance.integers(*JPEG_QUALITY))
            if own_px > to_px:
                if (face := one_face(shrunk(image, to_px / own_px, quality), model)) is None:
                    missed += 1
                else:
                    seen.append((False, False, face))
        sigma_px = float(chance.uniform(*SOFT_SIGMA_PX))
        if (face := one_face(np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8), model)) is None:
            missed += 1
        else:
            seen.append((False, True, face))
        for is_whole, soft, (template, inter_eye_px, blur, yaw_deg) in seen:
            take = f"{photo.person}/{photo.take}"
            rows.append((photo.person, take, photo.masked, is_whole, soft, inter_eye_px, blur, yaw_deg))
            templates.append(template)
    return Views(rows, np.concatenate(templates) if templates else np.empty((0, 0), np.float32), missed)


def one_face(image: Image, model: FaceModel) -> tuple[Templates, float, float, float] | None:
    """Template (1, dimensions), inter-eye pixels, blur and yaw of the only face; None where there is
    none, or more than one."""
    faces = model.detect(image)
    if len(faces) != 1:
        return None
    crops = model.crops(image, faces)
    blur, yaw_deg = model.measure(crops, faces)
    return model.embed(crops), float(faces.inter_eye_px[0]), float(blur[0]), float(yaw_deg[0])


def shrunk(image: Image, scale: float, jpeg_quality: int) -> Image:
    """The image as from further away: blurred, averaged down and compressed."""
    soft = cv2.GaussianBlur(image, (0, 0), SOFT_PX / scale)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(soft, size, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
