"""When the board of cases is asked for: every look at it is a line in the audit, so not without need."""

from functools import partial

from tui.feed import LinkState
from tui.station import Station

BOARD_AGES_S = 30.0  # footage comes and goes without an event
CASEWORK = ("investigator", "supervisor")  # whoever else asks for the board is refused


def follow_board(station: Station, now_s: float) -> None:
    """Called while the board is seen: ask when something happened to cases, papers or traces."""
    board, feed = station.board, station.feed
    there = feed.link.state is LinkState.CONNECTED and station.may(*CASEWORK)
    sign = (feed.papers, int(now_s // BOARD_AGES_S))
    if there and board.due(now_s, sign):
        station.go(partial(board.fetch, now_s, sign), "board")
