"""Consent to face search is asked apart from the records, and withdrawing it is never an accident."""

import hashlib
import threading
from pathlib import Path

import pytest

from engine.api.schema import GroundRecord
from engine.domain.ground import GroundKind
from tests.screens.driving import NARROW, WIDE, Seat
from tests.screens.forming import at_form, typed
from tui.screens import consent
from tui.screens.asking import Confirm
from tui.screens.consent import ConsentScreen

DIGEST = "0123456789abcdef" * 4


def grounds(seat: Seat) -> list[GroundRecord]:
    return [what[1] for call, what in seat.engine.asked_for if call == "ground"]  # type: ignore[index]


async def write(seat: Seat, key: str, text: str) -> None:
    await seat.press(key)
    await typed(seat, text)
    await seat.press("enter")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_records_and_face_search_are_two_blocks(size: tuple[int, int]) -> None:
    async with at_form(ConsentScreen, "B", size=size) as seat:
        text = seat.text()
        records, faces = text.index("RECORDS"), text.index("FACE SEARCH")
        assert records < text.index("no consent needed") < faces < text.index("a separate consent of the")
        assert "asked of the province 27 h ago" in text[records:faces]


async def test_a_consent_is_recorded_by_the_digest_of_its_paper_which_stays_where_it_is(
    tmp_path: Path,
) -> None:
    paper = tmp_path / "consent.pdf"
    paper.write_bytes(b"signed")
    async with at_form(ConsentScreen, "E") as seat:
        assert "no ground is recorded" in seat.text()
        await write(seat, "d", str(paper))
        await seat.until(lambda: isinstance(seat.desk.screen, Confirm))
        assert not grounds(seat)
        await seat.press("y", "enter")
        await seat.until(lambda: "✓ the ground for a face search is recorded" in seat.text())
        (ground,) = grounds(seat)
        assert ground == GroundRecord(
            kind=GroundKind.SEPARATE_CONSENT, document_sha256=hashlib.sha256(b"signed").hexdigest()
        )
        assert "a separate consent of the patient is recorded" in seat.text()


async def test_the_digest_itself_may_be_typed() -> None:
    async with at_form(ConsentScreen, "E") as seat:
        await write(seat, "d", DIGEST.upper())
        await seat.until(lambda: isinstance(seat.desk.screen, Confirm))
        assert DIGEST[:32] in seat.text()
        await seat.press("y", "enter")
        await seat.until(lambda: grounds(seat))
        assert grounds(seat)[0].document_sha256 == DIGEST


async def test_a_path_that_leads_nowhere_asks_the_engine_nothing_and_stays_typed() -> None:
    async with at_form(ConsentScreen, "E") as seat:
        await write(seat, "d", "/no/such/paper.pdf")
        await seat.until(lambda: "there is no file /no/such/paper.pdf" in seat.text())
        await seat.press("d")
        assert "/no/such/paper.pdf" in seat.text()
        assert not grounds(seat)


async def test_escape_loses_nothing_of_what_was_typed() -> None:
    async with at_form(ConsentScreen, "E") as seat:
        await seat.press("d")
        await typed(seat, "/papers/con")
        await seat.press("escape", "d")
        assert "/papers/con" in seat.text()


async def test_a_law_that_is_not_installed_is_refused_in_the_words_of_the_engine() -> None:
    async with at_form(ConsentScreen, "E") as seat:
        await write(seat, "l", "KR-1-2")
        await seat.press("y", "enter")
        await seat.until(lambda: "known: none is installed" in seat.text())
        assert "no ground is recorded" in seat.text()


async def test_withdrawing_says_what_is_destroyed_and_wants_the_case_typed() -> None:
    async with at_form(ConsentScreen, "A") as seat:
        await seat.press("w")
        assert "photographs of the patient: 1" in seat.text()
        await typed(seat, "B")
        await seat.press("enter")
        assert not [call for call, _ in seat.engine.asked_for if call == "withdraw"]
        await seat.press("w")
        await typed(seat, "A")
        await seat.press("enter")
        await seat.until(lambda: "✓ the ground is withdrawn" in seat.text())
        assert ("withdraw", ("A", 1)) in seat.engine.asked_for
        await seat.press("w")
        assert "no ground is recorded that could be withdrawn" in seat.text()


async def test_a_paper_that_was_read_too_late_asks_nothing_above_another_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_read, was_read = threading.Event(), threading.Event()

    def slowly(_: str) -> str:
        may_read.wait(60)
        was_read.set()
        return DIGEST

    monkeypatch.setattr(consent, "paper_digest", slowly)
    async with at_form(ConsentScreen, "E") as seat:
        await write(seat, "d", "/slow/consent.pdf")
        assert "reading the paper…" in seat.text()
        await seat.press("l")
        assert "still at work" in seat.text()
        await seat.press("escape")
        may_read.set()
        await seat.until(was_read.is_set)
        await seat.passing(1.0)
        assert seat.desk.screen is seat.desk.desk
