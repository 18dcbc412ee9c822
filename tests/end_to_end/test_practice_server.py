"""The lesson of the practice server, typed by real users of the system as it stands there.

They are numbers without accounts, so that no test touches the users of the machine.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from engine.domain.errors import InputError
from tui.commands.demo_server import (
    APART,
    check_place,
    command,
    lines_of,
    set_up_practice,
    steps_of,
    take_away,
)
from tui.commands.engine_process import engine_behind
from tui.commands.practice_accounts import numbered
from tui.commands.practice_lesson import NOW, Step
from tui.commands.practice_person import Practitioner, become, read_roll

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

    def __init__(self, folder: Path, people: tuple[Practitioner, ...]) -> None:
        self.folder = folder
        self.people = people

    def type(self, who: str, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command(self.folder), who, *words],
            stdin=subprocess.DEVNULL,
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
        set_up_practice(above / "practice", people, GROUP, 1, Console(quiet=True))
        yield Class(above / "practice", people)
    finally:
        take_away(above / "practice")
        shutil.rmtree(above)


def typed(step: Step, known: dict[str, str]) -> list[str]:
    return [known.get(word, word) for word in step.words]


def test_every_command_of_the_lesson_does_what_the_lesson_says(practice: Class) -> None:
    known = {"COLLEAGUE": f"uid-{FIRST_UID + 1}"}
    said: dict[str, str] = {}
    for step in steps_of(practice.folder):
        if NOW in step.words:
            known[NOW] = datetime.now(UTC).isoformat()
        done = practice.type(step.who, *typed(step, known))
        if step.no:
            assert done.returncode == 2, (step, done.stdout)
            assert any(why in done.stdout for why in REFUSALS), (step, done.stdout)
        else:
            assert done.returncode == 0, (step, done.stdout)
        if step.gives:
            found = re.search(GIVEN[step.gives], done.stdout)
            assert found, (step, done.stdout)
            known[step.gives] = found[1]
        said[step.why] = done.stdout
    print(*(f"{why}\n{text}" for why, text in said.items()), sep="\n")
