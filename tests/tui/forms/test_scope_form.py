"""A scope asks for what the records select, and the form says the same limits as the engine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from engine.api.authorise import LONGEST_LIFE
from engine.api.case_schema import ScopeLine, ScopePreview
from engine.api.site_schema import CameraPlace
from engine.domain.record import Source
from engine.domain.source_request import SourceRequestState
from engine.policy.scope import CAMERA_HOURS_PER_TRACE
from tests.screens.fake_casework import a_board_case, a_request
from tests.screens.fake_house import an_order
from tui.forms.grounds import NEEDS
from tui.forms.scope_form import (
    LONGEST_H,
    MOST_CAMERA_HOURS,
    ScopeForm,
    final,
    first_form,
    hours_needed,
    matching,
    read_hours,
    wanted,
    why_no_request,
)
from tui.forms.scope_words import camera_words, cost_words, seconds_words
from tui.forms.trouble import Trouble

NOW = datetime(2026, 3, 2, 3, 20, 30, tzinfo=UTC)
CASE = msgspec.structs.replace(
    a_board_case("A", NOW),
    infectious_start=NOW - timedelta(days=4),
    infectious_end=NOW + timedelta(days=8),
)
CAMERAS = tuple(
    CameraPlace(camera_id=f"cam{n}", name=name, lat=0, lon=0, range_m=30)
    for n, name in enumerate(("Library west", "Library east", "시장 입구", "Station"), start=1)
)
ALL = tuple(camera.camera_id for camera in CAMERAS)


def a_preview(*cameras: str, hours: float = 2.0, **given: object) -> ScopePreview:
    lines = tuple(
        ScopeLine(camera_id=c, name=c, start=NOW - timedelta(hours=30), end=NOW - timedelta(hours=30 - hours))
        for c in cameras
    )
    preview = ScopePreview(
        cameras=len(cameras), windows=len(cameras), camera_hours=hours * len(cameras), seconds=40.0,
        lines=lines, notes=(),
    )  # fmt: skip
    return msgspec.structs.replace(preview, **given)


def a_form(**given: object) -> ScopeForm:
    return replace(first_form(CASE, (an_order(NOW),), NOW, rehearsal=False), **given)  # type: ignore[arg-type]


def test_the_limits_are_those_of_the_engine() -> None:
    assert timedelta(hours=LONGEST_H) == LONGEST_LIFE
    assert MOST_CAMERA_HOURS == CAMERA_HOURS_PER_TRACE
    assert set(NEEDS) == set(Source)


def test_the_first_form_never_reaches_into_the_future() -> None:
    form = a_form()
    assert form.start == CASE.infectious_start
    assert form.end == NOW.replace(second=0)
    unknown = msgspec.structs.replace(CASE, infectious_start=None, infectious_end=None)
    form = first_form(unknown, (), NOW, rehearsal=False)
    assert form.start < form.end <= NOW


def test_sources_of_other_authorities_are_chosen_where_they_have_answered() -> None:
    assert Source.CARD not in a_form().sources
    answered = a_request(1, "A", NOW, state=SourceRequestState.ANSWERED, reference="province 1")
    case = msgspec.structs.replace(CASE, sources=(answered,))
    assert Source.CARD in first_form(case, (), NOW, rehearsal=False).sources
    assert first_form(CASE, (), NOW, rehearsal=True).sources == set(Source)


def test_the_order_is_filled_in_where_just_one_stands_for_the_disease() -> None:
    assert a_form().order_ref == "2026-7"
    two = (an_order(NOW), an_order(NOW, number="2026-8"))
    assert first_form(CASE, two, NOW, rehearsal=False).order_ref == ""
    other = (an_order(NOW, disease="mers"), an_order(NOW, stands=False))
    assert first_form(CASE, other, NOW, rehearsal=False).order_ref == ""


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("", ALL),
        (" , ", ALL),
        ("library", ("cam1", "cam2")),
        ("cam3, station", ("cam3", "cam4")),
        ("시장", ("cam3",)),
        ("!library", ("cam3", "cam4")),
        ("library, !east", ("cam1",)),
        ("nowhere", ()),
    ],
)
def test_cameras_are_chosen_by_words(written: str, found: tuple[str, ...]) -> None:
    assert matching(CAMERAS, written) == found


def test_the_request_names_the_cameras_and_hours_that_were_shown() -> None:
    request = final(a_form(), a_preview("cam1", "cam3", hours=1.3), ALL, NOW)
    assert request.cameras == ("cam1", "cam3")
    assert request.max_camera_hours == 3.0
    assert final(a_form(most_hours=1.5), a_preview("cam1"), ALL, NOW).max_camera_hours == 1.5


def test_where_not_all_lines_were_sent_the_cameras_asked_about_are_named() -> None:
    assert final(a_form(), a_preview("cam1", cameras=3), ALL, NOW).cameras == ALL


def test_without_face_search_no_camera_is_asked_for() -> None:
    request = wanted(a_form(face_search=False), ALL, NOW)
    assert (request.cameras, request.max_camera_hours, request.face_search) == ((), 0.0, False)


def test_hours_are_whole_and_never_over_the_cap() -> None:
    assert hours_needed(a_preview("a", hours=2.0)) == 2.0
    assert hours_needed(a_preview("a", hours=0.1)) == 1.0
    assert hours_needed(a_preview("a", hours=500)) == MOST_CAMERA_HOURS


@pytest.mark.parametrize(
    ("written", "hours"), [("24", 24), ("24 h", 24), ("1.5", 1.5), ("2 days", 48), ("3일", 72)]
)
def test_hours_may_be_written_as_days(written: str, hours: float) -> None:
    assert read_hours(written, LONGEST_H) == hours


@pytest.mark.parametrize("written", ["", "soon", "0", "-1", "745", "32 days", "1e3"])
def test_other_hours_are_trouble(written: str) -> None:
    assert isinstance(read_hours(written, LONGEST_H), Trouble)


def test_what_would_allow_nothing_is_not_asked_for() -> None:
    assert why_no_request(a_form(), None)
    assert "open no camera" in why_no_request(a_form(), a_preview())
    assert not why_no_request(a_form(), a_preview("cam1"))
    assert not why_no_request(a_form(face_search=False), a_preview())
    assert why_no_request(a_form(face_search=False, sources=frozenset()), a_preview())


def test_the_cost_is_said_in_words() -> None:
    assert cost_words(a_preview(*ALL)) == "4 cameras × 2.0 h = 8.0 camera-hours, about 40 s here"
    assert "not measured yet" in cost_words(a_preview("cam1", seconds=None))
    assert cost_words(a_preview()) == "no camera would be opened"
    assert [seconds_words(s) for s in (0, 40, 600, 7500)] == ["1 s", "40 s", "10 min", "2 h 05"]


def test_cameras_are_listed_with_their_stretches_by_day() -> None:
    said = [words for words, _ in camera_words(a_preview("cam1", "cam2", hours=30.0), UTC)]
    assert said[0] == "cam1  30.0 h"
    assert said[1].startswith("  Sat 28 Feb  21:20–")
    assert "cam2  30.0 h" in said
