import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from adapters.face.pull import pull
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor, ModelKind

CONTENT = bytes(range(256)) * 400


class Shelf(BaseHTTPRequestHandler):
    """A server of one file. The path says how it behaves; it notes what was asked for."""

    asked: list[str] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        Shelf.asked.append(wanted)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/whole")
            self.end_headers()
        elif self.path == "/gone":
            self.send_error(404)
        elif self.path == "/pointer":
            self._answer(200, b"version https://git-lfs.github.com/spec/v1\n")
        elif self.path == "/other":
            self._answer(200, CONTENT[::-1])
        elif self.path == "/endless":
            self._answer(200, CONTENT * 3)
        elif self.path == "/cut" and not wanted:
            self._answer(200, CONTENT[:5000], length=len(CONTENT))
        elif self.path == "/misplaced" and wanted:
            self._answer(206, CONTENT, content_range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")
        elif self.path == "/no-range" or not wanted:
            self._answer(200, CONTENT)
        else:
            begin = int(wanted.removeprefix("bytes=").rstrip("-"))
            span = f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self._answer(206, CONTENT[begin:], content_range=span)

    def _answer(self, status: int, body: bytes, length: int | None = None, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    Shelf.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as shelf:
        thread = threading.Thread(target=shelf.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{shelf.server_port}"
        shelf.shutdown()
        thread.join()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def model(url: str) -> ModelDescriptor:
    return ModelDescriptor(
        name="m",
        kind=ModelKind.EMBEDDER,
        family="template",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
        licence="MIT",
        input_width=112,
        input_height=112,
        channels="rgb",
        mean=(0, 0, 0),
        scale=(1, 1, 1),
        url=url,
    )


def silent(done: int, total: int) -> None: ...


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("how", ["/whole", "/moved", "/no-range"])
def test_a_model_comes_whole_and_verified(
    server: str, client: httpx.Client, tmp_path: Path, how: str
) -> None:
    steps: list[int] = []
    got = pull(model(server + how), tmp_path / "models", client, lambda done, _: steps.append(done))
    assert Path(got.file).read_bytes() == CONTENT
    assert names(tmp_path / "models") == ["m.onnx"]
    assert steps == sorted(steps)
    assert steps[-1] == len(CONTENT)


def test_what_is_there_and_right_is_not_fetched_again(
    server: str, client: httpx.Client, tmp_path: Path
) -> None:
    pull(model(f"{server}/whole"), tmp_path, client, silent)
    pull(model(f"{server}/whole"), tmp_path, client, silent)
    assert len(Shelf.asked) == 1


def test_a_cut_off_file_is_kept_under_another_name_and_resumed(
    server: str, client: httpx.Client, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="ended after 5000 of 102400 bytes; run the command again"):
        pull(model(f"{server}/cut"), tmp_path, client, silent)
    assert names(tmp_path) == ["m.onnx.part"]
    pull(model(f"{server}/cut"), tmp_path, client, silent)
    assert (tmp_path / "m.onnx").read_bytes() == CONTENT
    assert Shelf.asked == ["", "bytes=5000-"]


def test_a_server_that_cannot_resume_starts_over(server: str, client: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "m.onnx.part").write_bytes(b"x" * 700)
    pull(model(f"{server}/no-range"), tmp_path, client, silent)
    assert (tmp_path / "m.onnx").read_bytes() == CONTENT


def test_a_server_that_sends_another_part_is_not_believed(
    server: str, client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "m.onnx.part").write_bytes(CONTENT[:700])
    with pytest.raises(InputError, match="another part"):
        pull(model(f"{server}/misplaced"), tmp_path, client, silent)
    assert names(tmp_path) == ["m.onnx.part"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("/other", "is not m: its sha256 is another"),
        ("/endless", "is not m .102401 bytes where 102400 are expected"),
    ],
)
def test_a_wrong_file_never_gets_the_name_and_is_not_kept(
    server: str, client: httpx.Client, tmp_path: Path, how: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        pull(model(server + how), tmp_path, client, silent)
    assert names(tmp_path) == []


def test_a_wrong_beginning_is_thrown_away_after_resuming(
    server: str, client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "m.onnx.part").write_bytes(b"x" * 700)
    with pytest.raises(InputError, match="sha256 is another"):
        pull(model(f"{server}/whole"), tmp_path, client, silent)
    assert names(tmp_path) == []


def test_a_good_file_stays_when_its_successor_is_wrong(
    server: str, client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "m.onnx").write_bytes(b"older")
    with pytest.raises(InputError):
        pull(model(f"{server}/other"), tmp_path, client, silent)
    assert (tmp_path / "m.onnx").read_bytes() == b"older"


def test_an_lfs_pointer_in_place_of_the_file_is_too_short(
    server: str, client: httpx.Client, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="ended after 43 of 102400"):
        pull(model(f"{server}/pointer"), tmp_path, client, silent)
    assert "m.onnx" not in names(tmp_path)


def test_a_missing_file_names_the_answer(server: str, client: httpx.Client, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the server answers 404; .*models add FILE"):
        pull(model(f"{server}/gone"), tmp_path, client, silent)


def test_without_a_network_the_message_says_how_to_carry_the_file(
    client: httpx.Client, tmp_path: Path
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as shelf:
        free_port = shelf.server_port
    url = f"http://127.0.0.1:{free_port}/whole"
    with pytest.raises(InputError) as told:
        pull(model(url), tmp_path, client, silent)
    assert told.value.file == url
    assert "carry the file over by hand and run: tracedesk models add FILE" in told.value.mend
    assert names(tmp_path) == []


def test_a_model_without_an_address_says_so(client: httpx.Client, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no address to fetch it from; carry the file"):
        pull(model(""), tmp_path, client, silent)
