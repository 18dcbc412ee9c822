"""Calibrations of rendered heads are fitted on some of them and measured on others."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters.face.calibrations import as_toml, load_calibrations
from adapters.rendered.fitting import Report, cosines, fit
from adapters.rendered.measuring import Measured, measure
from adapters.rendered.sightings import Sightings, from_rows, joined, load
from engine.domain.errors import InputError

HEADS, DIMENSIONS = 40, 24
SIZES_PX = (25.0, 40.0, 60.0)
BARE, MASKED = 1, 2


def gates() -> object:
    return next(iter(load_calibrations().values()))


def crowd(
    noise: float = 0.25, alike: float = 0.5, masks: tuple[int, ...] = (0, 1)
) -> tuple[Sightings, np.ndarray]:
    """A path and a key frame of every head at every size and mask, and a reference of every head. Faces
    share a part of ``alike``; a mask takes a good deal of the rest."""
    rng = np.random.default_rng(3)
    own = rng.normal(size=(HEADS, DIMENSIONS)) / np.sqrt(DIMENSIONS)
    common = rng.normal(size=DIMENSIONS) / np.sqrt(DIMENSIONS)
    rows, templates = [], []
    for head in range(HEADS):
        for px in SIZES_PX:
            for worn in masks:
                number = len(rows)
                face = common * alike + own[head] * (0.4 if worn else 1.0)
                row = (number, worn, BARE if worn == 0 else MASKED)
                for key, frames in ((True, 1), (False, 9), (False, 0)):
                    rows.append((key, head, *row, frames, px, 30.0, 5.0, frames > 0))
                    face_seen = face + rng.normal(size=DIMENSIONS) * noise / np.sqrt(DIMENSIONS)
                    templates.append(face_seen / np.linalg.norm(face_seen))
    references = common * alike + own
    references /= np.linalg.norm(references, axis=1, keepdims=True)
    return from_rows(rows, templates, DIMENSIONS), references.astype(np.float32)


def fitted(seed: int = 0) -> Report:
    seen, references = crowd()
    return fit(seen, references, gates(), provenance="painted", seed=seed)


def test_nobody_is_fitted_and_measured() -> None:
    report = fitted()
    assert report.heads_fit + report.heads_held_out == HEADS
    band = report.calibration.bands[0]
    assert (band.mated, band.non_mated) == (HEADS // 2, HEADS // 2 * (HEADS // 2 - 1))


def test_what_is_rendered_says_so_and_keeps_the_gates() -> None:
    report, before = fitted(), gates()
    assert report.calibration.rendered
    assert "rendered" in report.calibration.name
    assert report.calibration.floor_blur == before.floor_blur
    assert {b.pair for b in report.calibration.bands} == {"bare", "one_masked"}


def test_strangers_who_look_alike_do_not_speak_for_the_patient() -> None:
    report = fitted()
    bare = report.paths[0].figures
    assert bare.non_mated_over_0 < 0.05
    assert bare.mated_below_0 < 0.05
    masked = next(p for p in report.paths if p.label.startswith("one_masked")).figures
    assert masked.cllr > bare.cllr


def test_a_fit_is_written_and_read_back(tmp_path: Path) -> None:
    calibration = fitted().calibration
    (tmp_path / "painted.calibration").write_text(as_toml(calibration), encoding="utf-8")
    assert load_calibrations(tmp_path)[calibration.embedder_sha256] == calibration


def test_a_kind_of_pair_that_nobody_showed_is_an_error() -> None:
    seen, references = crowd(masks=(0,))
    with pytest.raises(InputError) as problem:
        fit(seen, references, gates(), provenance="painted", seed=0)
    assert problem.value.place == "one_masked.20px"


def test_a_head_that_could_not_be_enrolled_takes_no_part() -> None:
    seen, references = crowd()
    references[0] = np.nan
    report = fit(seen, references, gates(), provenance="painted", seed=0)
    assert report.heads_fit + report.heads_held_out == HEADS - 1


def test_pairs_are_of_the_given_heads_only() -> None:
    seen, references = crowd()
    mated, non_mated = cosines(seen, references, np.array([3, 7]), seen.path & (seen.worn == 0))
    assert len(mated) == 2 * len(SIZES_PX)
    assert len(non_mated) == len(mated)
    assert mated.mean() > non_mated.mean()


def searched(least: float, hide_from: int = HEADS) -> Measured:
    seen, references = crowd()
    gone = (seen.head >= hide_from) & seen.path
    return measure(seen.some(~gone), references, fitted().calibration, [least])


def test_the_least_llr_trades_false_candidates_for_passes() -> None:
    kind, strict = searched(-1.0).curve[0], searched(4.0).curve[0]
    assert kind.false_candidates > strict.false_candidates
    assert kind.masked > strict.masked
    assert searched(-1.0).hits[0].strangers > searched(4.0).hits[0].strangers


def test_who_knows_the_mask_opens_less_for_strangers() -> None:
    hit = searched(-1.0).hits[0]
    assert hit.strangers_told < hit.strangers
    assert hit.passes_told <= hit.passes


def test_a_pass_without_a_path_counts_as_not_found() -> None:
    assert searched(-50.0).curve[0].bare == 1.0
    half = searched(-50.0, hide_from=HEADS // 2)
    assert half.curve[0].bare == 0.5
    assert half.seen[0] == half.passes[0] // 2


def test_sightings_are_laid_aside_and_taken_up_again(tmp_path: Path) -> None:
    seen, _ = crowd()
    file = tmp_path / "seen.npz"
    seen.save(file)
    again = joined([load(file), load(file)])
    assert len(again) == 2 * len(seen)
    assert np.array_equal(again.templates[: len(seen)], seen.templates)
    assert np.array_equal(again.path[len(seen) :], seen.path)


def test_the_embedder_that_comes_along_has_a_fit_of_rendered_heads_and_no_other() -> None:
    from adapters.face.registry import descriptors

    sha256 = descriptors()["demo_embedder"].sha256
    assert load_calibrations(kind="rendered")[sha256].rendered
    assert sha256 not in load_calibrations()


@pytest.mark.parametrize("name", ["edgeface_xs", "edgeface_xxs", "mobilefacenet_foamliu"])
def test_the_shipped_fits_of_rendered_heads_are_their_models(name: str) -> None:
    from adapters.face.registry import descriptors

    shipped = load_calibrations(kind="rendered")
    photographs = load_calibrations()[descriptors()[name].sha256]
    calibration = shipped[descriptors()[name].sha256]
    assert calibration.rendered
    assert not photographs.rendered
    assert "do not exist" in calibration.provenance
    assert msgspec.structs.replace(calibration, bands=(), figures={}) != photographs
    # rendered strangers look more alike: the same cosine says less
    for ours, theirs in zip(calibration.bands, photographs.bands, strict=False):
        assert ours.intercept + ours.slope * 0.35 < theirs.intercept + theirs.slope * 0.35
