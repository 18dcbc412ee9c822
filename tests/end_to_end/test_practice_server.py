"""The lesson of the practice server, typed by real users of the system as it stands there.

They are numbers without accounts, so that no test touches the users of the machine.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from engine.domain.errors import InputError
from tui.commands.demo_server import check_place, command, set_up_practice, take_away
from tui.commands.engine_process import SOCKET, engine_behind
from tui.commands.practice_accounts import numbered
from tui.commands.practice_lesson import NOW, Step
from tui.commands.practice_person import ROLL, Practitioner, Roll, read_roll

FIRST_UID, GROUP = 64_201, 64_200
GIVEN = {
    "REQUEST": r"request (\w+):",
    "AUTHORISATION": r"authorisation (\w+) for",
    "EMERGENCY": r"authorisation (\w+) for",
}
REFUSALS = ("G2", "not for your role", "notice to the patient", "card comes by way of the province")
pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="becomes other users: needs root")


class Class:
    """People who practise in a folder."""

    def __init__(self, folder: Path, people: tuple[Practitioner, ...], steps: tuple[Step, ...]) -> None:
        self.folder = folder
        self.people = people
        self.steps = steps

    def type(self, who: str, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command(self.folder), who, *words],
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def practice() -> Iterator[Class]:
    above = Path(tempfile.mkdtemp(prefix="practice-"))
    above.chmod(0o755)
    people = numbered(FIRST_UID)
    try:
        steps = set_up_practice(above / "practice", people, GROUP, 1, Console(quiet=True))
        yield Class(above / "practice", people, steps)
    finally:
        take_away(above / "practice")
        shutil.rmtree(above)


def typed(step: Step, known: dict[str, str]) -> list[str]:
    return [known.get(word, word) for word in step.words]


def test_the_lesson_does_what_it_says_and_taking_it_away_leaves_nothing(practice: Class) -> None:
    known = {"COLLEAGUE": f"uid-{FIRST_UID + 1}"}
    said: dict[str, str] = {}
    for step in practice.steps:
        known[NOW] = datetime.now(UTC).isoformat()
        done = practice.type(step.who, *typed(step, known), typed=step.typed)
        assert done.returncode == (2 if step.no else 0), (step, done.stdout)
        assert not step.no or any(why in done.stdout for why in REFUSALS), (step, done.stdout)
        if step.gives:
            found = re.search(GIVEN[step.gives], done.stdout)
            assert found, (step, done.stdout)
            known[step.gives] = found[1]
        said[step.why] = done.stdout
    first = next(iter(practice.steps)).words[-1].rsplit("/", 1)[-1]
    assert "card.csv: card comes by way of the province" in said["Hand in a case; its cards have to come."]
    assert "card.csv" not in said["Open it again: now the cards come in."]
    assert re.search(rf"{first} +records only", said["See how it went."])
    assert "collected:card" in said["What the patient is owed to be told."]
    assert first not in said["The supervisor sees all cases that are open."]
    assert "lines are as they were written" in said["Was anything edited, or cut off?"]
    shown = said["Who did what, with no names of patients."]
    assert f"uid-{FIRST_UID + 3} authorisation {known['AUTHORISATION']} approved" in shown
    assert f"uid-{FIRST_UID} authorisation.approve" in shown, "and that the other tried"
    assert "profile server" in said["Is all well?"]

    apart = Path(read_roll(practice.folder).apart)
    assert apart.is_dir()
    assert take_away(practice.folder)
    assert engine_behind(practice.folder / "run" / SOCKET) is None
    assert not practice.folder.exists()
    assert not apart.exists()
    assert not take_away(practice.folder)


def test_nobody_but_who_practises_is_anybody_there(tmp_path: Path) -> None:
    roll = Roll(people=(Practitioner(who="root", role="auditor", uid=0, name="root"),), gid=1, apart="")
    (tmp_path / ROLL).write_bytes(msgspec.json.encode(roll))
    for who, why in (("root", "nobody to practise with"), ("kim", "does not practise here")):
        done = Class(tmp_path, (), ()).type(who, "case", "list")
        assert done.returncode == 2
        assert why in done.stdout


def test_who_practises_is_not_taken_from_a_file_that_others_may_write(tmp_path: Path) -> None:
    (tmp_path / ROLL).write_bytes(msgspec.json.encode(Roll(people=(), gid=1, apart="")))
    (tmp_path / ROLL).chmod(0o666)
    with pytest.raises(InputError, match="somebody else than root"):
        read_roll(tmp_path)
    (tmp_path / ROLL).chmod(0o644)
    os.chown(tmp_path / ROLL, FIRST_UID, FIRST_UID)
    with pytest.raises(InputError, match="somebody else than root"):
        read_roll(tmp_path)


def test_it_goes_nowhere_that_others_cannot_enter_or_that_holds_something_else(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    with pytest.raises(InputError, match="may not be entered"):
        check_place(shut / "practice")
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(InputError, match="holds something else"):
        check_place(tmp_path)
    assert not take_away(tmp_path)
    assert (tmp_path / "letter").exists()
