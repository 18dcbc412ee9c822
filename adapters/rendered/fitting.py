"""A calibration of paths of rendered heads, fitted on one half of the heads and measured on the other."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from adapters.city.passes import MASKS
from adapters.face.calibrate import Part, flat
from adapters.face.fit import Floats, Line, figures, fit_line, tar_at_far
from adapters.rendered.seeing import TOLD
from adapters.rendered.sightings import Bools, Ints, Sightings
from engine.domain.errors import InputError
from engine.domain.model import Calibration, CalibrationBand
from engine.domain.value import Value
from engine.ports import Templates

PAIRS = ("bare", "one_masked")
"""The stills of a rendered patient are bare, so no pair of two masks was measured: it has no band, and a
search that needs one cannot assess."""

BANDS_PX = (20.0, 32.0)
"""As for photographs, without the band from 48 px up: the median of few paths of the city is so large."""

FAR = 1e-4  # the second rate of false accepts that is told
YAW_EDGES = (0.0, 10.0, 20.0, 25.0, 30.0, 35.0, 45.0)
BLUR_EDGES = (0.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, np.inf)
FEWEST = 20  # mated pairs of a row that is told


class Report(Value, frozen=True, kw_only=True):
    """Aggregates only. ``paths`` and ``key_frames`` hold held-out figures of each band under the same lines,
    ``tar`` the share of mated paths at FAR 1e-4 by band, ``by_yaw`` and ``by_blur`` figures of bare key
    frames beyond the gates too."""

    calibration: Calibration
    heads_fit: int
    heads_held_out: int
    paths: tuple[Part, ...]
    key_frames: tuple[Part, ...]
    by_mask: tuple[Part, ...]
    by_yaw: tuple[Part, ...]
    by_blur: tuple[Part, ...]
    tar: dict[str, float]


def fit(seen: Sightings, references: Templates, gates: Calibration, *, provenance: str, seed: int) -> Report:
    """Pairs of a path (probe) and the reference of a head, shape (heads, dimensions).

    ``gates`` is the calibration on photographs of the same embedder, whose gates and name are kept. The
    halves of the heads are drawn by ``seed``; nobody is in both. Raises InputError where a kind of pair is
    missing or scores do not rise with likeness.
    """
    order = np.random.default_rng(seed).permutation(np.unique(seen.head[seen.head >= 0]))
    order = order[np.isfinite(references[order, 0])]
    half, rest = order[: len(order) // 2], order[len(order) // 2 :]
    bands: list[CalibrationBand] = []
    lines: dict[tuple[str, float], Line] = {}
    paths, keys, tar = [], [], {}
    for pair in PAIRS:
        for low, high in zip(BANDS_PX, (*BANDS_PX[1:], np.inf), strict=True):
            label = f"{pair}.{low:g}px"
            inside = seen.comparable & (pair_of(seen) == PAIRS.index(pair))
            inside &= (seen.inter_eye_px >= low) & (seen.inter_eye_px < high)
            try:
                mated, non_mated = cosines(seen, references, half, inside & seen.path)
                line = fit_line(mated, non_mated)
                held = cosines(seen, references, rest, inside & seen.path)
                paths.append(Part(label=label, figures=figures(line, *held)))
            except ValueError as problem:
                mend = "film more passes, or more heads"
                raise InputError(f"cannot be calibrated: {problem}", place=label, mend=mend) from None
            if (share := tar_at_far(*held, FAR)) is not None:
                tar[label] = round(share, 4)
            keys.append(part(label, line, *cosines(seen, references, rest, inside & seen.key)))
            lines[pair, low] = line
            bands.append(
                CalibrationBand(
                    pair=pair,
                    inter_eye_from_px=low,
                    intercept=line.intercept,
                    slope=line.slope,
                    lower=line.lower,
                    upper=line.upper,
                    mated=len(mated),
                    non_mated=len(non_mated),
                )
            )
    calibration = Calibration(
        name=f"{gates.name}, rendered heads",
        embedder_sha256=gates.embedder_sha256,
        provenance=provenance,
        floor_inter_eye_px=gates.floor_inter_eye_px,
        floor_blur=gates.floor_blur,
        max_yaw_deg=gates.max_yaw_deg,
        rendered=True,
        bands=tuple(bands),
        figures=flat(paths) | {f"{label}.tar_at_far_1e-4": share for label, share in tar.items()},
    )
    return Report(
        calibration=calibration,
        heads_fit=len(half),
        heads_held_out=len(rest),
        paths=tuple(paths),
        key_frames=tuple(keys),
        by_mask=tuple(
            part(MASKS[worn], lines[PAIRS[min(worn, 1)], BANDS_PX[0]], *found)
            for worn in range(len(MASKS))
            if len((found := cosines(seen, references, rest, seen.path & (seen.worn == worn)))[0])
        ),
        by_yaw=_by(np.abs(seen.yaw_deg), YAW_EDGES, seen, references, rest, lines["bare", BANDS_PX[0]]),
        by_blur=_by(seen.blur, BLUR_EDGES, seen, references, rest, lines["bare", BANDS_PX[0]]),
        tar=tar,
    )


def part(label: str, line: Line, mated: Floats, non_mated: Floats) -> Part:
    return Part(label=label, figures=figures(line, mated, non_mated))


def pair_of(seen: Sightings) -> Ints:
    """Index into ``PAIRS`` of each row against a bare still, -1 where it is open. The mask model decides
    about a path, as in a search (a mask under the nose is often bare to it); else what is worn does."""
    told = np.select([seen.told == TOLD.index(state) for state in TOLD[1:]], range(len(PAIRS)), -1)
    return np.asarray(np.where(seen.key, np.minimum(seen.worn, 1), told), np.int64)


def cosines(seen: Sightings, references: Templates, heads: Floats, probes: Bools) -> tuple[Floats, Floats]:
    """Cosines of mated and of non-mated pairs of the rows ``probes`` with the references of ``heads``; only
    rows that show one of these heads take part."""
    chosen = np.flatnonzero(probes & np.isin(seen.head, heads))
    scores = (seen.templates[chosen] @ references[heads].T).astype(np.float64)
    mated = seen.head[chosen][:, None] == heads[None, :]
    return scores[mated], scores[~mated]


def _by(
    value: npt.NDArray[np.floating],
    edges: Sequence[float],
    seen: Sightings,
    references: Templates,
    heads: Floats,
    line: Line,
) -> tuple[Part, ...]:
    """Bare key frames by a value of theirs, good enough for the gates or not."""
    found = []
    for low, high in pairwise(edges):
        inside = (value >= low) & (value < high)
        pairs = cosines(seen, references, heads, seen.key & (seen.worn == 0) & inside)
        if len(pairs[0]) >= FEWEST:
            found.append(part(f"{low:g}-{high:g}", line, *pairs))
    return tuple(found)
