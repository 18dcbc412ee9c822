"""The audit as it grows: who may read it, following and standing still, and a check in words."""

from datetime import timedelta

import msgspec
import pytest

from engine.api.schema import AuditEntry
from tests.screens.driving import NARROW, Seat, seated
from tests.screens.fake_engine import HELLO, NOW, FakeEngine
from tests.screens.fake_house import a_verdict
from tui.screens.audit import AuditScreen

AUDITOR = msgspec.structs.replace(HELLO, roles=("auditor",))


def an_auditors(lines: int = 5) -> FakeEngine:
    engine = FakeEngine(hello=AUDITOR)
    grow(engine, lines - len(engine.audit_lines))
    return engine


def grow(engine: FakeEngine, by: int) -> None:
    size = len(engine.audit_lines)
    engine.audit_lines += tuple(
        AuditEntry(
            seq=number, at=NOW, person="kim", action="view", object=f"C-{number}",
            outcome="refused" if number % 10 == 0 else "done", hash=f"{number % 256:02x}" * 32,
        )
        for number in range(size + 1, size + by + 1)
    )  # fmt: skip


def log(seat: Seat) -> AuditScreen:
    screen = seat.desk.screen
    assert isinstance(screen, AuditScreen)
    return screen


async def test_lines_stand_there_newest_at_the_end_with_size_root_and_witness_below() -> None:
    async with seated(an_auditors()) as seat:
        await seat.mode("f5", "audit 5  follows")
        text = seat.text()
        assert text.index("Z-1") < text.index("T-A") < text.index("C-A-1")
        assert "5 lines  root 0505050505050505  signed to 4  witness to 3, 7 min ago" in text
        assert log(seat).pane.cursor == "5"


async def test_it_follows_until_somebody_goes_up_and_again_with_either_key() -> None:
    engine = an_auditors(200)
    async with seated(engine) as seat:
        await seat.mode("f5", "audit 200  follows")
        grow(engine, 3)
        await seat.passing(1.5)
        await seat.until(lambda: log(seat).pane.cursor == "203")
        await seat.press("k")
        grow(engine, 5)
        await seat.passing(1.5)
        await seat.until(lambda: "paused, 6 newer" in seat.text())
        assert log(seat).pane.cursor == "202" and "C-202" in seat.text() and "C-208" not in seat.text()
        for key, grown in (("G", 209), ("exclamation_mark", 210)):
            await seat.press("home", key)
            grow(engine, 1)
            await seat.passing(1.5)
            await seat.until(lambda grown=grown: log(seat).pane.cursor == str(grown))  # type: ignore[misc]


async def test_the_wheel_lets_one_read_in_peace_too() -> None:
    engine = an_auditors(200)
    async with seated(engine) as seat:
        await seat.mode("f5", "audit 200  follows")
        await seat.pilot._post_mouse_events(
            [__import__("textual.events").events.MouseScrollUp], widget="#list"
        )
        await seat.until(lambda: "paused, 3 newer" in seat.text())


async def test_a_long_log_is_begun_near_its_end_and_pages_follow_each_other() -> None:
    engine = an_auditors(23_500)
    asked: list[int] = []

    async def paged(after: int = 0) -> tuple[AuditEntry, ...]:
        asked.append(after)
        return engine.audit_lines[after : after + 1000]

    engine.audit = paged  # type: ignore[method-assign]
    async with seated(engine) as seat:
        await seat.mode("f5", "audit 20000  follows")
        assert asked[0] == 3_500 and len(asked) == 20
        assert log(seat).pane.cursor == "23500"
        grow(engine, 2)
        await seat.passing(1.5)
        await seat.until(lambda: log(seat).pane.cursor == "23502")
        assert log(seat).tail.of == 20_000 and log(seat).tail.lines[0].seq == 3_503


async def test_it_is_asked_once_a_second_while_it_is_seen_and_not_otherwise() -> None:
    engine = an_auditors()
    asked: list[int] = []
    head = engine.audit_head

    async def counted() -> object:
        asked.append(1)
        return await head()

    engine.audit_head = counted  # type: ignore[method-assign,assignment]
    async with seated(engine) as seat:
        await seat.passing(10.0)
        assert asked == []
        await seat.mode("f5", "audit 5")
        asked.clear()
        for _ in range(20):
            await seat.passing(0.2)
        assert 3 <= len(asked) <= 5
        await seat.press("f2")
        asked.clear()
        await seat.passing(10.0)
        assert asked == []


async def test_the_filter_goes_by_person_act_outcome_and_object() -> None:
    async with seated(an_auditors(60)) as seat:
        await seat.mode("f5", "audit 60")
        await seat.press("slash", *"refused", "enter")
        await seat.until(lambda: "audit 6/60" in seat.text())
        assert "! refused" in seat.text()
        await seat.press("slash", *["backspace"] * 7, *"t-a", "enter")
        await seat.until(lambda: "audit 1/60" in seat.text())
        await seat.press("escape")
        await seat.until(lambda: "audit 60" in seat.text())


@pytest.mark.parametrize("role", ["investigator", "custodian"])
async def test_who_may_not_read_it_is_told_who_may_and_asks_for_no_line(role: str) -> None:
    engine = FakeEngine(hello=msgspec.structs.replace(HELLO, roles=(role,)))
    asked: list[int] = []

    async def never(after: int = 0) -> tuple[AuditEntry, ...]:
        asked.append(after)
        return ()

    engine.audit = never  # type: ignore[method-assign]
    async with seated(engine) as seat:
        await seat.mode("f5", f"An auditor reads the audit here; your role is {role}.", "5 lines  root")
        await seat.press("v")
        if role == "custodian":
            await seat.until(lambda: "verify" in seat.engine.reads)
        else:
            assert "v verify: not for your role: auditor, custodian may" in seat.text()
        assert asked == []


async def test_a_sound_log_is_said_to_be_sound() -> None:
    engine = an_auditors()
    engine.verdict = a_verdict(5, witnessed_at=NOW - timedelta(minutes=30))
    async with seated(engine) as seat:
        await seat.mode("f5", "not checked at this desk")
        await seat.press("v")
        await seat.until(lambda: "✓ 5 lines, all sound, checked in 0.2 s" in seat.text())
        assert "to line 4, in 3 checkpoints" in seat.text() and "to line 3, 30 min ago" in seat.text()


async def test_a_log_that_was_changed_is_said_to_be_and_where() -> None:
    engine = an_auditors()
    engine.verdict = a_verdict(
        5,
        first_bad=3,
        first_bad_until=4,
        problem="the hash does not fit",
        disagreement="the witness differs",
    )
    async with seated(engine) as seat:
        await seat.mode("f5", "audit 5")
        await seat.press("v")
        said = "! line one of 3 to 4 is not as it was written: the hash does not fit"
        await seat.until(lambda: said in seat.text())
        assert "! the witness differs" in seat.text()


@pytest.mark.parametrize("size", [NARROW, (60, 18), (200, 60)])
async def test_the_audit_stands_there_at_every_size(size: tuple[int, int]) -> None:
    async with seated(an_auditors(), size=size) as seat:
        await seat.mode("f5", "audit 5  follows", "C-A-1", "5 lines  root", "7 min ago", "? help")
