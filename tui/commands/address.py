"""Where the engine is that a command speaks to: the one that was named, the server's, or the sample's."""

import os
from pathlib import Path

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


def server_socket() -> Path | None:
    """The socket of this machine's service; None where it has none."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return SERVER_SOCKET if SERVER_SOCKET.exists() else None
