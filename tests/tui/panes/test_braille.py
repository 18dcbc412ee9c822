"""Lines in braille cells, and the projection that says where they go."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.place import Disc, distance_m
from tui.panes.braille import BLANK, clipped, codes_of, draw_lines, draw_points, no_dots
from tui.panes.projection import DOTS_ACROSS, View

coordinates = st.floats(-500, 500, allow_nan=False)


def one(*values: float) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    return [np.array([value], dtype=np.float64) for value in values]


def test_every_dot_of_a_cell_has_its_own_bit() -> None:
    seen = set()
    for row in range(4):
        for column in range(2):
            dots = no_dots(2, 4)
            dots[row, column] = True
            seen.add(int(codes_of(dots)[0, 0]) - BLANK)
    assert sorted(seen) == [1 << bit for bit in range(8)]
    full = no_dots(2, 4)
    full[:] = True
    assert chr(codes_of(full)[0, 0]) == "⣿"


def test_the_left_column_of_dots_is_the_left_of_the_cell() -> None:
    dots = no_dots(2, 4)
    dots[:, 0] = True
    assert chr(codes_of(dots)[0, 0]) == "⡇"


def test_a_level_line_sets_every_dot_of_its_row_and_no_other() -> None:
    dots = no_dots(20, 8)
    draw_lines(dots, *one(0, 3, 19, 3))
    assert dots[3].all() and dots.sum() == 20


def test_a_slanted_line_has_no_holes() -> None:
    dots = no_dots(40, 40)
    draw_lines(dots, *one(1, 2, 38, 31))
    assert all(dots[:, x].any() for x in range(1, 38))


def test_a_thick_line_is_two_dots_wide() -> None:
    thin, thick = no_dots(20, 8), no_dots(20, 8)
    draw_lines(thin, *one(0, 3, 19, 3))
    draw_lines(thick, *one(0, 3, 19, 3), thick=True)
    assert thick[4].all() and thick.sum() == 2 * thin.sum()


def test_points_outside_are_left_out() -> None:
    dots = no_dots(4, 4)
    draw_points(dots, np.array([-1.0, 4.0, 1.0]), np.array([1.0, 1.0, -0.5]))
    assert not dots.any()


@given(coordinates, coordinates, coordinates, coordinates)
def test_what_is_left_of_a_line_lies_on_it_and_within(x0: float, y0: float, x1: float, y1: float) -> None:
    cut = clipped(*one(x0, y0, x1, y1), 100.0, 60.0)
    if not len(cut[0]):
        return
    for x, y in ((cut[0][0], cut[1][0]), (cut[2][0], cut[3][0])):
        assert -1e-6 <= x <= 100 + 1e-6 and -1e-6 <= y <= 60 + 1e-6
        across = (x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)
        assert abs(across) <= 1e-6 * max(1.0, math.hypot(x1 - x0, y1 - y0) ** 2)


def test_a_line_far_longer_than_the_screen_costs_no_more_than_what_is_seen() -> None:
    dots = no_dots(100, 60)
    draw_lines(dots, *one(-1e9, 30, 1e9, 30))
    assert dots[30].all() and dots.sum() == 100


def test_a_line_that_passes_by_draws_nothing() -> None:
    dots = no_dots(10, 8)
    draw_lines(dots, *one(-5, 4, 4, 40))
    assert not dots.any()


def test_a_view_holds_all_its_points_and_is_square() -> None:
    points = [(37.50, 126.90), (37.56, 126.98)]
    view = View.around(points, 60, 24)
    assert view.holds(points)
    east = view.project(np.array([37.53, 37.53]), np.array([126.94, 126.95]))[0]
    north = view.project(np.array([37.53, 37.54]), np.array([126.94, 126.94]))[1]
    a_degree_east_m = distance_m(
        Disc(lat=37.53, lon=126.94, radius_m=0), Disc(lat=37.53, lon=126.95, radius_m=0)
    )
    a_degree_north_m = distance_m(
        Disc(lat=37.53, lon=126.94, radius_m=0), Disc(lat=37.54, lon=126.94, radius_m=0)
    )
    assert (east[1] - east[0]) * view.m_per_dot == pytest.approx(a_degree_east_m, rel=1e-3)
    assert (north[0] - north[1]) * view.m_per_dot == pytest.approx(a_degree_north_m, rel=1e-3)


def test_one_point_alone_is_shown_with_something_round_it() -> None:
    view = View.around([(37.5, 127.0)], 60, 24)
    assert min(view.span_m) >= 200


def test_north_is_up_and_east_is_right() -> None:
    view = View.around([(37.5, 127.0), (37.6, 127.1)], 60, 24)
    left, low = view.cell(37.5, 127.0)
    right, high = view.cell(37.6, 127.1)
    assert left < right and high < low


def test_moving_and_zooming_keep_the_middle_where_one_expects_it() -> None:
    view = View.around([(37.5, 127.0), (37.6, 127.1)], 60, 24)
    assert view.zoomed(0.5).m_per_dot == pytest.approx(view.m_per_dot / 2)
    assert view.zoomed(0.5).cell(view.lat, view.lon) == view.cell(view.lat, view.lon)
    east = view.panned(0.25, 0)
    assert east.cell(view.lat, view.lon)[0] == pytest.approx(view.width * DOTS_ACROSS / 2 / 2 - 15, abs=1)
    assert view.panned(0, 0.25).cell(view.lat, view.lon)[1] > view.cell(view.lat, view.lon)[1]


def test_the_date_line_does_not_tear_a_map_apart() -> None:
    points = [(-17.0, 179.9), (-17.1, -179.9)]
    view = View.around(points, 60, 24)
    assert view.holds(points) and view.span_m[0] < 100_000
