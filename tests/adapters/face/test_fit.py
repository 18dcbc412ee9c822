import math

import numpy as np
import pytest

from adapters.face.fit import Line, cllr, ece, figures, fit_line, tar_at_far
from engine.domain.model import CalibrationBand
from engine.trace.evidence import llr

CHANCE = np.random.default_rng(7)


def test_gaussian_scores_give_the_line_that_theory_gives() -> None:
    """Two normals of one variance: log LR = (m1 - m0)/s^2 * (x - (m1 + m0)/2), exactly linear."""
    mated, non_mated = CHANCE.normal(0.5, 0.15, 60_000), CHANCE.normal(0.1, 0.15, 60_000)
    line = fit_line(mated, non_mated)
    assert line.slope == pytest.approx(0.4 / 0.15**2, rel=0.03)
    assert -line.intercept / line.slope == pytest.approx(0.3, abs=0.005)


def test_how_many_pairs_there_are_of_a_kind_does_not_move_the_line() -> None:
    mated, non_mated = CHANCE.normal(0.5, 0.15, 4_000), CHANCE.normal(0.1, 0.15, 400)
    few, many = fit_line(mated, non_mated), fit_line(mated, np.tile(non_mated, 50))
    assert many.slope == pytest.approx(few.slope, rel=0.05)


def test_separable_scores_give_a_finite_line_within_what_the_pairs_support() -> None:
    line = fit_line(np.linspace(0.6, 0.9, 50), np.linspace(-0.2, 0.2, 200))
    assert 0 < line.slope < 1000
    assert line.lower == pytest.approx(math.log(51))
    assert line.upper == pytest.approx(math.log(201))
    assert line.llr(np.array([1.0, -1.0])).tolist() == [line.upper, -line.lower]


def test_scores_that_fall_with_likeness_are_refused() -> None:
    with pytest.raises(ValueError, match="do not rise"):
        fit_line(np.linspace(-0.2, 0.2, 50), np.linspace(0.6, 0.9, 50))


def test_a_class_without_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        fit_line(np.empty(0), np.zeros(5))


def test_cllr_of_knowing_nothing_is_one_bit_and_of_knowing_all_is_none() -> None:
    assert cllr(np.zeros(10), np.zeros(20)) == pytest.approx(1.0)
    assert cllr(np.full(10, 50.0), np.full(10, -50.0)) == pytest.approx(0.0, abs=1e-9)
    assert cllr(np.full(10, -5.0), np.full(10, 5.0)) > 5


def test_calibrated_scores_have_little_ece_and_overstated_ones_much() -> None:
    mated, non_mated = CHANCE.normal(1, 1, 20_000), CHANCE.normal(-1, 1, 40_000)
    honest = (2 * mated, 2 * non_mated)  # the log LR of these two normals is 2x
    assert ece(*honest) < 0.01
    assert ece(8 * mated, 8 * non_mated) > 0.05


def test_tar_needs_a_thousand_strangers() -> None:
    mated = np.array([0.5, 0.7])
    assert tar_at_far(mated, np.linspace(0, 0.4, 999)) is None
    strangers = np.concatenate([np.linspace(0, 0.4, 999), [0.6]])
    assert tar_at_far(mated, strangers) == 1.0  # one in a thousand may lie above
    assert tar_at_far(mated, np.concatenate([strangers[:998], [0.6, 0.6]])) == 0.5


def test_figures_count_what_lies_on_the_wrong_side() -> None:
    line = Line(intercept=-3.0, slope=10.0, lower=5.0, upper=5.0)
    f = figures(line, np.array([0.2, 0.5, 0.6, 0.7]), np.array([0.0, 0.1, 0.2, 0.4, 0.1]))
    assert (f.mated_below_0, f.non_mated_over_0) == (0.25, 0.2)


def test_it_is_the_same_line_that_the_engine_draws() -> None:
    line = Line(intercept=-7.4, slope=33.7, lower=5.8, upper=5.8)
    band = CalibrationBand(
        pair="bare",
        inter_eye_from_px=20,
        intercept=-7.4,
        slope=33.7,
        lower=5.8,
        upper=5.8,
        mated=1,
        non_mated=1,
    )
    cosines = np.linspace(-1.2, 1.2, 49)
    np.testing.assert_allclose(line.llr(cosines), [llr(band, float(c)) for c in cosines])
