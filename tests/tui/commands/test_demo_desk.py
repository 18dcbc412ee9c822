"""The desk of the demo opens on the first cameras; when the others are there, the engine starts again."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.city.facts import Truth
from engine.domain.errors import InputError
from tui.commands.demo_city import DemoCity
from tui.commands.demo_desk import FIRST_CAMERAS, Make, Rest, whole
from tui.commands.demo_footage import Told

FILMS = {camera: (f"{camera}a.mp4", f"{camera}b.mp4") for camera in range(FIRST_CAMERAS + 2)}
ALL = {film: f"sha256 of {film}" for films in FILMS.values() for film in films}
IN_ORDER = sorted(ALL)
PATIENCE_S = 10.0
NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


class Town:
    """What was published, in order; ``more`` counts how often the engine was to start again."""

    def __init__(self) -> None:
        self.published: list[Mapping[str, str]] = []
        self.started_again = threading.Semaphore(0)
        self.city = DemoCity(
            site=Path("site.toml"),
            cases=(),
            truth=Truth(seed=1, size="town", start=NOON, end=NOON, cameras=(), patients=()),
            missing="",
            films=FILMS,
            publish=lambda films: self.published.append(dict(films)),
        )

    def rest(self, make: Make, more: Callable[[], None] | None = None) -> Rest:
        return Rest(self.city, make, more or self.started_again.release)


class Studio:
    """Makes one film after the other, the first ``count`` at once and the others when it may."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.may_go_on = threading.Event()
        self.gave_up = False

    def __call__(self, told: Told, ended: threading.Event) -> dict[str, str]:
        made: dict[str, str] = {}
        for number, film in enumerate(IN_ORDER, start=1):
            while number > self.count and not self.may_go_on.wait(0.01):
                if ended.is_set():
                    self.gave_up = True
                    return made
            made[film] = ALL[film]
            told(dict(made), 60.0 * number, 60.0 * len(IN_ORDER))
        return made


def test_only_cameras_that_have_all_their_films_are_whole() -> None:
    assert whole(FILMS, {film: ALL[film] for film in IN_ORDER[:3]}) == {film: ALL[film] for film in FILMS[0]}
    assert whole(FILMS, {}) == {}


def test_the_first_cameras_are_published_and_then_all_with_an_engine_that_starts_again() -> None:
    town, studio = Town(), Studio(2 * FIRST_CAMERAS + 1)
    rest = town.rest(studio)
    with rest.going_on():
        rest.publish_first()
        assert town.published == [{f: ALL[f] for n in range(FIRST_CAMERAS) for f in FILMS[n]}]
        assert rest.aside() == f"footage {2 * FIRST_CAMERAS + 1} of {len(ALL)} min"
        assert rest.busy
        assert not town.started_again.acquire(blocking=False)
        studio.may_go_on.set()
        assert town.started_again.acquire(timeout=PATIENCE_S)
        assert town.published[1:] == [ALL]
    assert (rest.busy, rest.unfinished, rest.problem, rest.aside()) == (False, False, None, "")


def test_what_is_all_there_needs_no_second_start() -> None:
    town = Town()
    rest = town.rest(lambda told, ended: dict(ALL))
    with rest.going_on():
        rest.publish_first()
        assert rest.aside() == ""
    assert town.published == [ALL]
    assert not town.started_again.acquire(blocking=False)


def test_before_a_desk_is_open_no_engine_is_started_again() -> None:
    town, studio = Town(), Studio(2 * FIRST_CAMERAS)
    rest = town.rest(studio)
    with rest.going_on():
        rest.publish_first()
        studio.may_go_on.set()
    assert len(town.published) == 1
    assert not town.started_again.acquire(blocking=False)


def test_who_leaves_early_leaves_the_rest_for_another_time() -> None:
    town, studio = Town(), Studio(2 * FIRST_CAMERAS)
    rest = town.rest(studio)
    with rest.going_on():
        rest.publish_first()
        rest.aside()
    assert studio.gave_up
    assert (rest.busy, rest.unfinished) == (False, True)
    assert len(town.published) == 1


def test_what_stops_the_first_films_is_told_before_any_desk_opens() -> None:
    def full(told: Told, ended: threading.Event) -> dict[str, str]:
        raise InputError("no room is left", mend="free space")

    town = Town()
    rest = town.rest(full)
    with rest.going_on(), pytest.raises(InputError, match="no room is left"):
        rest.publish_first()
    assert town.published == []


def test_an_engine_that_does_not_start_again_is_told_on_the_desk_and_after_it() -> None:
    failed = threading.Event()

    def fails() -> None:
        failed.set()
        raise InputError("the engine does not answer")

    town, studio = Town(), Studio(2 * FIRST_CAMERAS)
    rest = town.rest(studio, fails)
    with rest.going_on():
        rest.publish_first()
        rest.aside()
        studio.may_go_on.set()
        assert failed.wait(PATIENCE_S)
    assert "leave the desk to read why" in rest.aside()
    assert str(rest.problem) == "the engine does not answer"
