"""The line list at the desk, by keyboard."""

from pathlib import Path

import msgspec
import pytest

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.contact_schema import Backing, ContactEntry, ContactLine, ExportKind, SceneOf
from engine.api.schema import Hello
from engine.domain.decision import Answer
from tests.screens.driving import NARROW, WIDE, Seat, seated
from tests.screens.fake_contacts import line_list, named, unnamed
from tests.screens.fake_engine import HELLO, FakeEngine
from tui.screens.asking import Confirm
from tui.screens.contact import ContactForm

SERVER = msgspec.structs.replace(HELLO, profile="server")


def an_engine(hello: Hello = HELLO) -> FakeEngine:
    engine = FakeEngine(hello=hello)
    engine.has_contacts((named(1, name="김서윤"), named(2, name="Amara Okafor"), unnamed(3), unnamed(4)))
    return engine


async def at_contacts(seat: Seat) -> None:
    await seat.until(lambda: seat.desk.desk.contacting.state.rows)
    await seat.press("4")


async def test_ten_thousand_rows_are_there_and_only_those_on_the_screen_are_drawn() -> None:
    engine = FakeEngine()
    engine.has_contacts(line_list(10_000))
    async with seated(engine) as seat:
        await at_contacts(seat)
        await seat.until(lambda: "contacts  10,000" in seat.text())
        drawn: list[str] = []
        pane = seat.desk.desk.contacts
        line = pane.line
        pane.line = lambda row, width: drawn.append(row.contact_id) or line(row, width)  # type: ignore
        await seat.press("pagedown", "pagedown", "down")
        assert 0 < len(set(drawn)) < 40


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 18), (200, 60)])
async def test_korean_and_latin_names_stand_in_line_at_every_size(size: tuple[int, int]) -> None:
    async with seated(an_engine(), size=size) as seat:
        await at_contacts(seat)
        await seat.until(lambda: "Okafor" in seat.text())
        rows = [line for line in seat.text().splitlines() if "김서윤" in line or "Amara Okafor" in line]
        places = [
            row.index("–", row.index(" ", row.index("윤" if "윤" in row else "Okafor"))) for row in rows
        ]
        # a Hangul syllable is two cells and one character
        assert places[0] + 3 == places[1]


async def test_a_filter_is_typed_shown_in_the_title_and_taken_away() -> None:
    async with seated(an_engine()) as seat:
        await at_contacts(seat)
        await seat.press("slash", *"okafor", "enter")
        await seat.until(lambda: "1 of 4" in seat.text() and "김서윤" not in seat.text())
        await seat.press("slash", *["backspace"] * 6, "enter")
        await seat.until(lambda: "김서윤" in seat.text())
        await seat.press("slash", *"nobody", "enter")
        await seat.until(lambda: "esc takes it away" in seat.text())
        await seat.press("escape")
        await seat.until(lambda: "김서윤" in seat.text())


async def test_a_row_that_a_colleague_wrote_comes_by_itself_and_an_answer_alone_brings_no_list_again() -> (
    None
):
    engine = an_engine()
    async with seated(engine) as seat:
        await at_contacts(seat)
        asked: list[str] = []
        contacts = engine.contacts

        async def asking(case_id: str) -> tuple[ContactLine, ...]:
            asked.append(case_id)
            return await contacts(case_id)

        engine.contacts = asking  # type: ignore[method-assign]
        engine.answer_elsewhere("C-A-4", Answer.NOT_SAME, "lee")
        await seat.until(lambda: seat.desk.triage.state.candidates[-1].decided_by == "lee")
        assert asked == []
        engine.has_contacts((named(1, name="김서윤"), named(9, name="Ilse Novak")))
        engine.happens("contact", "A")
        await seat.until(lambda: "Ilse Novak" in seat.text())
        assert set(asked) == {"A"}


async def test_keys_of_the_list_do_nothing_elsewhere_and_say_where_they_do() -> None:
    async with seated(an_engine()) as seat:
        await seat.press("M")
        assert "that is for contacts: 4" in seat.text()


async def test_an_unnamed_person_gets_a_row_from_a_record_and_is_linked_to_it() -> None:
    async with seated(an_engine()) as seat:
        await at_contacts(seat)
        await seat.press("down", "down", "enter")
        assert "only through a record" in seat.text()
        await seat.press("plus")
        assert isinstance(seat.desk.screen, ContactForm) and "for U-003" in seat.text()
        await seat.press(*"Park", "enter", *"ro", "enter", *"line7", "f10")
        await seat.until(lambda: "Park: saved" in seat.text())
        written = next(line for line in seat.desk.desk.contacting.state.rows if line.line.name == "Park").line
        assert (written.backing, written.reference) == (Backing.ROSTER, "line7")
        assert [SceneOf(candidate_id=s.candidate_id, person=s.person) for s in written.scenes] == [
            SceneOf(candidate_id="C-A-4", person="U-003")
        ]


async def test_a_row_without_a_reference_is_not_taken_and_nothing_typed_is_lost() -> None:
    async with seated(an_engine()) as seat:
        await at_contacts(seat)
        await seat.press("plus", *"Lee", "f10")
        await seat.until(lambda: "reference: is missing" in seat.text() and "Lee" in seat.text())
        await seat.press("escape")
        assert seat.desk.screen is seat.desk.desk


async def test_a_scene_is_linked_by_the_number_that_stays_whoever_is_called_so_now() -> None:
    """Who is U-003 may be somebody else once another sighting is confirmed."""
    engine = an_engine()
    entries: list[ContactEntry] = []
    add = engine.add_contact
    change = engine.change_contact

    async def adding(case_id: str, entry: ContactEntry) -> ContactLine:
        entries.append(entry)
        return await add(case_id, entry)

    async def changing(case_id: str, contact_id: str, entry: ContactEntry, *, version: int) -> ContactLine:
        entries.append(entry)
        return await change(case_id, contact_id, entry, version=version)

    engine.add_contact, engine.change_contact = adding, changing  # type: ignore[method-assign]
    async with seated(engine) as seat:
        await at_contacts(seat)
        await seat.press("down", "down", "plus")
        await seat.press(*"Park", "enter", *"ro", "enter", *"line7", "f10")
        await seat.until(lambda: len(entries) == 1)
        await seat.until(lambda: "Park: saved" in seat.text())
        await seat.until(lambda: seat.desk.desk.contacts.current is not None)
        await seat.press("up", "up", "up", "up", "enter")
        await seat.until(lambda: isinstance(seat.desk.screen, ContactForm))
        await seat.press("f10")
        await seat.until(lambda: len(entries) == 2)
    assert entries[0].scenes and entries[1].scenes
    assert all(scene.number > 0 for entry in entries for scene in entry.scenes)


@pytest.mark.parametrize("refused", [None, EngineSaysNo(409, "conflict", "changed by lee at 12:21")])
async def test_what_was_typed_into_a_row_stands_there_again_until_it_is_written(
    refused: EngineSaysNo | None,
) -> None:
    """After escape, and after a refusal: what somebody else changed meanwhile stays beside it."""
    engine = an_engine()
    async with seated(engine) as seat:
        await at_contacts(seat)
        await seat.press("enter")
        await seat.until(lambda: isinstance(seat.desk.screen, ContactForm))
        await seat.press("end", *"X9")
        engine.refuse_contacts = refused
        await seat.press("f10" if refused else "escape")
        await seat.until(lambda: seat.desk.screen is seat.desk.desk)
        if refused:
            await seat.until(lambda: "changed by lee" in seat.text())
        engine.refuse_contacts = None
        line = next(row.line for row in seat.desk.desk.contacting.state.rows if row.line.name == "김서윤")
        engine.has_contacts((msgspec.structs.replace(line, phone="010-5550-7777", version=9),))
        await seat.desk.desk.contacting.load("A")
        await seat.press("enter")
        await seat.until(lambda: isinstance(seat.desk.screen, ContactForm))
        assert "김서윤X9" in seat.text() and "010-5550-7777" in seat.text()
        await seat.press("f10")
        await seat.until(lambda: "김서윤X9: saved" in seat.text())
        await seat.press("enter", "escape", "enter")
        assert "X9X9" not in seat.text()


async def test_after_somebody_was_faster_the_next_try_is_about_the_row_as_it_stands() -> None:
    engine = an_engine()
    async with seated(engine) as seat:
        await at_contacts(seat)
        line = seat.desk.desk.contacting.state.rows[0].line
        engine.has_contacts((msgspec.structs.replace(line, phone="010-5550-7777", version=line.version + 1),))
        await seat.press("enter", "end", *"X", "f10")
        await seat.until(lambda: "look at it again" in seat.text())
        await seat.until(lambda: seat.desk.desk.contacting.state.rows[0].line.phone == "010-5550-7777")
        await seat.press("enter", "f10")
        await seat.until(lambda: "김서윤X: saved" in seat.text())


@pytest.mark.parametrize("size", [(120, 40), (60, 18)])
async def test_a_row_with_a_long_note_of_several_lines_is_changed_here_and_loses_nothing(
    size: tuple[int, int],
) -> None:
    engine = an_engine()
    note = "called twice\n" + "n" * 3_900
    engine.has_contacts((msgspec.structs.replace(named(1), note=note, reference="r" * 500),))
    async with seated(engine, size=size) as seat:
        await at_contacts(seat)
        await seat.press("enter")
        assert isinstance(seat.desk.screen, ContactForm)
        await seat.press(*["down"] * 8)
        assert "enter: next field" in seat.text()
        await seat.press("Z", "enter")
        await seat.until(lambda: seat.desk.screen is seat.desk.desk)
        await seat.until(lambda: next(iter(engine._of("A").values())).note == note + "Z")
        assert (await engine.contacts("A"))[0].reference == "r" * 500


async def test_a_row_with_what_no_screen_shows_is_not_cut_by_being_changed_here() -> None:
    engine = an_engine()
    engine.has_contacts(
        (
            msgspec.structs.replace(named(1), note="bell\x07"),
            msgspec.structs.replace(named(2), reference="one\ntwo"),
            msgspec.structs.replace(named(3), name="r" * 300),
        )
    )
    async with seated(engine) as seat:
        await at_contacts(seat)
        for _ in range(3):
            await seat.press("enter")
            assert seat.desk.screen is seat.desk.desk
            assert "has what no screen shows: tracedesk contacts change" in seat.text()
            await seat.press("down")


async def test_two_named_rows_are_put_together_after_a_look_and_come_apart_again() -> None:
    async with seated(an_engine()) as seat:
        await at_contacts(seat)
        await seat.press("M")
        await seat.until(lambda: "M on another row puts it into 김서윤" in seat.text())
        await seat.press("down", "M")
        assert isinstance(seat.desk.screen, Confirm)
        assert "goes in: Amara Okafor" in seat.text()
        await seat.press("M", "enter")
        assert isinstance(seat.desk.screen, Confirm), "the key that led here confirms nothing"
        await seat.press("y", "enter")
        await seat.until(lambda: "contacts  3" in seat.text() and "김서윤 +1" in seat.text())
        await seat.press("U")
        await seat.until(lambda: "contacts  4" in seat.text())
        await seat.press("end", "home", "M")
        await seat.until(lambda: "M on another row puts it into 김서윤" in seat.text())
        await seat.press("escape")
        await seat.until(lambda: "M on another row" not in seat.text())


async def test_an_unnamed_row_is_never_put_together() -> None:
    async with seated(an_engine()) as seat:
        await at_contacts(seat)
        await seat.press("down", "down", "M")
        assert "only through a record" in seat.text()
        assert seat.desk.desk.contacting.state.keep is None


async def test_nothing_leaves_before_the_case_number_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = an_engine(SERVER)
    async with seated(engine) as seat:
        await seat.until(lambda: seat.desk.desk.contacting.state.rows)
        await seat.press("e", *"B", "enter")
        assert not engine.__dict__.get("exports")
        await seat.press("e", *"A", "enter")
        await seat.until(lambda: "line-list.csv" in seat.text())
        assert [(case, wanted.kind) for case, wanted in engine.exports] == [("A", ExportKind.LINE_LIST)]
        assert (tmp_path / "line-list.csv").stat().st_mode & 0o777 == 0o600


async def test_an_export_never_takes_the_place_of_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "timeline.csv").write_text("mine")
    async with seated(an_engine(SERVER)) as seat:
        await seat.until(lambda: seat.desk.desk.contacting.state.rows)
        await seat.press("E", *"A", "enter")
        await seat.until(lambda: "timeline-2.csv" in seat.text())
    assert (tmp_path / "timeline.csv").read_text() == "mine"


async def test_a_refusal_of_the_engine_is_one_line() -> None:
    engine = an_engine(SERVER)
    async with seated(engine) as seat:
        await at_contacts(seat)
        engine.refuse_contacts = EngineSaysNo(403, "G10", "nothing is seconded yet [G10]")
        await seat.press("e", *"A", "enter")
        await seat.until(lambda: "nothing is seconded yet [G10]" in seat.text())


async def test_a_rehearsal_says_that_nothing_leaves_it_before_it_asks_for_anything() -> None:
    async with seated(an_engine()) as seat:
        await seat.until(lambda: seat.desk.desk.contacting.state.rows)
        for key in "eE":
            await seat.press(key)
            assert seat.desk.screen is seat.desk.desk, "no question"
            assert "export: nothing leaves a rehearsal" in seat.text()


class Breaking(FakeEngine):
    """Its first answer about contacts is lost on the way."""

    lost = False

    async def contacts(self, case_id: str) -> tuple[ContactLine, ...]:
        if not self.lost:
            self.lost = True
            raise EngineAway("broken pipe")
        return await super().contacts(case_id)


async def test_a_list_that_did_not_come_is_asked_for_again() -> None:
    async with seated(Breaking()) as seat:
        seat.engine.tell()
        await seat.until(lambda: seat.desk.desk.contacting.state.rows)


SMALL = (NARROW, (60, 18))


@pytest.mark.parametrize("size", SMALL)
async def test_where_no_frame_has_a_title_the_tabs_say_what_the_list_shows(size: tuple[int, int]) -> None:
    async with seated(an_engine(), size=size) as seat:
        await at_contacts(seat)
        await seat.press("slash", *"okafor", "enter")
        await seat.until(lambda: "1 of 4" in seat.text().splitlines()[1])
        await seat.press("2")
        assert "1 of 4" not in seat.text().splitlines()[1]


@pytest.mark.parametrize("size", SMALL)
async def test_a_merge_that_is_begun_is_said_on_a_small_screen_too(size: tuple[int, int]) -> None:
    async with seated(an_engine(), size=size) as seat:
        await at_contacts(seat)
        await seat.press("M")
        assert "M on another row puts it into 김서윤" in seat.text().splitlines()[-2]
        await seat.press("M")
        assert "no merge" in seat.text().splitlines()[-2]


async def test_no_row_is_cut_where_its_columns_fit() -> None:
    async with seated(an_engine(), size=(60, 18)) as seat:
        await at_contacts(seat)
        await seat.until(lambda: "Okafor" in seat.text())
        rows = [line for line in seat.text().splitlines() if "김서윤" in line or "U-003" in line]
        assert len(rows) == 2 and not any("…" in row for row in rows)


async def test_every_field_of_a_row_stands_apart_from_what_it_is_called() -> None:
    async with seated(an_engine(), size=NARROW) as seat:
        await at_contacts(seat)
        await seat.press("enter")
        await seat.until(lambda: "phone number  010" in seat.text())


@pytest.mark.parametrize("size", SMALL)
async def test_a_reason_that_is_longer_than_its_line_goes_on_below_until_the_next_key(
    size: tuple[int, int],
) -> None:
    async with seated(an_engine(), size=size) as seat:
        await at_contacts(seat)
        await seat.press("end", "enter")
        said = " ".join(line.strip() for line in seat.text().splitlines()[-2:])
        assert "a name only through a record: + makes a row from one" in said
        await seat.passing(1)
        assert "from one" in seat.text(), "no paint takes it away"
        await seat.press("up")
        assert "q quit" in seat.text().splitlines()[-1]
