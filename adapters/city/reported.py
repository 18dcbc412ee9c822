"""What a trace reports, as far as it is compared with the truth. Times are as the engine takes them to be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from engine.domain.decision import Answer


class Spanned(Protocol):
    """Something that lasted from ``start`` to ``end``."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


class Visited(Spanned, Protocol):
    """A stay of the timeline; ``basis`` is "record", "sighting" or "both"; ``place_id`` may be ""."""

    @property
    def sigma_s(self) -> float: ...
    @property
    def place_id(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def cameras(self) -> Sequence[str]: ...


class Candidate(Spanned, Protocol):
    """A face that may be the patient's. ``llr`` is a natural logarithm, or kept back."""

    @property
    def candidate_id(self) -> str: ...
    @property
    def camera_id(self) -> str: ...
    @property
    def llr(self) -> float | None: ...
    @property
    def answer(self) -> Answer | None: ...


class Exposed(Spanned, Protocol):
    """Somebody near the patient in one scene."""

    @property
    def camera(self) -> str: ...


class Opened(Spanned, Protocol):
    """Footage that was looked at."""

    @property
    def camera_id(self) -> str: ...


class Row(Protocol):
    """Whose trace it is."""

    @property
    def case_id(self) -> str: ...


class Trace(Protocol):
    """One trace, with the answers so far."""

    @property
    def trace(self) -> Row: ...
    @property
    def candidates(self) -> Sequence[Candidate]: ...
    @property
    def visits(self) -> Sequence[Visited]: ...
    @property
    def exposures(self) -> Sequence[Exposed]: ...
    @property
    def opened(self) -> Sequence[Opened]: ...
