"""The same comparison in plain numpy: what the exact matcher is tested against."""

import numpy as np
import numpy.typing as npt

from engine.ports import Templates


class NumpyMatcher:
    """All cosines by one matrix product."""

    def cosines(self, probes: Templates, subjects: Templates) -> npt.NDArray[np.float32]:
        """Shape (len(probes), len(subjects)). Rows have length 1; both have the same dimensions."""
        comparable(probes, subjects)
        return np.asarray(probes @ subjects.T, np.float32)


def comparable(probes: Templates, subjects: Templates) -> None:
    """Raises ValueError where templates are not two tables of the same width."""
    if probes.ndim != 2 or subjects.ndim != 2 or probes.shape[1] != subjects.shape[1]:
        raise ValueError(f"templates of shape {probes.shape} do not compare with {subjects.shape}")
