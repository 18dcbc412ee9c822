"""``tracedesk`` alone: the desk on an engine that runs, or on one that is started for it."""

from pathlib import Path

import typer

from engine.domain.errors import InputError
from tui.commands.engine_process import come_back, default_state, shared_engine
from tui.commands.failing import plainly
from tui.commands.sample import SAMPLE_SITE


def desk(state: Path | None, site: Path | None) -> int:
    """Open the desk; without a site, on the sample's."""
    if not (typer.get_text_stream("stdout").isatty() and typer.get_text_stream("stdin").isatty()):
        with plainly():
            raise InputError(
                "the desk needs a terminal",
                mend="without one: tracedesk trace CASE_DIR --headless",
            )
    with plainly():
        site_file = site or SAMPLE_SITE
        socket = shared_engine(site_file, state or default_state(site_file))
        from tui.app import run_desk

        return run_desk(socket, come_back(site_file, state))
