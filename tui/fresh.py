"""The newest answer to one question to the engine, asked again when there is a reason to."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from engine.api.client import EngineAway, EngineSaysNo
from tui.language.catalogue import tr

T = TypeVar("T")


class Fresh(Generic[T]):
    """One question is on its way at a time, and the latest answer wins. ``least_s`` lies between the
    beginnings of two, whatever happens; after ``most_s`` it is asked again though nothing was heard.

    ``problem`` is "" or why there is no newer answer; ``refused`` is True where the engine said no.
    ``version`` grows with every answer that differs and with every other problem.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[T]], *, least_s: float = 2.0, most_s: float | None = None
    ) -> None:
        self._ask = ask
        self._least_s, self._most_s = least_s, most_s
        self._asked_s: float | None = None
        self._sign: object = None
        self._stale = True
        self._asking = False
        self.value: T | None = None
        self.problem = ""
        self.refused = False
        self.version = 0

    def due(self, now_s: float, sign: object = None) -> bool:
        """True where it should be asked now. ``sign`` differs from that of the last question where
        something happened since."""
        if self._asking:
            return False
        since_s = None if self._asked_s is None else now_s - self._asked_s
        if since_s is None or since_s >= self._least_s:
            waited = since_s is None or (self._most_s is not None and since_s >= self._most_s)
            return waited or self._stale or sign != self._sign
        return False

    def outdate(self) -> None:
        """This very person has changed something: ask at once."""
        self._stale, self._asked_s = True, None

    async def fetch(self, now_s: float, sign: object = None) -> None:
        """Ask. What goes wrong is kept in words; the answer before stays."""
        if self._asking:
            return
        self._asking, self._stale = True, False
        self._asked_s, self._sign = now_s, sign
        try:
            answer = await self._ask()
        except EngineAway:
            self._stale = True
            self._note(tr("the engine is away"))
        except EngineSaysNo as refusal:
            self._note(str(refusal), refused=True)
        except Exception as problem:  # an answer nobody can read must not end in silence
            self._note(tr("unreadable answer ({kind})", kind=type(problem).__name__))
        else:
            self._note("")
            if self.value is None or answer != self.value:
                self.value = answer
                self.version += 1
        finally:
            self._asking = False

    def _note(self, problem: str, *, refused: bool = False) -> None:
        if (problem, refused) != (self.problem, self.refused):
            self.problem, self.refused = problem, refused
            self.version += 1
