"""The house's own rules: who may import whom, what a module may hold, what is shipped."""

import ast
import fnmatch
import hashlib
import json
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "adapters", "tui")
HEAVY = (
    "adapters",
    "tui",
    "textual",
    "rich",
    "typer",
    "cv2",
    "av",
    "onnxruntime",
    "ray",
    "usearch",
    "python_calamine",
)
LONGEST_MODULE = 400
LONGEST_APP = 250


def modules(*packages: str) -> Iterator[Path]:
    for package in packages or (*PACKAGES, "training"):
        yield from sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tool(*command: str) -> None:
    """Run a checker of the test extra in the root; its own words are the failure."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout}{done.stderr}"


def tracked() -> list[Path]:
    """Files that git tracks; in an unpacked release, everything in the folders that one holds."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
        return [path for path in found if path.is_file()]
    folders = (*PACKAGES, "configs", "docs", "tests", "training")
    inside = [
        p for f in folders for p in (ROOT / f).rglob("*") if p.is_file() and "__pycache__" not in p.parts
    ]
    return [*inside, ROOT / "pyproject.toml", ROOT / "README.md"]


# --- checkers -----------------------------------------------------------------------------------


def test_every_import_keeps_to_the_contracts() -> None:
    code = (
        "import sys; from importlinter.cli import lint_imports;"
        " sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_ruff_finds_nothing() -> None:
    tool("ruff", "check", "--no-cache", ".")


def test_everything_is_formatted() -> None:
    tool("ruff", "format", "--check", "--no-cache", ".")


def test_every_type_is_right() -> None:
    tool("mypy", "--strict")


# --- the engine in a bare interpreter -----------------------------------------------------------

BARE = """
import sys
wanted, forbidden, refuse = sys.argv[1].split(","), sys.argv[2].split(","), sys.argv[3] == "refuse"

class Wall:
    def find_spec(self, name, path=None, target=None):
        if refuse and name.partition(".")[0] in forbidden:
            raise ImportError(name + " is not for the engine")
        if name == "httpx._main":  # its own command line, which it offers where rich happens to be there
            raise ImportError(name)

sys.meta_path.insert(0, Wall())
import importlib
for name in wanted:
    importlib.import_module(name)
found = sorted({m.partition(".")[0] for m in sys.modules} & set(forbidden))
sys.exit(f"the engine pulled in {found}" if found else 0)
"""


@pytest.mark.parametrize("wall", ["look", "refuse"])
def test_the_engine_stands_alone_in_a_bare_interpreter(wall: str) -> None:
    """Every module of it, with the libraries of screens and adapters installed and unreachable."""
    engine = [dotted(path) for path in modules("engine")]
    assert {"engine.api.client", "engine.api.server", "engine.trace.pipeline"} <= set(engine)
    done = subprocess.run(
        [sys.executable, "-c", BARE, ",".join(engine), ",".join(HEAVY), wall],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_wall_of_that_test_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BARE, "adapters", ",".join(HEAVY), "refuse"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "adapters is not for the engine" in done.stderr


# --- modules ------------------------------------------------------------------------------------


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {n: length for n, length in lengths.items() if length > LONGEST_MODULE} == {}
    assert lengths["tui/app.py"] <= LONGEST_APP


def test_every_module_is_a_noun_or_a_step_and_says_what_it_is() -> None:
    vague = {"utils", "util", "helpers", "helper", "misc", "common", "tools"}
    assert [name_of(p) for p in modules() if {*p.relative_to(ROOT).with_suffix("").parts} & vague] == []
    silent = [name_of(p) for p in modules() if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []


FORBIDDEN_MODULES = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "marshal",
    "shelve",
    "joblib",
    "multiprocessing",
}
FORBIDDEN_CALLS = {"eval", "exec", "__import__", "compile"}
FORBIDDEN_ATTRIBUTES = {"os.system", "os.popen", "subprocess.getoutput"}
NETWORK = {"requests", "urllib3", "socketserver", "ftplib", "smtplib", "telnetlib"}


def offences(code: str, name: str) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        line = f"{name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
            found += [f"{line} imports {n}" for n in sorted(names & (FORBIDDEN_MODULES | NETWORK))]
        elif isinstance(node, ast.ImportFrom):
            top = (node.module or "").partition(".")[0]
            if top in FORBIDDEN_MODULES | NETWORK:
                found.append(f"{line} imports {top}")
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                found.append(f"{line} calls {node.func.id}")
            if ast.unparse(node.func) in FORBIDDEN_ATTRIBUTES:
                found.append(f"{line} calls {ast.unparse(node.func)}")
            safe = any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords)
            if (
                ast.unparse(node.func) == "torch.load" and not safe
            ):  # it unpickles anything, unless told not to
                found.append(f"{line} calls torch.load")
            for keyword in node.keywords:
                truthy = not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
                if keyword.arg in ("shell", "allow_pickle") and truthy:
                    found.append(f"{line} passes {keyword.arg}")
    return found


def test_nothing_is_unpickled_evaluated_or_given_to_a_shell() -> None:
    found = [o for path in modules() for o in offences(path.read_text("utf-8"), name_of(path))]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "import multiprocessing.pool",
        "eval('1')",
        "exec(code)",
        "import os\nos.system('ls')",
        "run('ls', shell=True)",
        "np.load(f, allow_pickle=True)",
        "import requests",
        "torch.load(f)",
        "torch.load(f, weights_only=False)",
    ],
)
def test_that_search_finds_each_of_them(code: str) -> None:
    assert offences(code, "made_up.py")


# --- what is shipped ----------------------------------------------------------------------------

MACHINE = re.compile(
    r"(?<![\w.@<{])/(?:work|home/[a-z]\w*|Users|root|mnt|tmp/[a-z]\w*)/|[A-Z]:\\\\Users\\\\", re.IGNORECASE
)
INDEX = re.compile(
    r"https?://[^\s\"')>]*(?:simple/?(?=[\s\"')>]|$)|pypi|/index/)|--(?:extra-)?index-url", re.IGNORECASE
)


def lines_matching(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    found: list[str] = []
    for path in paths:
        if path == Path(__file__):
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # no text
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{name_of(path)}:{number}")
    return found


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert lines_matching(MACHINE, tracked()) == []
    assert MACHINE.search("see " + "/".join(("", "work", "main", "x")))
    assert MACHINE.search("cd /home/kim/x")
    assert not MACHINE.search('base_url="http://engine/v1"')


def test_no_file_names_a_package_index() -> None:
    assert lines_matching(INDEX, tracked()) == []
    assert INDEX.search("https://pypi.org/simple")
    assert INDEX.search("https://mirror.example/simple/ ")
    assert INDEX.search("pip install --index-url x")


PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic"}
MODELS_AND_FILMS = {
    ".onnx",
    ".pt",
    ".pth",
    ".npy",
    ".npz",
    ".pkl",
    ".mp4",
    ".mkv",
    ".mpg",
    ".mov",
    ".avi",
    ".webm",
}
MODELS = ROOT / "configs" / "models"  # two of them come along; they learnt from rendered people
HEADS = ROOT / "configs" / "people"  # rendered; nobody looks so (README.md beside them says how)


def stray_pictures(paths: list[Path], heads: Path = HEADS) -> list[Path]:
    """Pictures, films and models that are none of the rendered heads which the index names, nor of the
    models which a descriptor for demonstration describes."""
    people = json.loads((heads / "index.json").read_text("utf-8"))["people"]
    named = {heads / name for person in people for name in (person["sheet"], *person["stills"])}
    told = [tomllib.loads(path.read_text("utf-8")) for path in MODELS.glob("*.toml")]
    digests = {one["sha256"] for one in told if one.get("demo")}
    files = list(MODELS.glob("demo_*.onnx"))
    named |= {path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() in digests}
    endings = PICTURES | MODELS_AND_FILMS
    return [path for path in paths if path.suffix.lower() in endings and path not in named]


def test_no_test_data_is_a_picture_of_a_person_or_a_model() -> None:
    assert [name_of(path) for path in stray_pictures(tracked())] == []


def test_a_picture_or_model_that_the_index_of_rendered_heads_does_not_name_is_found() -> None:
    strays = [HEADS / "p64.webp", HEADS / "face.PNG", HEADS / "heads.npz", ROOT / "tests" / "p00.webp"]
    strays.append(MODELS / "edgeface_xs.onnx")
    assert (MODELS / "demo_detector.onnx").is_file()
    assert (
        stray_pictures(
            [
                *strays,
                MODELS / "demo_detector.onnx",
                HEADS / "p00.webp",
                HEADS / "p00_enrol1.jpg",
                ROOT / "README.md",
            ]
        )
        == strays
    )


def test_the_rendered_heads_are_the_ones_whose_digests_are_listed_and_stay_small() -> None:
    listed = dict(
        reversed(line.split("  ")) for line in (HEADS / "SHA256SUMS").read_text("utf-8").splitlines()
    )
    files = [path for path in HEADS.iterdir() if path.is_file()]
    texts = {"README.md", "SHA256SUMS", "index.json"}
    assert listed.keys() == {path.name for path in files} - texts
    assert {n: hashlib.sha256((HEADS / n).read_bytes()).hexdigest() for n in listed} == listed
    assert len(listed) == 64 * 3
    assert sum(path.stat().st_size for path in files) < 16 * 1024 * 1024
    assert "CC0" in (HEADS / "README.md").read_text("utf-8")
    assert "configs/people" in (ROOT / "NOTICE").read_text("utf-8")


def test_every_file_of_configs_is_shipped_in_the_wheel() -> None:
    """hatchling takes whole packages, unless something is left out or git ignores it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build = project["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    assert {*PACKAGES, "configs"} <= set(wheel["packages"])
    assert not {"exclude", "include", "only-include", "artifacts"} & {*build, *wheel}
    patterns = [
        line.strip().strip("/")
        for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    files = [p for p in (ROOT / "configs").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert len(files) > 50
    for path in files:
        for part in path.relative_to(ROOT).parts:
            assert not any(fnmatch.fnmatch(part, pattern) for pattern in patterns), name_of(path)


def test_every_package_is_one() -> None:
    folders = {path.parent for package in (*PACKAGES, "configs") for path in (ROOT / package).rglob("*.py")}
    assert [name_of(f) for f in sorted(folders) if not (f / "__init__.py").is_file()] == []


def test_python_and_textual_are_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert [d for d in project["dependencies"] if d.startswith("textual")] == ["textual==8.2.8"]
    assert not any(d.startswith(("torch", "tensorflow")) for d in project["dependencies"])


def test_no_example_fails_because_the_machine_is_busy() -> None:
    """A pause of a second is no fault of what is tested."""

    @settings(max_examples=2, database=None)
    @given(st.booleans())
    def slow(_: bool) -> None:
        time.sleep(0.3)

    slow()
