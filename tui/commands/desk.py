"""``tracedesk`` alone: the desk on an engine that runs, or on one that is started for it."""

from pathlib import Path

import typer

from engine.domain.errors import InputError
from tui.commands.address import require_open, server_socket
from tui.commands.drawable import check_terminal
from tui.commands.engine_process import come_back, default_state, shared_engine
from tui.commands.failing import plainly
from tui.commands.opening import Liking, open_desk, speak
from tui.commands.sample import SAMPLE_SITE


def desk(state: Path | None, site: Path | None, liking: Liking = Liking()) -> int:
    """Open the desk: on the service of this machine where there is one, else on the site's own engine
    (without a site, the sample's), which is started where none runs."""
    speak(liking)
    if not (typer.get_text_stream("stdout").isatty() and typer.get_text_stream("stdin").isatty()):
        with plainly():
            raise InputError(
                "the desk needs a terminal",
                mend="without one: tracedesk trace CASE_DIR --headless",
            )
    with plainly():
        check_terminal()
        service = server_socket() if state is None and site is None else None
        if service is not None:
            require_open(service)
            return open_desk(service, "tracedesk", liking=liking)
        site_file = site or SAMPLE_SITE
        socket = shared_engine(site_file, state or default_state(site_file))
        return open_desk(socket, come_back(site_file, state), liking=liking)
