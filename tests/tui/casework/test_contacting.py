"""Fetching the line list while the person goes on working with it."""

import asyncio

from engine.api.client import EngineAway
from engine.api.contact_schema import Backing, ContactEntry, ContactLine
from tests.screens.fake_contacts import line_list
from tests.screens.fake_engine import FakeEngine
from tui.casework import linelist
from tui.casework.contacting import Contacting
from tui.casework.linelist import Order

MANY = 3_000  # put in order beside the screen for long enough that somebody can press a key


def ignored(words: str, tone: str) -> None:
    """What is said to the person."""


async def test_a_filter_and_an_order_that_are_chosen_while_the_list_comes_stay() -> None:
    engine = FakeEngine()
    engine.has_contacts(line_list(MANY))
    contacting = Contacting(engine, lambda: None, ignored)
    contacting.become(linelist.with_lines(contacting.state, "A", ()))
    loading = asyncio.create_task(contacting.load("A"))
    await asyncio.sleep(0)
    contacting.become(linelist.with_order(linelist.with_filter(contacting.state, "novak"), Order.NAME))
    assert not loading.done()
    await loading
    state = contacting.state
    assert (state.filter, state.order, len(state.rows)) == ("novak", Order.NAME, MANY)
    assert state.shown and all("Novak" in line.name for line in state.shown)


async def test_rows_of_a_case_that_left_the_desk_meanwhile_are_dropped() -> None:
    engine = FakeEngine()
    engine.has_contacts(line_list(MANY))
    contacting = Contacting(engine, lambda: None, ignored)
    contacting.become(linelist.with_lines(contacting.state, "A", ()))
    loading = asyncio.create_task(contacting.load("A"))
    await asyncio.sleep(0)
    contacting.become(linelist.with_lines(contacting.state, "B", ()))
    await loading
    assert (contacting.state.case_id, contacting.state.rows) == ("B", ())


async def test_a_list_that_is_kept_from_the_person_since_does_not_come_back_late() -> None:
    engine = FakeEngine()
    engine.has_contacts(line_list(MANY))
    contacting = Contacting(engine, lambda: None, ignored)
    loading = asyncio.create_task(contacting.load("A"))
    await asyncio.sleep(0)
    await contacting.hide("A", "not shown")
    await loading
    assert (contacting.state.hidden, contacting.state.rows) == ("not shown", ())


async def test_a_list_that_did_not_come_is_told_from_one_that_did() -> None:
    class Breaking(FakeEngine):
        async def contacts(self, case_id: str) -> tuple[ContactLine, ...]:
            self._there()
            return await super().contacts(case_id)

    engine = Breaking()
    contacting = Contacting(engine, lambda: None, ignored)
    engine.away = True
    assert not await contacting.load("A")
    engine.away = False
    assert await contacting.load("A")


async def test_a_row_of_which_no_answer_came_may_be_written_all_the_same_and_nobody_says_otherwise() -> None:
    class Silent(FakeEngine):
        async def add_contact(self, case_id: str, entry: ContactEntry) -> ContactLine:
            await super().add_contact(case_id, entry)
            raise EngineAway("broken pipe")

    said: list[str] = []
    contacting = Contacting(Silent(), lambda: None, lambda words, tone: said.append(words))
    await contacting.load("A")
    entry = ContactEntry(name="Lee", backing=Backing.ROSTER, reference="line 4")
    assert await contacting.write(entry, None) == ""
    assert said == ["the engine did not reply: look whether it was done when it is back"]
