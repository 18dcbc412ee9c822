"""When the board of cases is asked for: every look at it is a line in the audit, so not without need."""

from functools import partial

from tui.feed import LinkState
from tui.station import Station

BOARD_AGES_S = 30.0  # footage comes and goes without an event
CASEWORK = ("investigator", "supervisor")  # whoever else asks for the board is refused


class BoardWatch:
    """Asks when something happened to cases, papers or traces; where the board is not seen, only for the
    ground of the open trace."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._sought = ""  # case for whose sake the board was asked for, since it did not stand there

    def follow(self, now_s: float, *, on_cases: bool) -> None:
        station, board, feed = self._station, self._station.board, self._station.feed
        there = feed.link.state is LinkState.CONNECTED and station.may(*CASEWORK)
        trace = station.trace
        if trace is not None and board.value is not None and station.ground is None:
            self._sought = trace.case_id
        sign: tuple[object, ...] = (feed.grounds, self._sought)
        if on_cases:
            sign = (feed.papers, int(now_s // BOARD_AGES_S))
        if there and board.due(now_s, sign):
            station.go(partial(board.fetch, now_s, sign), "board")
