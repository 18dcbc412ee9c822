"""A console ends with its terminal: nobody is left behind who holds a connection and burns a processor.

Three signs: the kernel hangs up (SIGHUP), the terminal is not there any more, or whoever started the
console is gone. What the console was asked to do goes on in the engine.
"""

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator

LOOK_EVERY_S = 0.5
TO_LEAVE_S = 2.0  # after which a console that still has a terminal leaves all the same
HUNG_UP = 128 + signal.SIGHUP


def terminal_is_gone(descriptor: int, wait_s: float) -> bool:
    """Wait so long at most; True as soon as nothing is at the other end. Takes no key press away."""
    watched = select.poll()
    watched.register(descriptor, 0)  # of hang-up and error one is told unasked
    return bool(watched.poll(wait_s * 1000))


class Watch(threading.Thread):
    """Looks after terminal and parent from a thread of its own: it works also where the event loop is
    stuck in a write that nobody reads. ``end`` is called with the exit code."""

    def __init__(
        self,
        descriptor: int,
        *,
        parent: Callable[[], int] = os.getppid,
        leave: Callable[[], None],
        end: Callable[[int], object] = os._exit,
        look_every_s: float = LOOK_EVERY_S,
        to_leave_s: float = TO_LEAVE_S,
    ) -> None:
        super().__init__(name="terminal watch", daemon=True)
        self._descriptor = descriptor
        self._parent = parent
        self._born_of = parent()
        self._leave = leave
        self._end = end
        self._look_every_s = look_every_s
        self._to_leave_s = to_leave_s
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            if terminal_is_gone(self._descriptor, self._look_every_s):
                self._end(HUNG_UP)  # there is no screen to be put in order
                return
            if self._parent() != self._born_of:
                self._leave()
                if not self._over.wait(self._to_leave_s):
                    self._end(HUNG_UP)
                return

    def stop(self) -> None:
        """The console ends by itself."""
        self._over.set()


@contextlib.contextmanager
def ending_with_terminal() -> Iterator[None]:
    """For as long as a console runs on standard input. Has no effect where that is no terminal."""
    if not sys.stdin.isatty():
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: os._exit(HUNG_UP))  # nohup does not apply to a screen
    watch = Watch(sys.stdin.fileno(), leave=lambda: os.kill(os.getpid(), signal.SIGINT))
    watch.start()
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(HUNG_UP)
    finally:
        watch.stop()
        signal.signal(signal.SIGHUP, before)
