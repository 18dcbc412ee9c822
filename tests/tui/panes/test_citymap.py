"""The map: what is drawn where, how far somebody can have come, and that shapes alone tell it."""

import time
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.api.schema import OpenedView, TraceDetail
from engine.api.site_schema import CityMap
from tests.screens.fake_casework import a_city
from tests.screens.fake_city import a_large_city, a_placed_detail, at_crossing
from tests.screens.fake_engine import a_visit, at
from tui.casework.moment import Moment, at_candidate, beginning, course
from tui.language.words import metres
from tui.panes.citymap import Scene, draw, ground, scale_bar, scale_m
from tui.panes.mappane import MapPane, interest, places_of_case, seen
from tui.panes.mapwords import legend, words
from tui.panes.plan import Plan, plan_of
from tui.panes.projection import View

SEOUL = ZoneInfo("Asia/Seoul")
PLAN = plan_of(a_city())


def a_scene(minutes: float = 70, detail: TraceDetail | None = None, plan: Plan | None = PLAN) -> Scene:
    way = course(detail or a_placed_detail(candidates=0), SEOUL)
    return Scene(way, Moment(at(minutes)), plan)


def drawn(scene: Scene, width: int = 60, rows: int = 24, view: View | None = None) -> list[str]:
    view = view or seen(None, scene, width, rows, moved=False)
    return [line.plain for line in draw(scene, view, ground(scene.plan, view))]


def sign_at(scene: Scene, lat: float, lon: float) -> str:
    view = seen(None, scene, 60, 24, moved=False)
    column, row = view.cell(lat, lon)
    line = draw(scene, view, ground(scene.plan, view))[row]
    before, after = line.copy(), line.copy()
    before.truncate(column)
    after.truncate(column + 1)
    return after.plain[len(before.plain) :]


def placed(label: str, detail: TraceDetail | None = None) -> tuple[float, float]:
    visit = next(v for v in (detail or a_placed_detail()).visits if v.label == label)
    assert visit.lat is not None and visit.lon is not None
    return visit.lat, visit.lon


@pytest.mark.parametrize(
    ("label", "sign"),
    [("Cafe Onda", "◇"), ("City library", "◆"), ("하늘의원", "◈"), ("Hana market", "‼"), ("Tram 3", "◇")],
)
def test_every_place_has_the_shape_of_its_basis(label: str, sign: str) -> None:
    assert sign_at(a_scene(), *placed(label)) == sign


def test_places_are_named_beside_their_marks() -> None:
    text = "\n".join(drawn(a_scene()))
    for name in ("City library", "Cafe Onda", "하늘의원", "Hana market"):
        assert name in text


def test_where_the_patient_is_stands_in_square_brackets_and_where_last_in_round_ones() -> None:
    assert "[◈]" in "\n".join(drawn(a_scene(70)))
    away = "\n".join(drawn(a_scene(110)))
    assert "(◈)" in away and "[" not in away


def test_within_a_stay_there_is_no_ring_and_after_it_one_that_grows() -> None:
    assert "•" not in "".join(drawn(a_scene(70)))
    view = seen(None, a_scene(), 60, 24, moved=False)
    spans = []
    for minutes in (107, 112):
        lines = drawn(a_scene(minutes), view=view)
        columns = [line.index("•") for line in lines if "•" in line]
        spans.append(60 - min(columns))
    assert spans[0] < spans[1]


def test_the_ring_has_the_radius_of_a_walk() -> None:
    visit = at_crossing(a_visit(0, 10, "café", sigma_s=0.0, radius_m=0.0), 1, 1)
    detail = a_placed_detail(candidates=0, visits=(visit,))
    scene = a_scene(20, detail, None)
    view = View(visit.lat or 0, visit.lon or 0, 80, 40, 25.0)
    row = drawn(scene, view=view)[view.height // 2]
    # 600 s at 2.5 m/s are 1,500 m: 60 dots, 30 cells either side of the middle
    ring = [column for column, sign in enumerate(row) if sign == "•"]
    assert ring and abs((max(ring) - 40) - 30) <= 1 and abs((40 - min(ring)) - 30) <= 1


def test_what_goes_by_car_is_said_in_words_when_it_leaves_the_map() -> None:
    view = seen(None, a_scene(), 60, 24, moved=False)
    said = " ".join(line.plain for line in words(a_scene(112), view, 80))
    assert "() 하늘의원, 10 min ago" in said
    assert "by car: beyond this map" in said and "on foot: 2.5 km" in said
    wide = " ".join(line.plain for line in words(a_scene(112), view.zoomed(50), 80))
    assert "beyond" not in wide and "by car: 34 km" in wide


def test_before_anything_is_known_no_place_is_claimed() -> None:
    scene = a_scene(-500)
    said = " ".join(line.plain for line in words(scene, View(0, 0, 60, 24, 10.0), 80))
    assert "no place is known before" in said
    assert not {"[", "(", "•"} & set("".join(drawn(scene)))


def test_cameras_opened_in_scope_and_others_differ_by_shape() -> None:
    detail = a_placed_detail(
        candidates=0, visits=(), scope_cameras=("cam1", "cam2"),
        opened=(OpenedView(camera_id="cam1", start=at(0), end=at(9)),),
    )  # fmt: skip
    scene = a_scene(0, detail)
    view = View.around(list(zip(PLAN.lats.tolist(), PLAN.lons.tolist(), strict=True)), 60, 24)
    lines = drawn(scene, view=view)
    for camera, sign in (("cam1", "■"), ("cam2", "□"), ("cam3", "▫")):
        column, row = view.cell(*(PLAN.position(camera) or (0, 0)))
        assert lines[row][column] == sign


def test_cameras_outside_the_scope_are_left_out_where_there_are_many() -> None:
    plan = plan_of(a_large_city(cameras=2_000))
    detail = a_placed_detail(candidates=0, visits=(), scope_cameras=("k1",), opened=())
    way = course(detail, SEOUL)
    view = View.around(list(zip(plan.lats.tolist(), plan.lons.tolist(), strict=True)), 60, 24)
    text = "".join(drawn(Scene(way, beginning(way), plan), view=view))
    assert "▫" not in text and text.count("□") == 1


def test_a_camera_that_the_map_does_not_know_is_left_out() -> None:
    detail = a_placed_detail(scope_cameras=("cam1", "gone"), candidates=0)
    assert drawn(a_scene(0, detail))


def test_the_candidate_on_the_card_is_a_hollow_circle_at_its_camera_and_its_distance_is_told() -> None:
    detail = a_placed_detail(visits=a_placed_detail().visits[:2])
    way = course(detail, SEOUL, detail.candidates[0])
    scene = Scene(way, at_candidate(way, detail.candidates[0]), PLAN)
    assert sign_at(scene, *(PLAN.position("cam1") or (0, 0))) == "○"
    view = seen(None, scene, 60, 24, moved=False)
    assert "○ 711 m to cam1 west door" in [line.plain for line in words(scene, view, 80)]
    assert interest(scene) == PLAN.position("cam1")


def test_the_path_joins_visits_in_order_and_leaves_out_what_contradicts() -> None:
    visits = (
        at_crossing(a_visit(0, 5, "a"), 0, 0),
        at_crossing(a_visit(10, 15, "b", conflict="no journey"), 3, 6),
        at_crossing(a_visit(20, 25, "c"), 6, 0),
    )
    scene = a_scene(0, a_placed_detail(candidates=0, visits=visits), None)
    view = seen(None, scene, 60, 24, moved=False)
    with_path = drawn(scene, view=view)
    row = view.cell(*placed("a", scene.course.detail))[1]
    between = with_path[row][view.cell(*placed("a", scene.course.detail))[0] + 6 : 40]
    assert set(between) <= set("⣀⣤⠤⠶⠒⠛⠉⣶⠿⠂⠄⡀") and len(between.strip()) == len(between)
    column, high = view.cell(*placed("b", scene.course.detail))
    assert with_path[high + 4][column] in " ⠁⠈⠂⠐⠄⠠⡀⢀", "nothing leads to the market"


def test_without_streets_there_is_a_grid_of_one_scale_bar_a_square() -> None:
    bare = plan_of(CityMap(streets=(), cameras=a_city().cameras))
    scene = a_scene(70, plan=bare)
    view = seen(None, scene, 60, 24, moved=False)
    codes = ground(bare, view)
    assert (codes != 0x2800).sum() > 20
    assert f"{scale_m(view):.0f} m" in scale_bar(view).plain


@pytest.mark.parametrize("m_per_dot", [0.25, 1.0, 7.7, 100.0, 5_000.0])
def test_the_scale_bar_is_as_long_as_it_says(m_per_dot: float) -> None:
    view = View(37.5, 127.0, 60, 24, m_per_dot)
    bar = scale_bar(view).plain.split(" ")
    cells = len(bar[0])
    assert cells * 2 * m_per_dot == pytest.approx(float(bar[1]), abs=2 * m_per_dot)
    assert cells <= 21


def test_a_map_shows_the_case_else_its_scope_else_the_city() -> None:
    detail = a_placed_detail(candidates=0)
    assert len(places_of_case(course(detail, SEOUL), PLAN)) == len(detail.visits)
    without = msgspec.structs.replace(detail, visits=())
    assert len(places_of_case(course(without, SEOUL), PLAN)) == 3
    bare = msgspec.structs.replace(without, scope_cameras=())
    assert len(places_of_case(course(bare, SEOUL), PLAN)) > 50
    assert places_of_case(course(bare, SEOUL), None) == []
    assert drawn(a_scene(0, bare, None))


def test_a_new_place_within_the_view_moves_nothing_and_one_outside_does() -> None:
    scene = a_scene()
    view = seen(None, scene, 60, 24, moved=False)
    inside = at_crossing(a_visit(200, 210, "inside"), 3, 3)
    outside = at_crossing(a_visit(200, 210, "outside"), 40, 40)
    for visit, same in ((inside, True), (outside, False)):
        more = a_placed_detail(candidates=0, visits=(*scene.course.detail.visits, visit))
        assert (seen(view, a_scene(70, more), 60, 24, moved=False) == view) is same
        assert seen(view, a_scene(70, more), 60, 24, moved=True) == view, "the person's view stays"


@pytest.mark.parametrize(("width", "height"), [(27, 27), (76, 18), (66, 22), (56, 12), (20, 6)])
def test_the_pane_is_filled_and_never_overfull(width: int, height: int) -> None:
    detail = a_placed_detail()
    way = course(detail, SEOUL, detail.candidates[2])
    pane = MapPane()
    pane.show(Scene(way, at_candidate(way, detail.candidates[2]), PLAN))
    lines = pane.lines(width, height)
    assert len(lines) <= height and all(line.cell_len <= width for line in lines)


def test_zooming_and_moving_are_the_persons_until_the_whole_case_is_asked_for() -> None:
    pane = MapPane()
    pane.show(a_scene())
    whole = [line.plain for line in pane.lines(60, 24)]
    pane.zoom(1)
    closer = [line.plain for line in pane.lines(60, 24)]
    pane.pan(1, 0)
    moved = [line.plain for line in pane.lines(60, 24)]
    assert whole != closer != moved
    pane.fit()
    assert [line.plain for line in pane.lines(60, 24)] == whole


def test_a_moved_map_follows_the_moment_only_out_of_itself() -> None:
    pane = MapPane()
    pane.show(a_scene(70))
    pane.lines(60, 24)
    for _ in range(8):
        pane.zoom(1)
    pane.lines(60, 24)
    pane.show(a_scene(-20))
    assert "[◇]" in "\n".join(line.plain for line in pane.lines(60, 24))


def test_the_legend_names_every_sign_that_is_drawn() -> None:
    detail = a_placed_detail()
    way = course(detail, SEOUL, detail.candidates[2])
    scene = Scene(way, at_candidate(way, detail.candidates[2]), PLAN)
    told = " ".join(line.plain for line in legend(scene, 60))
    shown = set("".join(drawn(scene)))
    for sign in "◇◆◈‼■□▫•":
        assert sign in shown and sign in told


@pytest.mark.parametrize(("length_m", "said"), [(640.4, "640 m"), (2_740, "2.7 km"), (54_321, "54 km")])
def test_lengths_are_said_as_people_say_them(length_m: float, said: str) -> None:
    assert metres(length_m) == said


@pytest.mark.parametrize(("width", "rows"), [(70, 40), (120, 50)])
def test_a_large_city_is_drawn_in_under_50_ms(width: int, rows: int) -> None:
    city = a_large_city()
    plan = plan_of(city)
    everywhere = tuple(camera.camera_id for camera in city.cameras)
    detail = a_placed_detail(scope_cameras=everywhere)
    way = course(detail, SEOUL, detail.candidates[0])
    scene = Scene(way, at_candidate(way, detail.candidates[0]), plan)
    view = View.around(list(zip(plan.lats.tolist(), plan.lons.tolist(), strict=True)), width, rows)
    took_s = []
    for _ in range(5):
        began = time.process_time()
        draw(scene, view, ground(plan, view))
        took_s.append(time.process_time() - began)
    assert min(took_s) < 0.050


def test_dense_streets_become_a_light_ground() -> None:
    city = a_large_city(cameras=1)
    everything = [(lat, lon) for street in city.streets for lon, lat in street.line]
    codes = ground(plan_of(city), View.around(everything, 20, 10))
    assert (codes != 0x2800).sum() > 50, "there is a ground"
    assert (codes == 0x28FF).sum() == 0, "no cell is full of dots"


def test_names_do_not_tear_the_path() -> None:
    visits = (
        at_crossing(a_visit(0, 5, "a long name"), 0, 3),
        at_crossing(a_visit(10, 15, "another one"), 6, 3),
    )
    scene = a_scene(0, a_placed_detail(candidates=0, visits=visits), None)
    view = seen(None, scene, 60, 24, moved=False)
    row = drawn(scene, view=view)[view.cell(*placed("a long name", scene.course.detail))[1]]
    assert "long" not in row and "another" not in row and "a long name" in "".join(drawn(scene))
