"""Every screen as it stands at a moment of the work, letter by letter and colour by colour.

After a change that is meant, ``pytest -n 0 tests/screens/test_snapshots.py --snapshot-update`` writes them
anew; what changed is read before it is kept.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.screens import scenes
from tests.screens.fake_engine import FakeEngine
from tests.screens.scenes import SIZES, Steps, scene
from tests.screens.written import ScreenExtension, written
from tui.comfort.settings import Language, Theme
from tui.terminal.theme import CONTRAST_DESK, DESK, LIGHT_DESK, SIXTEEN, THEMES

KEPT = Path(__file__).parent / "__snapshots__" / "test_snapshots"
FEWER_THAN = 40  # a change of a border has to stay readable

MORNING = scenes.a_working_morning
SCREENS: dict[str, tuple[Callable[[], FakeEngine], Steps, tuple[tuple[str, str], ...]]] = {
    "map": (MORNING, scenes.on_the_map, (("120x40", DESK.name), ("80x24", SIXTEEN.name))),
    "contacts": (MORNING, scenes.at_contacts, (("120x40", LIGHT_DESK.name), ("80x24", DESK.name))),
    "zoom": (MORNING, scenes.large, (("120x40", DESK.name), ("80x24", SIXTEEN.name))),
    "compare": (scenes.a_contradiction, scenes.compared, (("120x40", DESK.name), ("80x24", SIXTEEN.name))),
    "cases": (
        MORNING,
        scenes.the_cases,
        (("120x40", DESK.name), ("80x24", SIXTEEN.name), ("200x60", CONTRAST_DESK.name)),
    ),
    "approvals": (
        scenes.an_inbox, scenes.the_approvals, (("120x40", CONTRAST_DESK.name), ("80x24", DESK.name)),
    ),
    "audit": (scenes.an_audit, scenes.the_audit, (("120x40", DESK.name), ("80x24", LIGHT_DESK.name))),
    "health": (MORNING, scenes.the_health, (("120x40", DESK.name), ("80x24", SIXTEEN.name))),
    "interview": (MORNING, scenes.an_interview, (("120x40", DESK.name), ("80x24", LIGHT_DESK.name))),
    "scope": (MORNING, scenes.a_scope, (("120x40", DESK.name), ("80x24", SIXTEEN.name))),
}  # fmt: skip


@pytest.fixture
def kept(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ScreenExtension)


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever terminal the tests run in."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


async def screen_of(
    engine: FakeEngine, steps: Steps, size: str, theme: Theme = "tracedesk", language: Language = "en"
) -> str:
    async with scene(engine, steps, SIZES[size], theme, language) as seat:
        return written(seat.desk.screen._compositor.render_strips(), f"{size} {theme} {language}")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
async def test_the_desk_in_the_middle_of_a_case(size: str, theme: str, kept: SnapshotAssertion) -> None:
    assert await screen_of(MORNING(), scenes.in_a_case, size, theme) == kept(name=f"desk-{size}-{theme}")


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    [(name, size, theme) for name, (_, _, looks) in SCREENS.items() for size, theme in looks],
)
async def test_the_screen(name: str, size: str, theme: str, kept: SnapshotAssertion) -> None:
    engine, steps, _ = SCREENS[name]
    assert await screen_of(engine(), steps, size, theme) == kept(name=f"{name}-{size}-{theme}")


async def test_the_desk_without_colours(monkeypatch: pytest.MonkeyPatch, kept: SnapshotAssertion) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = await screen_of(MORNING(), scenes.in_a_case, "120x40")
    assert shown == kept(name="desk-no-color")


async def test_the_desk_in_korean(kept: SnapshotAssertion) -> None:
    shown = await screen_of(MORNING(), scenes.in_a_case, "120x40", language="ko")
    assert shown == kept(name="desk-korean")


async def test_names_that_would_command_a_terminal(kept: SnapshotAssertion) -> None:
    shown = await screen_of(scenes.a_hostile_engine(), scenes.at_contacts, "120x40")
    assert not set("\x1b\x07\u202e") & set(shown)
    assert shown == kept(name="desk-hostile")


def test_there_are_few_enough_to_be_read_and_each_is_of_a_test() -> None:
    names = {path.name for path in KEPT.iterdir()}
    assert len(names) < FEWER_THAN
    assert sum(len(looks) for _, _, looks in SCREENS.values()) + len(SIZES) * len(THEMES) + 3 == len(names)
