"""Chance that can be repeated: every part of the city draws from a stream of its own."""

from zlib import crc32

import numpy as np


def stream(seed: int, *path: str | int) -> np.random.Generator:
    """The random numbers of one part of one city; adding a part changes no other part's numbers."""
    words = [seed, *(crc32(part.encode()) if isinstance(part, str) else part for part in path)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
