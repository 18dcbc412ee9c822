"""The desk as it stands at some moments of the work: what snapshots hold and what pictures show.

Every person, case and place here is invented; clock, language, keys and colours are given.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec

from engine.api.case_schema import Kept
from engine.api.schema import Conflict, Hello
from engine.domain.authorisation import AuthorisationState
from engine.domain.decision import Answer
from tests.screens.driving import Seat, seated
from tests.screens.fake_casework import SHARED, an_authorisation
from tests.screens.fake_city import a_placed_detail
from tests.screens.fake_contacts import named, unnamed
from tests.screens.fake_engine import HELLO, ME, NOW, FakeEngine, a_candidate, a_detail, a_trace, ten_traces
from tests.screens.forming import open_form, typed
from tui.comfort.settings import Language, Settings, Theme
from tui.keys import use_keys
from tui.language.catalogue import ENGLISH
from tui.language.catalogue import use as speak
from tui.screens.compare import CompareScreen
from tui.screens.interview import InterviewScreen, Pauses
from tui.screens.scope import ScopeScreen
from tui.screens.zoom import ZoomScreen

SIZES = {"120x40": (120, 40), "80x24": (80, 24), "200x60": (200, 60)}
AT_ONCE_S = 0.001
STILL = 3  # so many looks in a row that are alike
AUDITOR = msgspec.structs.replace(HELLO, roles=("auditor",))
AUTHORISER = msgspec.structs.replace(HELLO, roles=("authoriser",))
HOSTILE = "[red]x[/red] \x1b[2J\x1b]52;c;aGk=\x07 \u202e[@click=app.quit]y[/] 김서윤\u200b\u0301"

Steps = Callable[[Seat], Awaitable[None]]


# --- engines --------------------------------------------------------------------------------------


def a_working_morning(hello: Hello = HELLO) -> FakeEngine:
    """Ten traces; case A has places, contacts, and one candidate that a colleague confirmed."""
    engine = FakeEngine({**ten_traces(), "T-A": a_placed_detail()}, hello)
    engine.has_contacts((named(1, name="김서윤"), named(2, name="Amara Okafor"), unnamed(3), unnamed(4)))
    return engine


def an_inbox() -> FakeEngine:
    """A request, an emergency and two papers in force."""
    engine = a_working_morning(AUTHORISER)
    urgent = an_authorisation(
        7, "D", NOW, state=AuthorisationState.EMERGENCY, approved_by="", reason="the bus leaves at six",
        review_due=NOW + timedelta(hours=20),
    )  # fmt: skip
    engine.papers[urgent.authorisation_id] = urgent
    return engine


def an_audit() -> FakeEngine:
    return a_working_morning(AUDITOR)


def a_contradiction() -> FakeEngine:
    """Two sightings are confirmed that cannot both be true."""
    by = {2: ME, 3: "kim"}
    found = tuple(
        a_candidate(n, answer=Answer.SAME, decided_by=by[n], decided_at=NOW) if n in by else a_candidate(n)
        for n in range(1, 5)
    )
    both = Conflict(first_id="C-A-2", second_id="C-A-3", because="12 km apart within 3 minutes")
    return FakeEngine({"T-A": msgspec.structs.replace(a_detail(), candidates=found, conflicts=(both,))})


def a_hostile_engine() -> FakeEngine:
    """Names, places and notes that would command a terminal, if they reached it."""
    detail = a_placed_detail()
    candidates = tuple(
        msgspec.structs.replace(
            c, camera_name=HOSTILE, place=HOSTILE, evidence=(HOSTILE, "[/]"), note=HOSTILE
        )
        for c in detail.candidates
    )
    visits = tuple(msgspec.structs.replace(visit, label=HOSTILE) for visit in detail.visits)
    broken = a_trace("[bold]B", message=HOSTILE, trace_id="T-B")
    engine = FakeEngine({
        "T-A": msgspec.structs.replace(detail, candidates=candidates, visits=visits),
        "T-B": msgspec.structs.replace(a_detail("B", 0), trace=broken),
    })  # fmt: skip
    engine.has_contacts((named(1, name=HOSTILE), named(2, name="[@click=app.quit]" + "김" * 60), unnamed(3)))
    engine.texts["A", SHARED] = Kept(kind=SHARED, text=HOSTILE, by=HOSTILE, at=NOW, version=1)
    return engine


# --- steps ----------------------------------------------------------------------------------------


async def in_a_case(seat: Seat) -> None:
    """One candidate answered, the next on the card, and the line list there."""
    await seat.press("x")
    await seat.pictures("C-A-2")
    await seat.until(lambda: not seat.desk.triage.state.writing)
    await seat.until(lambda: seat.desk.triage.state.candidates[0].answer is not None)
    await seat.until(lambda: seat.desk.desk.contacting.state.rows)
    if seat.desk.size.width >= 160:
        await seat.until(lambda: "⠶ path" in seat.text() and "□" in seat.text())


async def on_the_map(seat: Seat) -> None:
    await seat.until(lambda: seat.desk.desk.contacting.state.rows)
    await seat.press("3", "t")
    await seat.until(lambda: "⠶ path" in seat.text() and "□" in seat.text())


async def at_contacts(seat: Seat) -> None:
    await seat.until(lambda: seat.desk.desk.contacting.state.rows)
    await seat.press("4", "down")


async def large(seat: Seat) -> None:
    await seat.zoomed()
    screen = seat.desk.screen
    assert isinstance(screen, ZoomScreen)


async def compared(seat: Seat) -> None:
    await seat.press("C")
    screen = seat.desk.screen
    assert isinstance(screen, CompareScreen)
    await seat.until(lambda: all(box.picture is not None for box in screen._boxes))


async def the_cases(seat: Seat) -> None:
    await seat.mode("f3", "waits for")
    await seat.until(lambda: "Hana" in seat.text() or "open" in seat.text())


async def the_approvals(seat: Seat) -> None:
    await seat.mode("f4", "authorisations and orders", "▲ emergency")


async def the_audit(seat: Seat) -> None:
    await seat.mode("f5", "audit 5", "C-A-1")


async def the_health(seat: Seat) -> None:
    await seat.mode("f6", "✓ runs", "41 of 100 GiB free (41%)")


async def an_interview(seat: Seat) -> None:
    await open_form(seat, InterviewScreen, pauses=Pauses(look_s=AT_ONCE_S, keep_s=AT_ONCE_S))
    await typed(seat, "City library, 1 Mar 14:10-15:00, sure, mask, 2 with Kim")
    await seat.press("enter")
    await typed(seat, "Hana market, 16:70")
    await seat.press("enter")
    await typed(seat, "ca")
    await seat.until(lambda: "1 Cafe Onda" in seat.text() and "City library (library)" in seat.text())


async def a_scope(seat: Seat) -> None:
    await open_form(seat, ScopeScreen, look_s=AT_ONCE_S)
    await seat.until(lambda: "camera-hours, about" in seat.text())


# --- sitting down ---------------------------------------------------------------------------------


@asynccontextmanager
async def scene(
    engine: FakeEngine,
    steps: Steps,
    size: tuple[int, int],
    theme: Theme = "tracedesk",
    language: Language = "en",
) -> AsyncIterator[Seat]:
    """The desk after these steps, when nothing on its screen changes any more."""
    use_keys({})
    speak(language)
    try:
        settings = Settings(theme=theme, language=language)
        async with seated(engine, size, theme, settings=settings) as seat:
            await steps(seat)
            await still(seat)
            yield seat
    finally:
        speak(ENGLISH)


async def still(seat: Seat) -> None:
    """Let the desk work until some looks in a row are alike."""
    alike, last = 0, ""

    def same_again() -> bool:
        nonlocal alike, last
        now = seat.text()
        alike, last = (alike + 1 if now == last else 0), now
        return alike >= STILL

    await seat.until(same_again)
