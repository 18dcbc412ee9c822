from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from engine.api.schema import AuthorisationView, CaseView, RecordsTaken, StillTaken
from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import InputError
from engine.domain.track import MaskState
from tests.end_to_end.house import House
from tests.screens.fake_engine import HELLO, NOW, a_trace
from tests.tui.commands.answering import Answering, refuses, says
from tui.commands.bring_in import bring_in, check_folders, start_all
from tui.commands.case_folder import CaseFolder, read_case_folder

CASE = CaseView(case_id="A", state="open", records=0, stills=0, ground="")
PAPER = AuthorisationView(
    authorisation_id="auth-1",
    case_id="A",
    state=AuthorisationState.APPROVED,
    four_eyes=False,
    requested_by="me",
    approved_by="me",
    expires_at=NOW,
    cameras=1,
)
TAKEN = RecordsTaken(file="entry.csv", taken=1, dropped={}, warnings=("entry.csv: row 3: no position",))
STILL = StillTaken(still_id="still-1", file="face.png", inter_eye_px=40.0, mask=MaskState.BARE)


@pytest.fixture
def folder(tmp_path: Path) -> CaseFolder:
    house = House(tmp_path / "town")
    return read_case_folder(house.case, house.stills, house.mappings, datetime(2026, 3, 5, tzinfo=UTC))


@pytest.fixture
def engine() -> Answering:
    return Answering(
        {
            "GET /hello": says(HELLO),
            "GET /cases": says((CASE,)),
            "PUT /cases/A": says(CASE),
            "POST /cases/A/records": says(TAKEN),
            "PUT /cases/A/ground": says(CASE),
            "POST /cases/A/stills": says(STILL),
            "POST /authorisations": says(PAPER),
            "POST /authorisations/auth-1/approve": says(PAPER),
            "POST /traces": says(a_trace("A")),
        }
    )


async def brought(engine: Answering, *folders: CaseFolder) -> tuple[dict[str, str], list[str]]:
    said: list[str] = []
    async with engine.client() as client:
        return await bring_in(client, folders, said.append), said


async def test_a_case_comes_in_before_its_records_its_ground_before_its_photographs(
    engine: Answering, folder: CaseFolder
) -> None:
    found, said = await brought(engine, folder)
    assert found == {"A": "auth-1"}
    assert said == ["case A: entry.csv: row 3: no position"]
    assert engine.asked == [
        "GET /cases",
        "PUT /cases/A",
        "POST /cases/A/records",
        "PUT /cases/A/ground",
        "GET /hello",
        "POST /cases/A/stills",
        "POST /authorisations",
        "POST /authorisations/auth-1/approve",
    ]


async def test_where_no_face_can_be_searched_no_photograph_is_sent(
    engine: Answering, folder: CaseFolder
) -> None:
    engine.answers["GET /hello"] = says(msgspec.structs.replace(HELLO, face_search="no models"))
    await brought(engine, folder)
    assert "POST /cases/A/stills" not in engine.asked


@pytest.mark.parametrize(
    ("request_", "refused", "line"),
    [
        ("PUT /cases/A", "disease: 'gout' is not defined; known: x", "{case}/case.toml: disease: 'gout'"),
        (
            "POST /cases/A/records",
            "entry.csv: row 2: is not cp949; declare it",
            "{case}/records/entry.csv: row 2: is not cp949",
        ),
        ("PUT /cases/A/ground", "X-1 is not on the list [G3]", "{case}/case.toml: ground: X-1 is not"),
        (
            "POST /cases/A/stills",
            "face.png: shows no face; use another",
            "{town}/stills/face.png: shows no face; use another",
        ),
        (
            "POST /cases/A/stills",
            "face.png is not in the rehearsal statement; list it",
            "{town}/stills/face.png: is not in the rehearsal statement; list it",
        ),
        (
            "POST /authorisations",
            "cameras: camera x is unknown",
            "{case}/authorisation.toml: cameras: camera",
        ),
        ("POST /authorisations/auth-1/approve", "nobody [G24]", "{case}/authorisation.toml: nobody [G24]"),
    ],
)
async def test_a_refusal_names_the_file_that_it_is_about(
    engine: Answering, folder: CaseFolder, request_: str, refused: str, line: str
) -> None:
    engine.answers[request_] = refuses(refused)
    with pytest.raises(InputError) as caught:
        await brought(engine, folder)
    case = Path(folder.folder)
    assert str(caught.value).startswith(line.format(case=case, town=case.parent.parent))
    assert "POST /traces" not in engine.asked


async def test_the_first_folder_that_is_refused_is_told_whichever_answers_first(
    engine: Answering, folder: CaseFolder
) -> None:
    other = msgspec.structs.replace(
        folder, folder="elsewhere/B", case=msgspec.structs.replace(folder.case, case_id="B")
    )
    engine.answers["POST /authorisations"] = refuses("late")
    engine.answers["PUT /cases/B"] = refuses("early")
    with pytest.raises(InputError, match=r"A/authorisation\.toml: late"):
        await brought(engine, folder, other)


WITHDRAWN = msgspec.structs.replace(CASE, ground="withdrawn")


async def test_what_a_patient_withdrew_stays_out_when_the_folder_is_opened_again(
    engine: Answering, folder: CaseFolder
) -> None:
    engine.answers["PUT /cases/A"] = says(WITHDRAWN)
    engine.answers["PUT /cases/A/ground"] = refuses("this ground for a face search was withdrawn", "G3")
    found, said = await brought(engine, folder)
    assert found == {"A": "auth-1"}
    assert "POST /cases/A/records" in engine.asked
    assert "POST /cases/A/stills" not in engine.asked
    assert [line for line in said if line.startswith("left out")] == [
        f"left out: {folder.folder}/case.toml: ground: this ground for a face search was withdrawn",
        "left out: the photographs of case A: its ground for a face search was withdrawn",
    ]


async def test_a_consent_signed_anew_brings_the_photographs_along(
    engine: Answering, folder: CaseFolder
) -> None:
    engine.answers["PUT /cases/A"] = says(WITHDRAWN)
    engine.answers["PUT /cases/A/ground"] = says(msgspec.structs.replace(CASE, ground="separate_consent"))
    _, said = await brought(engine, folder)
    assert "POST /cases/A/stills" in engine.asked
    assert not any(line.startswith("left out") for line in said)


async def test_a_ground_that_is_none_is_said_where_nothing_was_withdrawn(
    engine: Answering, folder: CaseFolder
) -> None:
    engine.answers["PUT /cases/A/ground"] = refuses("this ground for a face search was withdrawn", "G3")
    with pytest.raises(InputError, match=r"case\.toml: ground: this ground .* was withdrawn"):
        await brought(engine, folder)


async def test_traces_start_in_the_order_given(engine: Answering) -> None:
    async with engine.client() as client:
        assert await start_all(client, {"A": "auth-1"}) == {"A": "T-A"}
        engine.answers["POST /traces"] = refuses("ten slots are taken")
        with pytest.raises(InputError, match="case A: ten slots are taken"):
            await start_all(client, {"A": "auth-1"})


def test_a_case_given_twice_and_a_case_without_authorisation_are_refused(folder: CaseFolder) -> None:
    check_folders([folder])
    with pytest.raises(InputError, match="case_id: A is already the case in"):
        check_folders([folder, folder])
    with pytest.raises(InputError, match=r"authorisation\.toml: is missing; "):
        check_folders([msgspec.structs.replace(folder, authorisation=None)])
