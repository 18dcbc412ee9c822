"""Fit and measure the calibration of an embedder on a labelled set, split by person.

Single images are compared here, while the scan compares the mean template of a track with the mean
of the reference stills. Means of one person come closer together, so for mated pairs these numbers are
on the careful side. For strangers they are not always: what docs/CALIBRATION.md measured on clips.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from adapters.face.fit import Figures, Floats, Line, figures, fit_line
from adapters.face.labelled import Photo
from adapters.face.views import Views, see
from engine.domain.errors import InputError
from engine.domain.model import Calibration, CalibrationBand
from engine.domain.value import Value
from engine.ports import FaceModel

BANDS_PX = (20.0, 32.0, 48.0)
"""Lower ends of the inter-eye bands. Below 20 px strangers begin to look alike (at 15-17 px different
people linked at cosine 0.45 and more), so 20 is the floor."""

PAIRS = ("bare", "one_masked", "both_masked")
BLUR_EDGES = (0.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, float("inf"))
YAW_EDGES = (0.0, 10.0, 20.0, 30.0, 40.0, 90.0)

Bools = npt.NDArray[np.bool_]


class Part(Value, frozen=True, kw_only=True):
    """Held-out figures of a group of pairs: a pair state and band, or a range of blur or yaw."""

    label: str
    figures: Figures


class Report(Value, frozen=True, kw_only=True):
    """Aggregates only (G26). ``held_out`` has one part for each fitted band."""

    calibration: Calibration
    photos: int
    views: int
    views_without_face: int
    people_fit: int
    people_held_out: int
    seed: int
    held_out: tuple[Part, ...]
    by_blur: tuple[Part, ...]
    by_yaw: tuple[Part, ...]


def calibrate(
    photos: Sequence[Photo],
    model: FaceModel,
    *,
    name: str,
    provenance: str,
    seed: int = 0,
    floor_blur: float = 7.5,
    max_yaw_deg: float = 30.0,
) -> Report:
    """Fit on one half of the people, measure on the other; the halves are drawn by ``seed``.

    A pair is a whole photo (the reference) and a view of another photo (the probe); its band is the
    probe's. Views behind the gates of blur and yaw take no part, as in the scan. Raises InputError
    where a kind of pair is missing or scores do not rise with likeness.
    """
    seen = see(photos, model, BANDS_PX, seed)
    order = np.random.default_rng(seed).permutation(len(seen.people))
    in_fit = np.isin(seen.person, order[: len(order) // 2])
    sharp = (seen.blur >= floor_blur) & (np.abs(seen.yaw_deg) <= max_yaw_deg)
    bands, parts = [], []
    lines: dict[tuple[str, float], Line] = {}
    for pair in PAIRS:
        for low, high in zip(BANDS_PX, (*BANDS_PX[1:], float("inf")), strict=True):
            probes = sharp & ~seen.soft & (seen.inter_eye_px >= low) & (seen.inter_eye_px < high)
            label = f"{pair}.{low:g}px"
            try:
                mated, non_mated = cosines(seen, in_fit, probes, pair)
                line = fit_line(mated, non_mated)
                fitted = (len(mated), len(non_mated))
                parts.append(Part(label=label, figures=figures(line, *cosines(seen, ~in_fit, probes, pair))))
            except ValueError as problem:
                raise InputError(
                    f"cannot be calibrated: {problem}",
                    file=name,
                    place=label,
                    mend="give more people with more photos, bare and masked",
                ) from None
            lines[pair, low] = line
            bands.append(
                CalibrationBand(
                    pair=pair,
                    inter_eye_from_px=low,
                    intercept=line.intercept,
                    slope=line.slope,
                    lower=line.lower,
                    upper=line.upper,
                    mated=fitted[0],
                    non_mated=fitted[1],
                )
            )
    calibration = Calibration(
        name=name,
        embedder_sha256=model.calibration_key,
        provenance=provenance,
        floor_inter_eye_px=BANDS_PX[0],
        floor_blur=floor_blur,
        max_yaw_deg=max_yaw_deg,
        bands=tuple(bands),
        figures=flat(parts),
    )
    top, near = lines["bare", BANDS_PX[-1]], seen.inter_eye_px >= BANDS_PX[-1]
    return Report(
        calibration=calibration,
        photos=len(photos),
        views=len(seen.person),
        views_without_face=seen.missed,
        people_fit=len(set(seen.person[in_fit].tolist())),
        people_held_out=len(set(seen.person[~in_fit].tolist())),
        seed=seed,
        held_out=tuple(parts),
        by_blur=ranges(seen, ~in_fit, near, top, seen.blur, BLUR_EDGES),
        by_yaw=ranges(seen, ~in_fit, near & ~seen.soft, top, np.abs(seen.yaw_deg), YAW_EDGES),
    )


def cosines(seen: Views, people: Bools, probes: Bools, pair: str) -> tuple[Floats, Floats]:
    """Cosines of mated and of non-mated pairs, each one-dimensional.

    References are whole photos of ``people``, probes are views chosen by ``probes`` of the same
    people; a photo never meets itself, nor its copy with a drawn mask.
    """
    references = np.flatnonzero(people & seen.whole)
    chosen = np.flatnonzero(people & probes)
    scores = (seen.templates[references] @ seen.templates[chosen].T).astype(np.float64)
    masks = seen.masked[references][:, None].astype(int) + seen.masked[chosen][None, :]
    fits = masks == PAIRS.index(pair)
    same_person = seen.person[references][:, None] == seen.person[chosen][None, :]
    same_take = seen.take[references][:, None] == seen.take[chosen][None, :]
    return scores[fits & same_person & ~same_take], scores[fits & ~same_person]


def ranges(
    seen: Views, people: Bools, probes: Bools, line: Line, values: Floats, edges: Sequence[float]
) -> tuple[Part, ...]:
    """Figures of bare pairs by ranges of one measure of the probe; ranges that hold under 20 mated
    pairs are left out."""
    parts = []
    for low, high in pairwise(edges):
        mated, non_mated = cosines(seen, people, probes & (values >= low) & (values < high), "bare")
        if len(mated) >= 20 and len(non_mated):
            parts.append(Part(label=f"{low:g}-{high:g}", figures=figures(line, mated, non_mated)))
    return tuple(parts)


def flat(parts: Sequence[Part]) -> dict[str, float]:
    """Held-out figures under plain names, as they are kept with a calibration."""
    found: dict[str, float] = {}
    for part in parts:
        f = part.figures
        found[f"{part.label}.cllr"] = round(f.cllr, 4)
        found[f"{part.label}.ece"] = round(f.ece, 4)
        found[f"{part.label}.non_mated_over_0"] = round(f.non_mated_over_0, 4)
        found[f"{part.label}.mated_below_0"] = round(f.mated_below_0, 4)
        if f.tar_at_far is not None:
            found[f"{part.label}.tar_at_far_1e-3"] = round(f.tar_at_far, 4)
    return found
