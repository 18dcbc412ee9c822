"""The server profile walked as different users of the system: from the epidemic order to the erased case.

Real processes throughout: engine, workers with the real models, a witness over HTTPS, and one process for
every command, which has become that user before it does anything.
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import configs
from engine.api.audit_file import verify_file
from tests.end_to_end.people import People, Said

KIM, LEE, CHOI, PARK, JUNG, AUDITOR, CUSTODIAN, OPERATOR, STRANGER = range(64_001, 64_010)
GROUP = 64_100
ROLES = {
    KIM: "investigator",
    LEE: "investigator",
    CHOI: "supervisor",
    PARK: "authoriser",
    JUNG: "authoriser",
    AUDITOR: "auditor",
    CUSTODIAN: "custodian",
    OPERATOR: "operator",
}
SAMPLE = Path(next(iter(configs.__path__))) / "sample"
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(os.getuid() != 0, reason="becomes other users: needs root"),
]


class Server:
    """A site of a server with everything that belongs to it, below one folder that all may enter."""

    def __init__(self, root: Path, shared: Path) -> None:
        self.root = root
        self.state = root / "state"
        self.run = root / "run"
        self.socket = self.run / "engine.sock"
        self.credentials = root / "credentials"
        self.case = root / "cases" / "A"
        self.shared = shared
        for folder in (self.state, self.run, self.credentials, root / "epoch"):
            folder.mkdir(mode=0o700)
        os.chown(self.run, 0, GROUP)
        self.run.chmod(0o750)
        (self.credentials / "unseal").write_bytes(os.urandom(32))
        (self.credentials / "unseal").chmod(0o600)
        shutil.copytree(SAMPLE / "cases" / "A", self.case)
        for name in ("cameras.toml", "places.csv", "footage.toml", "mappings"):
            source = SAMPLE / name
            shutil.copytree(source, root / name) if source.is_dir() else shutil.copy(source, root / name)
        paper = self.case / "authorisation.toml"
        text = paper.read_text("utf-8").replace("REH-ORDER-2026-1", "2026-7")
        text = re.sub(r"sources = .*", 'sources = ["entry", "card", "interview"]', text)
        paper.write_text(text, "utf-8")
        (root / "order.pdf").write_bytes(b"the signed order")
        (root / "notice.pdf").write_bytes(b"what the patient was told")

    def write_site(self, url: str, fingerprint: str) -> Path:
        people = "\n".join(f'uid-{uid} = ["{role}"]' for uid, role in ROLES.items())
        site = self.root / "server.toml"
        site.write_text(
            f"""
name = "walk/test"
profile = "server"
cameras = "cameras.toml"
places = "places.csv"
mappings = "mappings"
[footage]
manifest = "footage.toml"
[footage.folder]
root = "{self.shared / "footage"}"
[stills]
root = "{self.shared / "faces" / "enrol"}"
[models.folder]
root = "{self.shared / "models"}"
[service]
level = "basic"
[service.people]
{people}
[service.keys]
unseal = "credential"
name = "unseal"
epoch_folder = "{self.root / "epoch"}"
[service.witness]
url = "{url}"
certificate_sha256 = "{fingerprint}"
[service.socket]
path = "{self.socket}"
""",
            "utf-8",
        )
        return site


@contextlib.contextmanager
def process(*words: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    started = subprocess.Popen(
        [sys.executable, "-P", "-m", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
        cwd=Path(__file__).resolve().parents[2],
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(timeout=20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def line_of(started: "subprocess.Popen[str]", pattern: str, within_s: float = 60.0) -> str:
    """The first line that matches. Raises AssertionError with all that was said instead."""
    assert started.stdout is not None
    said = ""
    while select.select([started.stdout], [], [], within_s)[0]:
        line = started.stdout.readline()
        said += line
        if re.search(pattern, line):
            return line
        if not line:
            break
    raise AssertionError(said)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own are for one user alone."""
    folder = Path(tempfile.mkdtemp(prefix="walk-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def tracedesk(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli", *words],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    return done.stdout


def found(said: Said, pattern: str) -> str:
    assert said.code == 0, said.text
    match = re.search(pattern, said.text)
    assert match, said.text
    return match[1]


def refused(said: Said, why: str) -> None:
    assert said.code != 0, said.text
    assert re.search(why, said.text), said.text


def test_from_the_order_to_the_erased_case_every_hand_does_its_own(open_folder: Path, shared: Path) -> None:
    server = Server(open_folder, shared)
    witness_folder = open_folder / "witness"
    fingerprint = re.search(r"\b([0-9a-f]{64})\b", tracedesk("witness", "init", str(witness_folder)))
    assert fingerprint
    serving = ("tui.cli", "witness", "serve", str(witness_folder), "--port", "0")
    with process(*serving) as witness:
        url = re.search(r"https://\S+:\d+", line_of(witness, "https://"))
        assert url
        site = server.write_site(url[0], fingerprint[1])
        engine_words = ("adapters.assembly", "--state", str(server.state), "--site", str(site))
        with process(*engine_words, CREDENTIALS_DIRECTORY=str(server.credentials)) as engine:
            line_of(engine, "^ready$")
            os.chown(server.socket, 0, GROUP)
            with People(server.socket, GROUP) as people:
                walk(server, people, witness_folder)


def walk(server: Server, people: People, witness_folder: Path) -> None:
    run = people.run
    case = str(server.case)
    site = str(server.root / "server.toml")
    now = datetime.now(UTC)

    # nobody whose name is not in the list gets anything, root included
    refused(run(STRANGER, "case", "list"), "not for your role")
    refused(run(0, "case", "list"), "not for your role")

    # the witness knows this engine from now on
    key = found(run(AUDITOR, "audit", "key"), r"(\S+)\s*$")
    tracedesk("witness", "enrol", str(witness_folder), key)

    # without an order nothing begins; one authoriser proposes it, the other approves it
    refused(run(KIM, "case", "open", case, "--site", site), "no epidemic order")
    order = (
        "--number", "2026-7", "--authority", "the province", "--disease", "covid-19",
        "--document", str(server.root / "order.pdf"),
        "--from", (now - timedelta(days=1)).isoformat(), "--until", (now + timedelta(days=30)).isoformat(),
    )  # fmt: skip
    refused(run(KIM, "order", "propose", *order), "not for your role")
    order_id = found(run(JUNG, "order", "propose", *order), r"order (\w+) is proposed")
    refused(run(JUNG, "order", "approve", order_id), "nobody approves an order")
    found(run(PARK, "order", "approve", order_id), "(stands until)")

    # the case, with what the city may ask for by itself; the cards come by way of the province
    opened = run(KIM, "case", "open", case, "--site", site)
    assert "card comes by way of the province" in opened.text
    asked = run(KIM, "case", "source", "ask", "A", "card", "province", "--reference", typed="P-1")
    card = found(asked, r"request (\w+):")
    footage = found(run(KIM, "case", "source", "ask", "A", "footage", "province"), r"request (\w+):")
    found(run(KIM, "case", "source", "answer", "A", card, typed="P-77"), "(answered)")
    refused(
        run(KIM, "authorisation", "request", case, "--site", site), "footage comes by way of the province"
    )
    found(run(KIM, "case", "source", "answer", "A", footage, typed="P-78"), "(answered)")
    found(run(KIM, "case", "open", case, "--site", site), "(case A is open)")
    assert "A" not in found(run(LEE, "case", "list"), "(.*)")

    # two people stand behind the photographs
    listed = run(KIM, "case", "photos", "A")
    photos = re.findall(r"^([0-9a-f]{16}) ", listed.text, flags=re.M)
    assert len(photos) == 2
    refused(run(KIM, "case", "second", "A", photos[0]), "nobody seconds")
    refused(run(LEE, "case", "second", "A", photos[0]), "no open case A")
    found(run(KIM, "case", "share", "A", f"uid-{LEE}"), "(works on case A)")
    for photo in photos:
        refused(run(LEE, "case", "photo", "A", photo), "nobody sees it here")
        refused(run(LEE, "case", "second", "A", photo), "nobody seconds a photograph unseen")
        found(run(LEE, "case", "photo", "A", photo, colours=True), "(pixels, the face)")
        found(run(LEE, "case", "second", "A", photo), "(is seconded)")

    # one asks, another permits
    authorisation = found(run(KIM, "authorisation", "request", case, "--site", site), r"authorisation (\w+)")
    refused(run(KIM, "authorisation", "approve", authorisation), "not for your role")
    refused(run(KIM, "case", "trace", "A"), "no authorisation stands")
    found(run(PARK, "authorisation", "approve", authorisation), "(is approved)")

    # the trace, and who sees what of it
    trace = found(run(KIM, "case", "trace", "A"), r"trace (\w+) of case A")
    candidates = until_reviewable(people, trace)
    assert candidates > 0
    busy = run(OPERATOR, "case", "traces")
    assert trace in busy.text
    assert " A " not in busy.text
    refused(run(AUDITOR, "case", "traces"), "not for your role")
    refused(run(OPERATOR, "case", "list"), "not for your role")

    # answers by two people, the second not knowing the first
    answers = server.root / "answers.json"
    answers.write_text(json.dumps(answers_of("same")), "utf-8")
    found(run(KIM, "case", "answer", "A", str(answers)), "(answers for case A are given)")
    refused(run(KIM, "case", "answer", "A", str(answers), "--second"), "has answered nothing")
    found(run(LEE, "case", "answer", "A", str(answers), "--second"), "(answers for case A are given)")

    # closing: first the patient is told, then the keys go
    close, why = ("case", "close", "A", "--undecided"), "isolation is over"
    refused(run(KIM, *close), "is missing")
    refused(run(KIM, *close, typed=why), "notice to the patient")
    told = (
        "case", "notice", "sent", "A", "--document", str(server.root / "notice.pdf"),
        "--collected", "card,entry,footage,interview,photo", "--at", now.isoformat(),
    )  # fmt: skip
    found(run(KIM, *told), "(is sent)")
    found(run(KIM, *close, typed=why), "(keys destroyed)")
    refused(run(KIM, "case", "photos", "A"), "no open case A")
    assert "A" not in found(run(CHOI, "case", "list"), "(.*)")

    # the audit outlives it, adds up, and is the one that the witness remembers
    refused(run(KIM, "audit", "verify"), "not for your role")
    assert run(AUDITOR, "audit", "verify").code == 0
    counts = run(AUDITOR, "audit", "counts")
    assert "searches" in counts.text
    exported = server.root / "audit"
    exported.mkdir()
    exported.chmod(0o777)
    assert run(AUDITOR, "audit", "export", str(exported / "a.jsonl")).code == 0
    assert verify_file(exported / "a.jsonl", key, None).fault is None
    assert run(CUSTODIAN, "erasure", "list").code == 0
    assert run(OPERATOR, "engine", "status").code == 0
    nothing_personal_is_left(server)


def until_reviewable(people: People, trace: str) -> int:
    for _ in range(600):
        said = people.run(KIM, "case", "traces")
        row = next(line for line in said.text.splitlines() if line.startswith(trace))
        if "awaiting review" in row:
            return int(row.split()[-1])
        assert "running" in row or "queued" in row, row
    raise AssertionError(said.text)


def answers_of(answer: str) -> list[dict[str, str]]:
    """For everything that the two cameras with a timeline saw that day."""
    day = {"start": "2026-03-01T15:00:00Z", "end": "2026-03-02T15:00:00Z", "answer": answer}
    return [{"case": "A", "camera": camera, **day} for camera in ("cam1", "cam2", "asl_again", "asl_help")]


def nothing_personal_is_left(server: Server) -> None:
    secrets = [b"A0-K4821", b"2026.03.02 12:33:30", b"family card"]
    for path in server.state.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path
