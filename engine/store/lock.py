"""One engine for one state folder: a lock that goes with the process that holds it."""

import fcntl
import os
from pathlib import Path

from engine.domain.errors import InputError


def lock_alone(path: Path) -> int:
    """Hold ``path`` locked for this process. Raises InputError where another engine has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise InputError(
            "another engine is using this state folder",
            file=str(path.parent),
            mend="use the running one, stop it, or name another folder with --state",
        ) from None
    return descriptor
