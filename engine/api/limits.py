"""How much one user may ask of the engine at once, so that nobody holds it up for the others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Per system user, but for ``everybody``: connections of all users together.

    ``head_s`` is how long the head of a request may take to arrive, ``body_s`` its body, ``idle_s``
    how long a connection may be kept without a request, ``store_s`` how long the store may be at one and
    the same step before requests are refused.
    """

    requests_per_s: float = 50.0
    burst: int = 100
    connections: int = 8
    streams: int = 4
    everybody: int = 256
    head_s: float = 5.0
    body_s: float = 30.0
    idle_s: float = 120.0
    store_s: float = 2.0


class TooMany(Exception):
    """Over a limit. ``retry_after_s`` is when to ask again at the soonest."""

    def __init__(self, what: str, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many {what} of one user at once; wait a moment and ask again")


class _Share:
    """What one user has taken."""

    def __init__(self, tokens: float, now_s: float) -> None:
        self.tokens = tokens
        self.filled_s = now_s
        self.connections = 0
        self.streams = 0


class Doorkeeper:
    """Counts connections, streams and requests by uid. ``now_s`` gives seconds that only run forward."""

    def __init__(self, limits: Limits, now_s: Callable[[], float]) -> None:
        self.limits = limits
        self._now_s = now_s
        self._shares: dict[int, _Share] = {}
        self._connections = 0

    def come_in(self, uid: int) -> None:
        """A new connection. Raises TooMany."""
        share = self._share(uid)
        if share.connections >= self.limits.connections or self._connections >= self.limits.everybody:
            raise TooMany("connections", 1.0)
        share.connections += 1
        self._connections += 1

    def leave(self, uid: int) -> None:
        """A connection that came in is gone."""
        share = self._share(uid)
        share.connections -= 1
        self._connections -= 1
        self._fill(share)
        if not share.connections and share.tokens >= self.limits.burst:
            del self._shares[uid]

    def ask(self, uid: int) -> None:
        """A request. Raises TooMany once the burst is used up, until the bucket has filled a little."""
        share = self._share(uid)
        self._fill(share)
        if share.tokens < 1.0 - 1e-9:  # a wait of exactly what was said is enough
            raise TooMany("requests", (1.0 - share.tokens) / self.limits.requests_per_s)
        share.tokens -= 1.0

    @contextmanager
    def stream(self, uid: int) -> Iterator[None]:
        """Held while a user listens to events. Raises TooMany."""
        share = self._share(uid)
        if share.streams >= self.limits.streams:
            raise TooMany("event streams", 1.0)
        share.streams += 1
        try:
            yield
        finally:
            share.streams -= 1

    def _share(self, uid: int) -> _Share:
        if uid not in self._shares:
            self._shares[uid] = _Share(float(self.limits.burst), self._now_s())
        return self._shares[uid]

    def _fill(self, share: _Share) -> None:
        now_s = self._now_s()
        gained = (now_s - share.filled_s) * self.limits.requests_per_s
        share.tokens = min(float(self.limits.burst), share.tokens + gained)
        share.filled_s = now_s
