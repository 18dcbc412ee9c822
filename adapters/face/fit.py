"""From cosines to likelihood ratios, and how good they are. Arrays only, no faces."""

import math

import numpy as np
import numpy.typing as npt

from engine.domain.value import Value

Floats = npt.NDArray[np.float64]

STEPS = 100
CONVERGED = 1e-10
ECE_BINS = 10
FAR = 1e-3


class Line(Value, frozen=True, kw_only=True):
    """Natural-log LR = clip(intercept + slope * cosine, -lower, upper)."""

    intercept: float
    slope: float
    lower: float
    upper: float

    def llr(self, cosines: Floats) -> Floats:
        """Natural-log likelihood ratios of cosines, any shape."""
        straight = self.intercept + self.slope * np.clip(cosines, -1.0, 1.0)
        return np.asarray(np.clip(straight, -self.lower, self.upper), np.float64)


class Figures(Value, frozen=True, kw_only=True):
    """What a line does on pairs it has not seen. ``tar_at_far`` (FAR 1e-3) is None under 1,000
    non-mated pairs, where it would rest on less than one pair."""

    mated: int
    non_mated: int
    cllr: float
    ece: float
    non_mated_over_0: float
    mated_below_0: float
    tar_at_far: float | None


def fit_line(mated: Floats, non_mated: Floats) -> Line:
    """Logistic regression of pair labels on cosines, both classes weighing one half.

    With equal priors the log odds are the log LR (linear logistic calibration, Brümmer and
    du Preez 2006). Targets are drawn in by Platt's rule (1999), (N+1)/(N+2) and 1/(N+2), so that
    separable scores give no endless slope. Newton's method with step halving. An llr for
    the subject rests on how rare such a score is among non-mated pairs, one against on how rare it
    is among mated ones, so ``upper`` is ln(1 + non-mated pairs) and ``lower`` ln(1 + mated pairs):
    nothing rarer than one in them was seen.
    Raises ValueError where a class is empty or scores do not rise with likeness.
    """
    if not len(mated) or not len(non_mated):
        raise ValueError("no pairs of one kind")
    x = np.concatenate([mated, non_mated])
    design = np.stack([np.ones_like(x), x], axis=1)
    target = np.concatenate(
        [
            np.full(len(mated), (len(mated) + 1) / (len(mated) + 2)),
            np.full(len(non_mated), 1 / (len(non_mated) + 2)),
        ]
    )
    weight = np.concatenate(
        [np.full(len(mated), 0.5 / len(mated)), np.full(len(non_mated), 0.5 / len(non_mated))]
    )

    def loss(at: Floats) -> float:
        z = design @ at
        return float((weight * (np.logaddexp(0.0, z) - target * z)).sum())

    at = np.zeros(2)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-(design @ at)))
        gradient = design.T @ (weight * (p - target))
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(hessian + 1e-12 * np.eye(2), gradient)
        size = 1.0
        while size > CONVERGED and loss(at - size * step) > loss(at):
            size /= 2
        at = at - size * step
        if float(np.abs(size * step).max()) < CONVERGED:
            break
    intercept, slope = float(at[0]), float(at[1])
    if not (math.isfinite(intercept) and math.isfinite(slope) and slope > 0):
        raise ValueError("scores do not rise with likeness")
    return Line(
        intercept=intercept, slope=slope, lower=math.log1p(len(mated)), upper=math.log1p(len(non_mated))
    )


def figures(line: Line, mated: Floats, non_mated: Floats) -> Figures:
    """How a line does on pairs (cosines, one-dimensional)."""
    of_mated, of_non_mated = line.llr(mated), line.llr(non_mated)
    return Figures(
        mated=len(mated),
        non_mated=len(non_mated),
        cllr=cllr(of_mated, of_non_mated),
        ece=ece(of_mated, of_non_mated),
        non_mated_over_0=float((of_non_mated > 0).mean()),
        mated_below_0=float((of_mated < 0).mean()),
        tar_at_far=tar_at_far(mated, non_mated),
    )


def cllr(mated: Floats, non_mated: Floats) -> float:
    """Cost of log likelihood ratios in bits (Brümmer and du Preez 2006); 1 tells nothing, 0 is perfect."""
    of_mated, of_non_mated = np.logaddexp(0.0, -mated).mean(), np.logaddexp(0.0, non_mated).mean()
    return float((of_mated + of_non_mated) / (2 * math.log(2)))


def ece(mated: Floats, non_mated: Floats) -> float:
    """Expected calibration error of the posterior at equal priors, in ten equal bins.

    Each class weighs one half, as the priors say.
    """
    posterior = 1 / (1 + np.exp(-np.concatenate([mated, non_mated])))
    truth = np.concatenate([np.ones(len(mated)), np.zeros(len(non_mated))])
    weight = np.concatenate(
        [np.full(len(mated), 0.5 / len(mated)), np.full(len(non_mated), 0.5 / len(non_mated))]
    )
    bins = np.minimum((posterior * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    apart = np.bincount(bins, weight * (truth - posterior), ECE_BINS)
    return float(np.abs(apart).sum())


def tar_at_far(mated: Floats, non_mated: Floats, far: float = FAR) -> float | None:
    """Share of mated pairs over the cosine that the share ``far`` of the non-mated pairs exceeds; None
    where that would rest on less than one pair."""
    allowed = int(len(non_mated) * far)
    if allowed < 1:
        return None
    threshold = np.partition(non_mated, -allowed - 1)[-allowed - 1]
    return float((mated > threshold).mean())
