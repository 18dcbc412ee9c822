"""What a calibration does to the search in a town: who becomes a candidate, which key frames are hits."""

from collections.abc import Sequence

import numpy as np

from adapters.city.passes import MASKS
from adapters.face.fit import Floats
from adapters.rendered.seeing import LEAST_PX, TOLD
from adapters.rendered.sightings import Bools, Sightings
from engine.domain.model import Calibration
from engine.domain.track import MaskState
from engine.domain.value import Value
from engine.ports import Templates
from engine.trace.evidence import band_for, possible_pairs

STRANGERS = 1_000  # passes of others in the windows of one trace of the town


class Curve(Value, frozen=True, kw_only=True):
    """At one least llr: shares of the subject's passes (with ``LEAST_PX`` or more between the eyes) that
    have a candidate, bare and masked; false candidates among ``STRANGERS`` paths."""

    llr: float
    bare: float
    masked: float
    false_candidates: float


class Hits(Value, frozen=True, kw_only=True):
    """At one least llr of a key frame: shares of strangers' key frames that are hits, and of the subject's
    passes with at least one hit. A scan takes the mask state that suits a face best; the second pair of
    shares is what came of it if it knew whether a mask covers the nose."""

    llr: float
    strangers: float
    passes: float
    strangers_told: float
    passes_told: float


class Measured(Value, frozen=True, kw_only=True):
    """``subjects`` could be enrolled; ``passes`` bare and masked were large enough to be found; ``seen`` have
    a comparable path; ``told`` is what the mask model said of the paths (unknown, bare, masked)."""

    subjects: int
    passes: tuple[int, int]
    seen: tuple[int, int]
    strangers: int
    told: dict[str, tuple[int, int, int]]
    curve: tuple[Curve, ...]
    hits: tuple[Hits, ...]


def measure(
    seen: Sightings, references: Templates, calibration: Calibration, llrs: Sequence[float]
) -> Measured:
    """Every head is the subject once; everybody else is a stranger then."""
    heads = np.flatnonzero(np.isfinite(references[:, 0]))
    filmed = seen.some((seen.frames == 0) & np.isin(seen.head, heads) & (seen.inter_eye_px >= LEAST_PX))
    paths, keys = seen.some(seen.path), seen.some(seen.key & seen.comparable)
    of_paths = llr(paths, references[heads], calibration, [TOLD[t] for t in paths.told])
    as_bare, as_masked = (
        llr(keys, references[heads], calibration, [state] * len(keys)) for state in TOLD[1:]
    )
    best = np.maximum(as_bare, as_masked)
    told = np.where((keys.worn == MASKS.index("worn"))[:, None], as_masked, as_bare)
    own_path, own_key = (s.head[:, None] == heads[None, :] for s in (paths, keys))
    bare, visible = filmed.worn == 0, np.isin(filmed.row, paths.row)

    def _hits(hit: Bools) -> tuple[float, float]:
        found = np.isin(filmed.row, keys.row[(hit & own_key).any(axis=1)])
        return float(hit[~own_key].mean()), float(found[visible].mean())

    curve, hits = [], []
    for least in llrs:
        found = np.isin(filmed.row, paths.row[((of_paths >= least) & own_path).any(axis=1)])
        false = float((of_paths >= least)[~own_path].mean())
        curve.append(
            Curve(
                llr=least,
                bare=float(found[bare].mean()),
                masked=float(found[~bare].mean()),
                false_candidates=false * STRANGERS,
            )
        )
        strangers, passes = _hits(best >= least)
        strangers_told, passes_told = _hits(told >= least)
        hits.append(
            Hits(
                llr=least,
                strangers=strangers,
                passes=passes,
                strangers_told=strangers_told,
                passes_told=passes_told,
            )
        )
    return Measured(
        subjects=len(heads),
        passes=(int(bare.sum()), int((~bare).sum())),
        seen=(int((visible & bare).sum()), int((visible & ~bare).sum())),
        strangers=int((~own_path).sum()),
        told={name: _told(paths, paths.worn == worn) for worn, name in enumerate(MASKS)},
        curve=tuple(curve),
        hits=tuple(hits),
    )


def llr(
    seen: Sightings, references: Templates, calibration: Calibration, states: Sequence[MaskState]
) -> Floats:
    """(rows, references) natural log likelihood ratios as engine/trace/evidence.py gives them, against
    bare references."""
    scores = (seen.templates @ references.T).astype(np.float64)
    found = np.empty_like(scores)
    for number, (state, px) in enumerate(zip(states, seen.inter_eye_px, strict=True)):
        pairs = possible_pairs(MaskState.BARE, state)
        bands = [band_for(calibration, pair, float(px)) for pair in pairs]
        found[number] = np.min(
            [np.clip(b.intercept + b.slope * scores[number], -b.lower, b.upper) for b in bands if b], axis=0
        )
    return found


def _told(paths: Sightings, which: Bools) -> tuple[int, int, int]:
    """How often the mask model said unknown, bare and masked."""
    unknown, bare, masked = np.bincount(paths.told[which], minlength=3)[:3].tolist()
    return unknown, bare, masked
