import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.face import quality
from adapters.face.align import TEMPLATE
from adapters.face.model import OnnxFaceModel
from engine.ports import Image


@pytest.fixture(scope="module")
def crops(real_model: OnnxFaceModel, shared: Path) -> Image:
    """One bare crop of each of the first fifteen labelled people."""
    folder, found = shared / "faces" / "scrub", {}
    with (folder / "labels.csv").open() as file:
        for row in csv.DictReader(file):
            if row["masked"] == "0" and row["identity"] not in found and len(found) < 15:
                image = cv2.imread(str(folder / row["file"]))
                found[row["identity"]] = real_model.crops(image, real_model.detect(image))[0]
    return np.stack(list(found.values()))


def test_defocus_lowers_the_blur_figure() -> None:
    sharp = np.random.default_rng(0).integers(0, 255, (2, 112, 112, 3), dtype=np.uint8)
    soft = np.stack([cv2.GaussianBlur(crop, (0, 0), 3) for crop in sharp])
    assert (quality.blur(soft) < quality.blur(sharp) / 10).all()
    assert quality.blur(np.full((1, 112, 112, 3), 90, np.uint8))[0] == 0


def test_a_turned_head_gives_an_angle_and_a_tilted_one_does_not() -> None:
    frontal = np.array([[[-1, 0], [1, 0], [0, 1], [-0.8, 2], [0.8, 2]]], float)
    assert quality.yaw_deg(frontal)[0] == pytest.approx(0)
    yaw = np.radians(25)
    turned = frontal.copy()
    turned[0, :2, 0] *= np.cos(yaw)
    turned[0, 2, 0] = 2 * quality.NOSE_DEPTH * np.sin(yaw)
    assert quality.yaw_deg(turned)[0] == pytest.approx(25, abs=0.01)
    tilt = np.radians(30)
    rotation = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    assert quality.yaw_deg(turned @ rotation.T)[0] == pytest.approx(25, abs=0.01)
    assert abs(quality.yaw_deg(TEMPLATE[None])[0]) < 3


def test_infrared_pictures_are_told_from_coloured_ones(crops: Image) -> None:
    grey = np.stack([cv2.cvtColor(cv2.cvtColor(c, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) for c in crops])
    assert quality.colourless(grey).all()
    assert quality.colourless(crops).mean() < 0.1  # a few photos of the set are black and white
    assert quality.colourless(crops[:0]).shape == (0,)


def test_dark_glasses_are_told_from_eyes(crops: Image) -> None:
    glasses = crops.copy()
    for crop in glasses:
        for x in (38, 73):
            cv2.ellipse(crop, (x, 53), (16, 11), 0, 0, 360, (25, 22, 20), -1)
    assert quality.eyes_covered(glasses).mean() > 0.9
    assert not quality.eyes_covered(crops).any()
