"""Where the engine is that a command speaks to: the one that was named, the server's, or the sample's."""

import os
from collections.abc import Callable
from pathlib import Path

from engine.domain.errors import InputError
from tui.commands.engine_process import SOCKET, default_state
from tui.commands.sample import SAMPLE_SITE

SERVER_SOCKET = Path("/run/tracedesk") / SOCKET
VARIABLE = "TRACEDESK_SOCKET"


def socket_of(state: Path | None = None, site: Path | None = None) -> Path:
    """The socket of the engine on ``state``, else of the site's, else the server's where there is one
    (TRACEDESK_SOCKET names another), else of the sample's engine."""
    if state is not None:
        return state / SOCKET
    if site is not None:
        return default_state(site) / SOCKET
    return server_socket() or default_state(SAMPLE_SITE) / SOCKET


def server_socket(there: Callable[[Path], bool] = Path.exists) -> Path | None:
    """The socket of this machine's service; None where it has none. Raises InputError where this person may
    not even see it."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    try:
        return SERVER_SOCKET if there(SERVER_SOCKET) else None
    except PermissionError:  # its folder is for those who may reach it
        raise _not_open(SERVER_SOCKET) from None


def require_open(socket: Path, access: Callable[[Path, int], bool] = os.access) -> None:
    """Raises InputError for the socket of an engine that this person may not speak to."""
    if socket.exists() and not access(socket, os.R_OK | os.W_OK):
        raise _not_open(socket)


def _not_open(socket: Path) -> InputError:
    mend = "whoever keeps this machine puts you into its group; log in again after that"
    return InputError("you may not speak to this engine", file=str(socket), mend=mend)
