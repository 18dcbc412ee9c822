"""G27: a rehearsal opens what its statement lists by content, and nothing real; a server refuses it."""

import hashlib
import os
import shutil
from datetime import timedelta
from pathlib import Path

import cv2
import msgspec
import pytest

import configs
from adapters.assembly.engine import running
from adapters.face.calibrations import load_calibrations
from adapters.loading import load_site
from adapters.site.statement import load_statement
from engine.api.contact_schema import ExportKind, ExportRequest
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval
from engine.schedule.frames import Enrolled, Failed
from engine.store.writer import SqliteStore
from tests.guarantees.house import ME, NOON, OTHER, a_camera, a_house, seen, template
from tests.guarantees.line_house import exporting, lists, meetings, rehearsed
from tests.guarantees.worker_line import (
    WorkerLine,
    a_grant,
    a_subject,
    noise,
    preparation,
    segment_of,
    write_video,
)

SAMPLE = Path(configs.__file__).parent / "sample"
HALL = a_camera()
MINUTES = Interval(start=NOON, end=NOON + timedelta(minutes=10))
LISTED = "asl_milk.mkv"


def frames_of(worker: WorkerLine, path: Path, named: str = "", says: str = "") -> tuple[int, tuple[str, ...]]:
    """Frames that were looked at in a file which the engine lists as ``named`` with the hash it
    ``says``; and the problems told."""
    segment = segment_of(HALL, path, NOON, 1.0)
    segment = msgspec.structs.replace(segment, file=named or path.name, sha256=says or segment.sha256)
    subject = a_subject(a_grant(HALL, MINUTES, template(1), [segment.sha256]), template(1))
    (result,) = worker.results(HALL, [(segment, path)], [subject])
    return result.frames, result.problems


def test_g27_a_listed_clip_is_opened_whatever_it_is_called(
    rehearsing: WorkerLine, shared: Path, tmp_path: Path
) -> None:
    """The content decides; otherwise the refusals below would prove nothing."""
    renamed = tmp_path / "anything.mkv"
    shutil.copyfile(shared / "footage" / LISTED, renamed)
    frames, problems = frames_of(rehearsing, renamed)
    assert frames > 0
    assert problems == ()


def test_g27_an_unlisted_clip_stays_shut(rehearsing: WorkerLine, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "street.mp4", [noise(n) for n in range(10)], 5)
    frames, problems = frames_of(rehearsing, clip)
    assert frames == 0
    assert "rehearsal statement" in problems[0]


def test_g27_an_unlisted_clip_under_the_name_of_a_listed_one_stays_shut(
    rehearsing: WorkerLine, tmp_path: Path
) -> None:
    clip = write_video(tmp_path / "asl_milk.mp4", [noise(n) for n in range(10)], 5)
    frames, problems = frames_of(rehearsing, clip, named=LISTED)
    assert frames == 0
    assert "rehearsal statement" in problems[0]


def test_g27_a_manifest_that_claims_a_listed_hash_opens_nothing_else(
    rehearsing: WorkerLine, shared: Path, tmp_path: Path
) -> None:
    clip = write_video(tmp_path / "street.mp4", [noise(n) for n in range(10)], 5)
    listed = hashlib.sha256((shared / "footage" / LISTED).read_bytes()).hexdigest()
    frames, problems = frames_of(rehearsing, clip, named=LISTED, says=listed)
    assert frames == 0
    assert "sha256" in problems[0]


def test_g27_a_listed_clip_with_one_changed_byte_stays_shut(
    rehearsing: WorkerLine, shared: Path, tmp_path: Path
) -> None:
    content = bytearray((shared / "footage" / LISTED).read_bytes())
    content[-1] ^= 1
    changed = tmp_path / LISTED
    changed.write_bytes(content)
    assert frames_of(rehearsing, changed)[0] == 0


def test_g27_a_clip_swapped_after_its_hash_was_taken_stays_shut(
    rehearsing: WorkerLine, shared: Path, tmp_path: Path
) -> None:
    """Written over in place, as long as before, with its time of modification set back."""
    swapped = tmp_path / LISTED
    shutil.copyfile(shared / "footage" / LISTED, swapped)
    assert frames_of(rehearsing, swapped)[0] > 0
    listed = hashlib.sha256(swapped.read_bytes()).hexdigest()
    before = swapped.stat()
    real = write_video(tmp_path / "real.mkv", [noise(n) for n in range(4)], 5).read_bytes()
    assert len(real) <= before.st_size
    with swapped.open("r+b") as file:
        file.write(real.ljust(before.st_size, b"\0"))
    os.utime(swapped, ns=(before.st_atime_ns, before.st_mtime_ns))
    frames, problems = frames_of(rehearsing, swapped, says=listed)
    assert frames == 0
    assert problems


def test_g27_a_listed_still_is_taken_and_an_unlisted_one_refused(
    rehearsing: WorkerLine, shared: Path
) -> None:
    content = (shared / "faces" / "enrol" / "B_0.png").read_bytes()
    assert isinstance(rehearsing.enrols(content), Enrolled)
    again = cv2.imencode(".jpg", cv2.imread(str(shared / "faces" / "enrol" / "B_0.png")))[1].tobytes()
    for changed in (content + b"\0", again):  # the same person, other bytes
        answer = rehearsing.enrols(changed, file="B_0.png")
        assert isinstance(answer, Failed)
        assert answer.rule == "G27"


async def test_g27_a_rehearsal_is_marked_on_every_grant(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        found = await house.traced()
        assert house.pool.grants
        assert all(g.rehearsal and not g.four_eyes for g in house.pool.grants)
        assert found.trace.four_eyes is False


def site_with(tmp_path: Path, **changes: str) -> Path:
    """The sample, with some lines of its settings changed."""
    folder = tmp_path / "site"
    shutil.copytree(SAMPLE, folder)
    file = folder / "site.toml"
    lines = file.read_text("utf-8").splitlines()
    kept = [line for line in lines if line.split(" =")[0] not in changes]
    text = [f"{key} = {value}" for key, value in changes.items() if value]
    file.write_text("\n".join([*text, *kept]), encoding="utf-8")
    return file


async def test_g27_a_server_loads_no_store_of_a_rehearsal(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "tracedesk.sqlite", "rehearsal"):
        pass
    with pytest.raises(InputError, match="rehearsal"):
        async with SqliteStore(tmp_path / "tracedesk.sqlite", "server"):
            pass


async def test_g27_a_rehearsal_loads_no_store_of_a_server(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "tracedesk.sqlite", "server"):
        pass
    with pytest.raises(InputError, match="server"):
        async with SqliteStore(tmp_path / "tracedesk.sqlite", "rehearsal"):
            pass


async def test_g27_a_server_without_keys_people_and_witness_does_not_start(tmp_path: Path) -> None:
    site = site_with(tmp_path, profile='"server"')
    state = tmp_path / "state"
    state.mkdir()
    with pytest.raises(InputError) as problem:
        async with running(site, state, 1):
            pass
    assert problem.value.place == "service"
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("statement", ["", '"nothing-there.toml"'])
def test_g27_a_rehearsal_without_a_statement_does_not_start(tmp_path: Path, statement: str) -> None:
    with pytest.raises(InputError):
        load_site(site_with(tmp_path, rehearsal_statement=statement))


@pytest.mark.parametrize("key", ["said_by", "statement"])
def test_g27_a_statement_that_nobody_makes_is_none(tmp_path: Path, key: str) -> None:
    file = tmp_path / "rehearsal.toml"
    said = {"said_by": '"somebody"', "said_on": "2026-03-05", "statement": '"all have agreed"', "files": "[]"}
    said[key] = '"  "'
    file.write_text("\n".join(f"{k} = {v}" for k, v in said.items()), encoding="utf-8")
    with pytest.raises(InputError) as problem:
        load_statement(file)
    assert problem.value.place == key


async def test_g27_one_hand_may_ask_and_approve_in_a_rehearsal_and_the_grant_says_so(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        requested = await house.authorisation(approved=False)
        approved = await house.authorise.approve(seen(ME), requested)
        assert (approved.requested_by, approved.approved_by, approved.four_eyes) == (ME.name, ME.name, False)
        await house.traced("A", requested)
        assert {(grant.four_eyes, grant.rehearsal) for grant in house.pool.grants} == {(False, True)}


def test_g27_numbers_of_rendered_heads_are_no_servers(tmp_path: Path) -> None:
    changes = {"models.calibration": '"rendered"'}
    assert load_site(site_with(tmp_path / "rehearsal", **changes)).settings.models.calibration == "rendered"
    with pytest.raises(InputError, match="G27") as problem:
        load_site(site_with(tmp_path / "server", profile='"server"', **changes))
    assert problem.value.place == "models.calibration"


@pytest.mark.parametrize("statement", [None, frozenset[str]()], ids=["server", "rehearsal"])
def test_g27_a_worker_takes_numbers_of_rendered_heads_in_a_rehearsal_only(
    shared: Path, statement: frozenset[str] | None
) -> None:
    rendered = tuple(load_calibrations(kind="rendered").values())
    assert rendered
    with WorkerLine(preparation(shared / "models", statement, calibrations=rendered)) as line:
        assert ("calibration" in line.ready.face_search) is (statement is None)


async def test_g27_nothing_leaves_a_rehearsal(tmp_path: Path) -> None:
    """Not even what two people confirmed: whoever is shown there was invented, or agreed to be in it only."""
    async with a_house(tmp_path) as house:
        trace_id, (candidate_id,) = await rehearsed(house, meetings(60))
        await house.confirm(candidate_id, Answer.SAME)
        await house.review.second(OTHER, trace_id)
        await house.confirm(candidate_id, Answer.SAME, OTHER)
        assert len(await lists(house).all(ME, "A")) == 1
        for kind in ExportKind:
            with pytest.raises(Refused, match="nothing leaves a rehearsal") as no:
                await exporting(house).export(ME, "A", ExportRequest(kind=kind, typed_case_id="A"))
            assert no.value.rule == "G27"
        rows = await house.store.run(lambda tx: tx.rows("SELECT * FROM export"))
        assert rows == []
