"""An invented city for the map: visits with positions, and as many cameras and streets as a test asks for."""

import msgspec

from engine.api.schema import OpenedView, TraceDetail, VisitView
from engine.api.site_schema import CameraPlace, CityMap, Street
from tests.screens.fake_casework import SOUTH, STEP, WEST
from tests.screens.fake_engine import a_detail, a_gap, a_visit, at

BLOCK = 0.0012  # degrees between two streets of a large city


def at_crossing(visit: VisitView, east: float, north: float) -> VisitView:
    """The same visit at a crossing of the small city, counted in its streets."""
    return msgspec.structs.replace(visit, lat=SOUTH + STEP * north, lon=WEST + STEP * east)


def a_days_visits() -> tuple[VisitView, ...]:
    """From a flat to a café, the library, a market that cannot be true, a clinic and a tram."""
    seen = a_visit(7, 7.2, "City library", "sighting", cameras=("cam1",), sources=(), sigma_s=2.0)
    false = "the tram record says line 3 at that minute"
    return (
        at_crossing(a_visit(-190, -75, "Hillside flat", sources=("interview",), sigma_s=900.0), 5.2, 4.5),
        at_crossing(a_visit(-30, -10, "Cafe Onda"), 3.0, 1.2),
        at_crossing(seen, 1.0, 1.0),
        at_crossing(a_visit(30, 50, "Hana market", conflict=false), 2.0, 4.0),
        at_crossing(a_visit(64, 102, "하늘의원", "both", cameras=("cam3",), sigma_s=120.0), 4.0, 3.0),
        at_crossing(a_visit(120, 180, "Tram 3", moment=True, sources=("transit",)), 5.0, 5.6),
    )


def a_placed_detail(case: str = "A", candidates: int = 4, **given: object) -> TraceDetail:
    """A day of visits that have positions, in the small city of ``fake_casework``."""
    detail = msgspec.structs.replace(
        a_detail(case, candidates),
        visits=a_days_visits(),
        gaps=(a_gap(-75, -30), a_gap(8, 30, "camera cam4 gave no video"), a_gap(180, 400)),
        opened=tuple(OpenedView(camera_id=camera, start=at(0), end=at(10)) for camera in ("cam1", "cam3")),
        scope_cameras=("cam1", "cam2", "cam3"),
    )
    return msgspec.structs.replace(detail, **given)


def a_large_city(cameras: int = 10_820, street_points: int = 20_000) -> CityMap:
    """Streets in squares with that many points, cameras spread over them."""
    side = 100
    lines = [
        Street(
            name=f"street {number}",
            line=tuple(_along(number // 2, step, across=number % 2 == 0) for step in range(side)),
        )
        for number in range(street_points // side)
    ]
    placed = tuple(
        CameraPlace(
            camera_id=f"k{number}", name=f"k{number} corner", range_m=30.0,
            lat=SOUTH + BLOCK * (number * 37 % 997) / 10, lon=WEST + BLOCK * (number * 61 % 991) / 10,
        )
        for number in range(cameras)
    )  # fmt: skip
    return CityMap(streets=tuple(lines), cameras=placed)


def _along(number: int, step: int, *, across: bool) -> tuple[float, float]:
    east, north = (step, number) if across else (number, step)
    return WEST + BLOCK * east, SOUTH + BLOCK * north
