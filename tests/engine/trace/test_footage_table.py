from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from engine.domain.camera import Camera, Clock, Segment
from engine.trace.context import Site
from engine.trace.footage_table import FRESH_S, Footage, FootageTable
from tests.engine.fakes import NOW, SetClock, a_camera, a_context, a_segment, a_site, at, span


def a_city(*hours: tuple[str, float]) -> Site:
    """Each camera keeps its footage for five days; (camera, hours after noon) is one hour of it."""
    cameras = [a_camera(i, retention_days=5) for i in dict.fromkeys(camera for camera, _ in hours)]
    segments = [a_segment(camera, h * 60, h * 60 + 60, file=f"{camera}-{h}.mp4") for camera, h in hours]
    return a_site(cameras, segments)


def test_what_is_gone_first_comes_first_and_the_day_is_that_of_its_camera() -> None:
    site = a_city(("cam2", 2), ("cam1", 0), ("cam1", 5))
    table = FootageTable.of(site)
    found = table.due(span(-600, 600), NOW)
    assert [(due.camera_id, due.interval.start) for due in found] == [
        ("cam1", at(0)),
        ("cam2", at(120)),
        ("cam1", at(300)),
    ]
    assert found[0].gone_at == at(60) + timedelta(days=5)
    assert [due.interval.start for due in table.due(span(-600, 600), NOW, most=1)] == [at(0)]


def test_only_footage_of_the_period_and_of_the_cameras_is_told_cut_to_the_period() -> None:
    table = FootageTable.of(a_city(("cam1", 0), ("cam2", 0), ("cam1", 20)))
    (due,) = table.due(span(30, 600), NOW, {"cam2", "unknown"})
    assert (due.camera_id, due.interval.start, due.interval.end) == ("cam2", at(30), at(60))
    assert table.due(span(30, 600), NOW, ()) == ()
    assert table.due(span(60, 100), NOW) == (), "footage that ends as the period begins is not of it"


def test_what_is_gone_already_is_not_told() -> None:
    table = FootageTable.of(a_city(("cam1", 0), ("cam1", 1)))
    gone = at(60) + timedelta(days=5)
    assert len(table.due(span(0, 600), gone - timedelta(seconds=1))) == 2
    assert len(table.due(span(0, 600), gone)) == 1


def test_a_clock_that_is_off_is_taken_off() -> None:
    camera: Camera = a_camera("cam1", retention_days=5, clock=Clock(offset_s=3600.0, sigma_s=1.0))
    table = FootageTable.of(a_site([camera], [a_segment("cam1", 60, 120)]))
    (due,) = table.due(span(0, 600), NOW)
    assert (due.interval.start, due.interval.end) == (at(0), at(60))
    assert table.newest == {"cam1": at(60)}


def test_the_newest_footage_of_a_camera_is_what_ends_last() -> None:
    site = a_site(
        [a_camera("cam1"), a_camera("cam2")], [a_segment("cam1", 0, 500), a_segment("cam1", 60, 120)]
    )
    assert FootageTable.of(site).newest == {"cam1": at(500)}


def test_a_site_without_footage_has_nothing_due() -> None:
    table = FootageTable.of(a_site(segments=()))
    assert table.due(span(0, 600), NOW) == ()
    assert table.newest == {}


async def test_the_table_is_made_once_a_minute_however_many_ask(tmp_path: Path) -> None:
    asked: list[str] = []

    def segments(camera_id: str) -> tuple[Segment, ...]:
        asked.append(camera_id)
        return ()

    clock = SetClock()
    site = replace(a_site(), segments=segments)
    async with a_context(tmp_path, clock=clock, site=site) as context:
        footage = Footage(context)
        first = await footage.table()
        clock.forward(FRESH_S - 1)
        assert await footage.table() is first
        assert asked == ["cam1", "cam2"]
        clock.forward(1)
        assert await footage.table() is not first
        assert asked == ["cam1", "cam2"] * 2
