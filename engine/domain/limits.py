"""How much footage an installation may open: four numbers of camera-hours."""

import math

from engine.domain.value import Value


class Limits(Value, frozen=True, kw_only=True):
    """Camera-hours: of one trace, of one patient over all authorisations, of one person's requests in a
    day, and of all requests to this installation in a day. A day is one of UTC. The numbers as shipped
    stand in ``configs/definitions/limits.toml``, with the reason of the last."""

    trace_h: float = 100.0
    patient_h: float = 400.0
    requester_day_h: float = 1_000.0
    installation_day_h: float = 4_000.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            hours = getattr(self, name)
            if not (math.isfinite(hours) and hours > 0):
                raise ValueError(f"{name} is a number of hours above 0, got {hours}")
