"""Does one thing to a vault and dies by kill -9 at its n-th failpoint, for every n, each in a fork.

Started as ``python key_child.py FOLDER DEED``; FOLDER/start is copied to FOLDER/n before each. Prints
the name of the place at which each one died, one a line, and ends when the deed got through.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from engine import failpoints
from engine.vault.keys import Vault

SECRET = b"an unseal secret of the tests, 32"
GONE, KEPT, NEW = "case:gone", "case:kept", "case:new"


def open_vault(folder: Path) -> Vault:
    return Vault(folder, SECRET, epoch_folder=folder / "epochs", copy_folder=folder / "copies")


def destroy(folder: Path) -> None:
    open_vault(folder).destroy(frozenset({GONE}))


def ensure(folder: Path) -> None:
    open_vault(folder).ensure(NEW)


def begin(folder: Path) -> None:
    """A first start, or the first one after a crash or a change of format."""
    open_vault(folder)


DEEDS: dict[str, Callable[[Path], None]] = {"destroy": destroy, "ensure": ensure, "begin": begin}


class At:
    """Counts the places that are reached and acts at the n-th."""

    def __init__(self, number: int, act: Callable[[str], None]) -> None:
        self._left = number
        self._act = act
        for point in failpoints.NAMES:
            failpoints.arm(point, lambda point=point: self._reached(point))  # type: ignore[misc]

    def _reached(self, point: str) -> None:
        self._left -= 1
        if self._left == 0:
            self._act(point)


def die(point: str) -> None:
    os.write(1, f"{point}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)


def main(root: Path, deed: str) -> None:
    number = 1
    while True:
        folder = root / str(number)
        shutil.copytree(root / "start", folder)
        child = os.fork()
        if child == 0:
            try:
                At(number, die)
                DEEDS[deed](folder)
                os._exit(0)
            except BaseException as problem:
                os.write(2, f"{problem}\n".encode())
                os._exit(1)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended >= 0:
            sys.exit(ended)
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
