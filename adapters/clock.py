"""The clocks of this machine."""

import time
from datetime import UTC, datetime


class SystemClock:
    """A Clock over the kernel. ``boottime_s`` goes on during suspend and cannot be set."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def boottime_s(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
