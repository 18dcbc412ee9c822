"""Exact comparison by usearch's brute-force search; no index object is ever made."""

import numpy as np
import numpy.typing as npt
from usearch.compiled import MetricKind
from usearch.index import search

from adapters.match.reference import comparable
from engine.ports import Templates


class ExactMatcher:
    """All cosines of probes with the few subjects of a scan."""

    def cosines(self, probes: Templates, subjects: Templates) -> npt.NDArray[np.float32]:
        """Shape (len(probes), len(subjects)). Rows have length 1; both have the same dimensions."""
        comparable(probes, subjects)
        scores = np.empty((len(probes), len(subjects)), np.float32)
        if scores.size == 0:
            return scores
        found = search(
            np.ascontiguousarray(subjects, np.float32),
            np.ascontiguousarray(probes, np.float32),
            len(subjects),
            MetricKind.IP,
            exact=True,
            threads=1,
        )
        keys = np.asarray(found.keys).reshape(len(probes), len(subjects)).astype(np.intp)
        distances = np.asarray(found.distances).reshape(len(probes), len(subjects))
        np.put_along_axis(scores, keys, (1.0 - distances).astype(np.float32), axis=1)
        return scores
