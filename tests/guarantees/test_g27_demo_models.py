"""G27: the models that come along learnt from invented people; they look at a rehearsal's footage alone."""

import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from adapters.face import registry
from adapters.face.calibrations import load_calibrations
from adapters.face.check import load
from adapters.face.registry import descriptors, find
from adapters.loading import load_site
from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.domain.model import ModelDescriptor
from engine.schedule.frames import Enrolled, Failed, Prepare
from engine.vault.grants import GrantSigner
from tests.guarantees.house import NOON, a_camera, template
from tests.guarantees.test_g27_rehearsal import frames_of, site_with
from tests.guarantees.worker_line import SEED, WorkerLine, a_grant, a_subject, noise, segment_of, write_video
from tui.commands.models import app

DEMO = ("demo_detector", "demo_embedder", "demo_mask")
SERVER = Path(str(registry.SHIPPED)).parent / "server" / "server.toml"
HEADS = Path(str(registry.SHIPPED)).parent / "people"
HALL = a_camera()
MINUTES = Interval(start=NOON, end=NOON + timedelta(minutes=10))


def demo_worker(statement: frozenset[str] | None) -> WorkerLine:
    return WorkerLine(
        Prepare(
            verify_key=GrantSigner(SEED).verify_key,
            models=tuple(find(name, Path("no models here")) for name in DEMO),
            calibrations=tuple(load_calibrations(kind="rendered").values()),
            rehearsal_sha256=statement,
            places=(),
        )
    )


def renamed(descriptor: ModelDescriptor, folder: Path, **changes: object) -> Path:
    """The model under another name in a model folder, described as something that it is not."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(descriptor.file, folder / "mine.onnx")
    said = {**msgspec.to_builtins(descriptor), "name": "mine", "demo": False, **changes}
    del said["file"]
    lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in said.items()]
    (folder / "mine.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def server_site(tmp_path: Path, models: str) -> Path:
    """A server over the places and cameras of the sample, with these models."""
    file = site_with(tmp_path, name='"a-server"', profile='"server"', rehearsal_statement="")
    before, _, _ = file.read_text("utf-8").partition("[models")
    service = SERVER.read_text("utf-8").partition("[service]")
    file.write_text(f"{before}{models}\n{service[1]}{service[2]}", encoding="utf-8")
    return file


def test_g27_a_server_over_these_places_starts_with_other_models(tmp_path: Path) -> None:
    """Otherwise the refusals would prove nothing."""
    assert load_site(server_site(tmp_path, "")).settings.profile == "server"


def test_g27_all_models_that_come_along_say_so() -> None:
    files = {entry.name for entry in registry.SHIPPED.iterdir() if entry.name.endswith(".onnx")}
    assert files == {"demo_detector.onnx", "demo_embedder.onnx"}
    assert {name for name, one in descriptors().items() if one.demo} == set(DEMO)


def test_g27_a_clip_that_is_not_listed_is_refused_with_the_reason(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "street.mp4", [noise(n) for n in range(10)], 5)
    with demo_worker(frozenset({"0" * 64})) as line:
        frames, problems = frames_of(line, clip)
    assert frames == 0
    assert "not in the rehearsal statement, and demo models look at nothing else (G27)" in problems[0]


def test_g27_a_listed_clip_is_looked_at(tmp_path: Path) -> None:
    """Otherwise the refusals would prove nothing."""
    clip = write_video(tmp_path / "street.mp4", [noise(n) for n in range(10)], 5)
    with demo_worker(frozenset({registry.sha256_of(clip)})) as line:
        assert line.ready.face_search == ""
        assert frames_of(line, clip)[0] > 0


def test_g27_a_worker_of_a_server_looks_at_no_face_with_them(tmp_path: Path) -> None:
    """Whoever leads the worker, and whatever the engine in between believed."""
    clip = write_video(tmp_path / "street.mp4", [noise(n) for n in range(10)], 5)
    segment = segment_of(HALL, clip, NOON, 1.0)
    subject = a_subject(a_grant(HALL, MINUTES, template(1), [segment.sha256]), template(1))
    with demo_worker(None) as line:
        assert "G27" in line.ready.face_search
        for answer in (
            line.scan(HALL, [(segment, clip)], [subject]),
            line.enrols((HEADS / "p00_enrol1.jpg").read_bytes()),
        ):
            assert isinstance(answer, Failed)
            assert "G27" in answer.problem


def test_g27_a_photograph_that_is_not_listed_is_no_subject() -> None:
    still = HEADS / "p00_enrol1.jpg"
    with demo_worker(frozenset({registry.sha256_of(still)})) as line:
        assert isinstance(line.enrols(still.read_bytes()), Enrolled)
        other = line.enrols((HEADS / "p01_enrol1.jpg").read_bytes())
    assert isinstance(other, Failed)
    assert other.rule == "G27"


@pytest.mark.parametrize("key", ["detector", "embedder", "mask"])
def test_g27_a_server_that_names_one_does_not_start(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError) as problem:
        load_site(server_site(tmp_path, f'[models]\n{key} = "demo_{key}"\n'))
    assert "G27" in str(problem.value)
    assert problem.value.place == f"models.{key}"


def test_g27_under_another_name_it_is_one_all_the_same(tmp_path: Path) -> None:
    folder = renamed(find("demo_embedder", tmp_path), tmp_path / "models")
    assert descriptors(folder)["mine"].demo
    named = f'[models]\nembedder = "mine"\n[models.folder]\nroot = "{folder}"\n'
    with pytest.raises(InputError, match="G27"):
        load_site(server_site(tmp_path, named))


def test_g27_changed_by_a_byte_it_says_itself_what_it_is(tmp_path: Path) -> None:
    """Its hash is another one then; what it learnt from still stands in it."""
    folder = renamed(find("demo_embedder", tmp_path), tmp_path / "models")
    changed = folder / "mine.onnx"
    content = bytearray(changed.read_bytes())
    at = content.index(b"learnt from invented people") + 1
    content[at] ^= 0x20
    changed.write_bytes(content)
    described = msgspec.structs.replace(
        descriptors(folder)["mine"], demo=False, sha256=registry.sha256_of(changed), file=str(changed)
    )
    with pytest.raises(InputError, match="G27"):
        load(described)
    load(msgspec.structs.replace(described, demo=True))


def test_g27_nobody_calibrates_them_on_photographs(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["calibrate", str(tmp_path), "--model", "demo_embedder"])
    assert told.exit_code == 2
    assert "G27" in told.output
