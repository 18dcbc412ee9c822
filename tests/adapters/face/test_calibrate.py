from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.face.calibrate import BANDS_PX, calibrate, cosines
from adapters.face.calibrations import as_toml, load_calibrations
from adapters.face.labelled import Photo, read_set
from adapters.face.views import Views, shrunk
from engine.domain.errors import InputError
from engine.domain.track import MaskState
from engine.ports import Faces, Image, Templates


class PaintedFaces:
    """A FaceModel for pictures whose top left pixel is the person: a template is the person's own
    direction with noise, weaker under a mask (blue over 0). ``blind`` sees nobody."""

    calibration_key = "painted"

    def __init__(self, likeness: float = 1.0, blind: bool = False) -> None:
        self.chance = np.random.default_rng(3)
        self.likeness = likeness
        self.blind = blind

    def detect(self, image: Image, least_inter_eye_px: float = 0.0) -> Faces:
        n = 0 if self.blind else 1
        height, width = image.shape[:2]
        marks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]) * (width, height)
        return Faces(
            np.array([[0, 0, width, height]] * n, np.float32).reshape(-1, 4),
            np.array([marks] * n, np.float32).reshape(-1, 5, 2),
            np.ones(n, np.float32),
        )

    def crops(self, image: Image, faces: Faces) -> Image:
        return np.repeat(cv2.resize(image, (112, 112))[None], len(faces), axis=0)

    def measure(self, crops: Image, faces: Faces) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(faces), 100, np.float32), np.zeros(len(faces), np.float32)

    def obstacles(self, crops: Image) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(len(crops), bool), np.zeros(len(crops), bool)

    def embed(self, crops: Image) -> Templates:
        found = []
        for crop in crops:
            person, masked = round((float(crop[..., 1].mean()) - 40) / 4), crop[..., 0].mean() > 50
            own = np.random.default_rng(person).normal(size=64)
            found.append(self.likeness * own * (0.8 if masked else 1.3) + self.chance.normal(size=64))
        templates = np.array(found, np.float32)
        return templates / np.linalg.norm(templates, axis=1, keepdims=True)

    def mask_state(self, image: Image, box: object) -> MaskState:
        return MaskState.UNKNOWN


@pytest.fixture
def photos(tmp_path: Path) -> list[Photo]:
    for person in range(1, 51):
        (tmp_path / f"P{person}").mkdir()
        for name, blue in (("0", 0), ("1", 0), ("2", 0), ("0_masked", 200), ("1_masked", 200)):
            image = np.zeros((160, 200, 3), np.uint8)
            image[..., 0], image[..., 1] = blue, 40 + person * 4
            cv2.imwrite(str(tmp_path / f"P{person}" / f"{name}.png"), image)
    return read_set(tmp_path)


def test_every_pair_and_band_is_fitted_and_measured_on_other_people(photos: list[Photo]) -> None:
    report = calibrate(photos, PaintedFaces(), name="painted", provenance="test")
    assert {(b.pair, b.inter_eye_from_px) for b in report.calibration.bands} == {
        (pair, px) for pair in ("bare", "one_masked", "both_masked") for px in BANDS_PX
    }
    assert (report.people_fit, report.people_held_out) == (25, 25)
    assert all(b.slope > 0 for b in report.calibration.bands)
    bare = [b for b in report.calibration.bands if b.pair == "bare"]
    # one view of each photo a band; a view at its edge is measured in the next
    assert sum(b.mated for b in bare) == len(BANDS_PX) * 25 * 3 * 2
    assert sum(b.non_mated for b in bare) == len(BANDS_PX) * 25 * 3 * 24 * 3
    assert report.calibration.embedder_sha256 == "painted"
    for part in report.held_out:
        assert part.figures.cllr < 1


def test_a_seed_gives_the_same_numbers_again(photos: list[Photo]) -> None:
    once = calibrate(photos, PaintedFaces(), name="painted", provenance="test", seed=4)
    again = calibrate(photos, PaintedFaces(), name="painted", provenance="test", seed=4)
    other = calibrate(photos, PaintedFaces(), name="painted", provenance="test", seed=5)
    assert once == again
    assert once.calibration != other.calibration


def test_a_photo_never_meets_itself_nor_its_masked_copy() -> None:
    rows = [
        (person, f"{person}/{take}", masked, True, False, 50.0, 100.0, 0.0)
        for person in "AB"
        for take in "01"
        for masked in (False, True)
    ]
    seen = Views(rows, np.eye(8, dtype=np.float32), 0)
    everyone = np.ones(8, bool)
    for pair, mated, non_mated in (("bare", 4, 8), ("one_masked", 8, 16), ("both_masked", 4, 8)):
        a, b = cosines(seen, everyone, everyone, pair)
        assert (len(a), len(b)) == (mated, non_mated)
        assert a.max() == 0  # a view with itself would give 1


def test_a_model_that_tells_nobody_apart_is_refused_or_says_nothing(photos: list[Photo]) -> None:
    try:
        report = calibrate(photos, PaintedFaces(likeness=0.0), name="painted", provenance="test")
    except InputError as problem:
        assert "do not rise with likeness" in str(problem)
    else:
        assert report.held_out[0].figures.cllr > 0.9


def test_a_model_that_sees_nobody_is_refused(photos: list[Photo]) -> None:
    with pytest.raises(InputError, match=r"painted: bare\.20px: cannot be calibrated"):
        calibrate(photos, PaintedFaces(blind=True), name="painted", provenance="test")


def test_a_calibration_survives_being_written_and_read(photos: list[Photo], tmp_path: Path) -> None:
    fitted = calibrate(photos, PaintedFaces(), name='with "quotes"', provenance="한글\nline").calibration
    (tmp_path / "own.calibration").write_text(as_toml(fitted), encoding="utf-8")
    assert load_calibrations(tmp_path)["painted"] == fitted
    assert "painted" not in load_calibrations()


def test_shrinking_keeps_the_picture_and_loses_detail() -> None:
    image = np.random.default_rng(0).integers(0, 255, (200, 160, 3), dtype=np.uint8)
    small = shrunk(image, 0.25, 90)
    assert small.shape == (50, 40, 3)
    assert small.std() < image.std() / 3


def test_every_shipped_calibration_belongs_to_a_known_model() -> None:
    from adapters.face.registry import descriptors

    hashes = {d.sha256: d.name for d in descriptors().values()}
    shipped = load_calibrations()
    assert {hashes[key] for key in shipped} == {"edgeface_xs", "edgeface_xxs", "mobilefacenet_foamliu"}
    for calibration in shipped.values():
        assert calibration.provenance
        assert calibration.figures["bare.20px.cllr"] < 0.1


def test_the_shipped_numbers_come_out_again(shared: Path) -> None:
    """The whole way from photos to figures, on the smaller model, as docs/CALIBRATION.md says."""
    from adapters.face.model import OnnxFaceModel
    from adapters.face.registry import find

    folder = shared / "models"
    embedder = find("edgeface_xxs", folder)
    model = OnnxFaceModel(detector=find("yunet_n_dynamic", folder), embedder=embedder)
    report = calibrate(read_set(shared / "faces" / "scrub"), model, name="edgeface_xxs", provenance="test")
    shipped = load_calibrations()[embedder.sha256]
    for ours, theirs in zip(report.calibration.bands, shipped.bands, strict=True):
        assert (ours.pair, ours.inter_eye_from_px) == (theirs.pair, theirs.inter_eye_from_px)
        assert ours.slope == pytest.approx(theirs.slope, rel=0.05)
        assert ours.intercept == pytest.approx(theirs.intercept, rel=0.1)
