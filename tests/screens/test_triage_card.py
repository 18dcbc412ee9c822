"""The card: frames, order of words, notes, second reviewers, history."""

import msgspec
import pytest
from rich.text import Text
from textual import events

from engine.api.review_schema import MOST_NOTE_CHARACTERS
from engine.api.schema import CandidateView
from engine.domain.decision import Answer
from tests.screens.driving import NARROW, WIDE, seated
from tests.screens.fake_engine import ME, NOW, FakeEngine, a_candidate, a_detail
from tests.screens.invented import head, picture
from tui.panes.evidence import WordsPane
from tui.panes.longfield import LongField
from tui.screens.asking import AskLong, AskText, Confirm
from tui.screens.history import HistoryScreen


def engine_with(*candidates: object) -> FakeEngine:
    detail = a_detail("A", len(candidates))
    return FakeEngine({"T-A": msgspec.structs.replace(detail, candidates=candidates)})


async def test_frames_of_the_track_move_on_the_card_with_which_of_how_many_and_when() -> None:
    for size in (WIDE, NARROW):
        async with seated(size=size) as seat:
            assert "CANDIDATE 12:07:00 1/2" in seat.text()
            await seat.press("right_square_bracket", "right_square_bracket")
            assert "CANDIDATE 12:07:01 2/2" in seat.text()
            assert len(seat.engine.views) == 1, "they came with the view"
            await seat.press("left_square_bracket")
            assert "CANDIDATE 12:07:00 1/2" in seat.text()
            await seat.press("J")
            assert seat.desk.triage.state.trace_id == "T-B"


async def test_the_models_words_come_after_the_answer_and_before_the_evidence() -> None:
    async with seated(engine_with(a_candidate(1, opinion=("nobody else scores as high",)))) as seat:
        assert "scores as high" not in seat.text()
        await seat.press("x")
        await seat.until(lambda: "no other candidate of this" in seat.text())
        text = seat.text()
        assert text.index("the model, after your answer") < text.index("41 px between the eyes")


async def test_what_is_missing_is_said_to_be() -> None:
    async with seated(engine_with(a_candidate(1, evidence=(), inter_eye_px=0.0, place=""))) as seat:
        for words in ("size: not available", "journey: not available", "place not available"):
            assert words in seat.text()


async def test_note_and_wish_stand_on_the_card_with_who_left_them() -> None:
    noted = a_candidate(1, note="blue coat", noted_by="lee", second_wanted_by="lee")
    async with seated(engine_with(noted)) as seat:
        assert "✎ note by lee: blue coat" in seat.text()
        assert "◇ second reviewer wanted by lee" in seat.text()


async def test_a_note_left_half_written_is_there_when_one_comes_back() -> None:
    async with seated() as seat:
        await seat.press("m")
        assert isinstance(seat.desk.screen, AskText)
        await seat.press("b", "l", "u", "e", "escape")
        assert seat.engine.notes == []
        await seat.press("m")
        assert "blue" in seat.text()
        await seat.press("r", "enter")
        await seat.until(lambda: seat.engine.notes)
        assert seat.engine.notes == [("C-A-1", "bluer")]
        await seat.until(lambda: "✎ note by investigator: bluer" in seat.text())


async def test_a_note_that_was_taken_back_to_what_stands_there_is_no_draft() -> None:
    async with seated() as seat:
        await seat.press("m", "b", "l", "backspace", "backspace", "escape")
        assert seat.desk.desk.margin.drafts == {}


async def test_a_note_that_is_still_being_written_is_not_given_up_for_the_next_one() -> None:
    class Slow(FakeEngine):
        async def note(self, candidate_id: str, text: str, *, version: int) -> CandidateView:
            await self.may_write.wait()
            return await super().note(candidate_id, text, version=version)

    async with seated(Slow()) as seat:
        seat.engine.may_write.clear()
        await seat.press("m", "b", "enter", "j", "m", "c", "enter")
        seat.engine.may_write.set()
        await seat.until(lambda: len(seat.engine.notes) == 2)
        assert seat.engine.notes == [("C-A-1", "b"), ("C-A-2", "c")]


async def test_letters_of_a_note_answer_nothing() -> None:
    async with seated() as seat:
        await seat.press("m", "a", "x", "space", "1", "u", "enter")
        await seat.until(lambda: seat.engine.notes)
        assert seat.engine.notes == [("C-A-1", "ax 1u")] and seat.engine.decisions == []


async def test_a_note_that_somebody_else_changed_meanwhile_is_shown_and_not_written_over() -> None:
    async with seated() as seat:
        await seat.press("m", "b")
        seat.engine.answer_elsewhere("C-A-1", Answer.NOT_SAME, "lee")
        await seat.press("enter")
        await seat.until(lambda: "changed by lee at 12:21" in seat.text())
        assert seat.engine.notes == []
        await seat.press("m")
        assert "│  b" in seat.text()


async def test_f_wishes_for_a_second_reviewer_and_takes_it_back() -> None:
    async with seated() as seat:
        await seat.press("f")
        await seat.until(lambda: "second reviewer wanted by investigator" in seat.text())
        await seat.press("f")
        await seat.until(lambda: "wanted by" not in seat.text())
        assert [wanted for _, wanted in seat.engine.wished] == [True, False]


async def test_becoming_the_second_reviewer_is_confirmed_and_then_said_on_the_card() -> None:
    asked = a_candidate(1, second_wanted_by="kim")
    async with seated(engine_with(asked, a_candidate(2, answer=Answer.SAME, decided_by="kim"))) as seat:
        await seat.press("F")
        assert isinstance(seat.desk.screen, Confirm)
        await seat.press("enter", "escape")
        assert seat.engine.seconds == []
        await seat.press("F", "y", "enter")
        await seat.until(lambda: "you are the second reviewer: first answers are hidden" in seat.text())
        assert seat.engine.seconds == ["T-A"]
        await seat.until(lambda: "2 to do" in seat.text())
        await seat.press("F")
        assert "you are the second reviewer already" in seat.text()


async def test_on_a_large_screen_the_face_on_the_card_is_large_enough_to_confirm_by() -> None:
    async with seated(size=(200, 60)) as seat:
        assert 60 <= seat.engine.views[-1][1] < 66
        small = msgspec.structs.replace(
            picture("face", head("patient"), 0.0),
            width=96,
            height=123,
            face_px=96.0,  # 21 of 27 pixels, made larger
        )
        assert seat.desk.desk.card.face_height_px(small) >= 60, "the least share of a still, by rounding"
        text = seat.text()
        assert "6 min on foot after the card record" in text and "the model speaks after you" in text
        await seat.press("a")
        await seat.until(lambda: seat.engine.decisions)
        assert [answer for _, _, answer, _ in seat.engine.decisions] == [Answer.SAME]


def withholding() -> FakeEngine:
    engine = engine_with(a_candidate(1, answer=Answer.SAME, decided_by="kim"), a_candidate(2))
    engine.withhold("T-A")
    return engine


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40), (200, 60)])
async def test_where_answers_are_withheld_the_card_says_so_and_which_keys_choose(
    size: tuple[int, int],
) -> None:
    async with seated(withholding(), size=size) as seat:
        await seat.until(lambda: "first answers withheld" in seat.text())
        assert "F review second" in seat.text() and "B see answers" in seat.text()
        await seat.press("a")
        assert "first choose: review second, or see answers" in seat.text()
        assert seat.engine.decisions == []


async def test_where_answers_are_withheld_the_line_list_is_not_even_asked_for() -> None:
    engine = withholding()
    engine.contacts = None  # type: ignore[method-assign,assignment]
    async with seated(engine) as seat:
        await seat.until(lambda: "which are hidden from you" in seat.text())
        assert "U-002" not in seat.text()


async def test_the_withheld_answers_are_shown_after_a_yes_and_then_nobody_is_the_second_reviewer() -> None:
    async with seated(withholding()) as seat:
        await seat.press("B")
        assert isinstance(seat.desk.screen, Confirm)
        await seat.press("enter")
        assert seat.engine.looked == []
        await seat.press("B", "y", "enter")
        await seat.until(lambda: "first answers are shown: you cannot be the second reviewer" in seat.text())
        assert seat.engine.looked == ["T-A"]
        await seat.until(lambda: "1 to do" in seat.text() and "U-002" in seat.text())
        await seat.press("B")
        assert "no answers are withheld from you here" in seat.text()


async def test_who_reviews_second_instead_goes_on_blind() -> None:
    async with seated(withholding()) as seat:
        await seat.press("F", "y", "enter")
        await seat.until(lambda: "you are the second reviewer: first answers are hidden" in seat.text())
        await seat.until(lambda: "2 to do" in seat.text())
        assert "first answers withheld" not in seat.text()


async def test_nobody_becomes_the_second_reviewer_unasked() -> None:
    async with seated() as seat:
        await seat.press("F")
        assert "nobody else wants a second reviewer here" in seat.text()


async def test_who_answered_second_sees_the_first_answer_after_their_own() -> None:
    given = a_candidate(
        1,
        answer=Answer.SAME,
        decided_by="kim",
        second_answer=Answer.NOT_SAME,
        second_by=ME,
        support="weak support",
    )
    async with seated(engine_with(given)) as seat:
        assert "you:   × not the same" in seat.text()
        assert "kim: ● same person" in seat.text() and "model: weak support" in seat.text()


async def test_the_history_takes_any_of_the_last_answers_back() -> None:
    async with seated() as seat:
        for number in (1, 2, 3):
            await seat.pictures(f"C-A-{number}")
            await seat.press("x")
        await seat.pictures("C-A-4")
        await seat.press("h")
        assert isinstance(seat.desk.screen, HistoryScreen)
        lines = [line for line in seat.text().splitlines() if "× not the same  A  " in line]
        assert [line.split("A  ")[1][:24] for line in lines] == [
            f"12:{minute:02d}:00  cam1 west door" for minute in (21, 14, 7)
        ]
        assert "12:20:30" in lines[0]
        await seat.press("j", "j", "enter")
        await seat.pictures("C-A-1")
        assert seat.engine.undone == ["C-A-1"]
        assert [a.candidate_id for a in seat.desk.triage.state.answered] == ["C-A-2", "C-A-3"]


async def test_answers_from_before_this_sitting_are_not_in_the_history() -> None:
    async with seated(engine_with(a_candidate(1, answer=Answer.SAME, decided_by=ME, decided_at=NOW))) as seat:
        await seat.press("h")
        assert "no answers of this sitting stand" in seat.text()
        await seat.press("enter", "escape")
        assert seat.engine.undone == []


async def test_a_note_with_signs_that_no_screen_shows_is_not_written_again_without_them() -> None:
    async with seated(engine_with(a_candidate(1, note="blue\x07coat", noted_by="lee"))) as seat:
        await seat.press("m")
        assert "this note has signs that no screen shows: tracedesk candidates note C-A-1" in seat.text()
        assert seat.desk.screen is seat.desk.desk


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 18)])
async def test_a_note_as_long_as_the_engine_keeps_is_gone_through_and_changed_in_its_middle(
    size: tuple[int, int],
) -> None:
    note = "a first line\n" + "word " * 396  # less the blank at its end
    note = note.rstrip() + "x" * (MOST_NOTE_CHARACTERS - len(note.rstrip()) - 1)
    async with seated(engine_with(a_candidate(1, note=note, noted_by="lee")), size=size) as seat:
        await seat.press("m")
        assert "a first line" not in seat.text(), "the end is at hand"
        await seat.press("X", "Y")
        await seat.press(*["up"] * 90, after_s=0.1)
        await seat.press("home", "down", "home", "delete", "W")
        assert "a first line" in seat.text() and "Word word" in seat.text()
        assert "enter" in seat.text() and "esc" in seat.text()
        await seat.press("enter")
        await seat.until(lambda: seat.engine.notes)
        assert seat.engine.notes == [("C-A-1", note.replace("word", "Word", 1) + "X")], "no more than is kept"


async def test_lines_that_are_pasted_into_a_note_stay_lines() -> None:
    async with seated() as seat:
        await seat.press("m")
        seat.desk.screen.query_one(LongField).post_message(events.Paste("one\r\ntwo\tthree"))
        await seat.pilot.pause()
        await seat.press("enter")
        await seat.until(lambda: seat.engine.notes)
        assert seat.engine.notes == [("C-A-1", "one\ntwo three")]
        await seat.until(lambda: "✎ note by investigator: one" in seat.text())


async def test_of_a_very_long_text_only_the_lines_that_are_seen_are_painted_for_a_letter() -> None:
    async with seated(size=NARROW) as seat:
        ask = AskLong("Why", "word " * 12_000, limit=64 * 1024)
        seat.desk.push_screen(ask)
        await seat.pilot.pause()
        field = ask.query_one(LongField)
        painted: list[int] = []
        paint = field.render_line
        field.render_line = lambda y: (painted.append(y), paint(y))[1]  # type: ignore[method-assign]
        await seat.press("x")
        assert 0 < len(painted) <= 2 * field.size.height and field.said.endswith("word x")


def test_words_on_the_card_are_folded_once_for_as_long_as_they_stand() -> None:
    pane = WordsPane(id="words")
    pane._paragraphs = [Text("word " * 400)]
    first = pane.lines(38, 20)
    pane._paragraphs = [Text("word " * 400)]
    assert len(first) > 50 and pane.lines(38, 20)[0] is first[0]
    assert pane.lines(30, 20)[0] is not first[0]
