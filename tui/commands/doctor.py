"""``tracedesk doctor``: is this machine fit to run it, and what is missing?

Also ``python -m tui.commands.doctor``, where so much is broken that the command does not start.
"""

import importlib
import locale
import os
import platform
import resource
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from tui.commands.failing import EXIT_CODE, plainly

OK, WARN, FAULT = "ok", "warn", "FAULT"
PACKAGES = ("tui", "engine", "adapters", "configs")
LIBRARIES = {
    "aiohttp": "aiohttp",
    "aiosqlite": "aiosqlite",
    "av": "av",
    "cryptography": "cryptography",
    "cv2": "opencv-python-headless",
    "httpx": "httpx",
    "msgspec": "msgspec",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "python_calamine": "python-calamine",
    "rich": "rich",
    "shapely": "shapely",
    "textual": "textual",
    "usearch": "usearch",
}
ONNXRUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
OLDEST_PYTHON = (3, 11)
MIN_MEMORY_GIB = 2.0
MIN_OPEN_FILES = 256
MIN_FREE_GIB = 1.0
DESK_CELLS = (60, 18)


@dataclass(frozen=True, slots=True)
class Told:
    """``mark``: ``ok``, ``warn`` (works, less well) or ``FAULT`` (mend it first)."""

    mark: str
    line: str


@plainly()
def doctor() -> None:
    """Check Python, packages, processor, memory, terminal, folders and models."""
    console = Console(soft_wrap=True)
    told = [check() for check in CHECKS]
    for one in told:
        console.print(Text(f"{one.mark:5} {one.line}"))
    raise typer.Exit(EXIT_CODE if any(one.mark == FAULT for one in told) else 0)


def python() -> Told:
    if tuple(sys.version_info) < OLDEST_PYTHON:
        return Told(FAULT, f"Python {platform.python_version()}: 3.11 or newer is needed")
    return Told(OK, f"Python {platform.python_version()} in {sys.prefix}")


def system() -> Told:
    if sys.platform != "linux":
        return Told(FAULT, f"{platform.system()}: the engine needs Linux (peer credentials, sealed workers)")
    return Told(OK, f"{platform.system()} {platform.release()}, {platform.machine()}")


def packages_are_ours(owners: Mapping[str, list[str]] | None = None) -> Told:
    """The package names are plain words: another distribution could have brought its own."""
    owners = metadata.packages_distributions() if owners is None else owners
    for name in PACKAGES:
        others = sorted({o for o in owners.get(name, []) if o != "tracedesk"})
        if others:
            line = f"package {name} also belongs to {', '.join(others)}"
            return Told(FAULT, f"{line}; install tracedesk into an environment of its own")
    return Told(OK, f"packages {', '.join(PACKAGES)} are tracedesk {metadata.version('tracedesk')}")


def libraries(wanted: Mapping[str, str] = LIBRARIES) -> Told:
    good, broken = [], []
    for name, distribution in wanted.items():
        try:
            importlib.import_module(name)
            good.append(f"{name} {_version(distribution)}".strip())
        except Exception as problem:  # a broken library may raise anything while it loads
            broken.append(f"{distribution} ({problem})")
    if broken:
        return Told(
            FAULT, f"does not load: {', '.join(broken)}; run: pip install --force-reinstall tracedesk"
        )
    return Told(OK, f"libraries: {', '.join(good)}")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def one_onnxruntime(installed: set[str] | None = None) -> Told:
    """Two variants write the same files: what then loads is a matter of chance."""
    if installed is None:
        installed = {d.metadata["Name"].lower() for d in metadata.distributions() if d.metadata["Name"]}
    found = [name for name in ONNXRUNTIMES if name in installed]
    if len(found) > 1:
        return Told(FAULT, f"{' and '.join(found)} overwrite each other; uninstall both, install one")
    if not found:
        return Told(FAULT, "ONNX Runtime is not installed; run: pip install onnxruntime")
    return Told(OK, f"one ONNX Runtime: {found[0]}")


def processor() -> Told:
    cores = len(os.sched_getaffinity(0))
    mark = OK if cores > 1 else WARN
    return Told(mark, f"{cores} cores: one worker each" + ("" if cores > 1 else "; traces will be slow"))


def memory(meminfo: Path = Path("/proc/meminfo")) -> Told:
    try:
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        total, free = (int(fields[key].split()[0]) / 2**20 for key in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError, ValueError):
        return Told(WARN, f"the memory cannot be told from {meminfo}")
    line = f"{free:.1f} of {total:.1f} GiB of memory free"
    if total < MIN_MEMORY_GIB:
        return Told(FAULT, f"{line}; ten traces need {MIN_MEMORY_GIB:.0f} GiB")
    return Told(OK, line) if free >= MIN_MEMORY_GIB else Told(WARN, f"{line}; ten traces may not fit")


def open_files() -> Told:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < MIN_OPEN_FILES:
        return Told(FAULT, f"{soft} files may be open; raise it with ulimit -n {MIN_OPEN_FILES}")
    return Told(OK, f"{soft} files may be open")


def state_folder(folder: Path | None = None) -> Told:
    """Nobody else may change it. What lies below is made for its owner and group only."""
    if folder is None:
        import platformdirs

        folder = platformdirs.user_state_path("tracedesk")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
        free_gib = shutil.disk_usage(folder).free / 2**30
    except OSError as problem:
        return Told(FAULT, f"state folder {folder}: {(problem.strerror or 'cannot be used').lower()}")
    if not os.access(folder, os.W_OK | os.X_OK) or facts.st_uid != os.getuid():
        return Told(FAULT, f"state folder {folder} is not yours; set XDG_STATE_HOME to a folder of your own")
    if stat.S_IMODE(facts.st_mode) & 0o022:
        return Told(FAULT, f"state folder {folder} can be changed by others; run: chmod 700 {folder}")
    if free_gib < MIN_FREE_GIB:
        return Told(WARN, f"state folder {folder}: only {free_gib:.1f} GiB free")
    return Told(OK, f"state folder {folder}, {free_gib:.0f} GiB free")


def models() -> Told:
    try:
        from adapters.face.registry import descriptors, find, model_folder
        from engine.domain.errors import InputError
    except ImportError as problem:
        return Told(FAULT, f"models cannot be looked for ({problem})")
    folder = model_folder()
    here = []
    try:
        for name, descriptor in descriptors(folder).items():
            if descriptor.demo:
                continue
            try:
                find(name, folder)
                here.append(name)
            except InputError:
                continue
    except InputError as problem:
        return Told(FAULT, str(problem))
    if here:
        return Told(OK, f"models in {folder}: {', '.join(here)} (check them: tracedesk models verify)")
    return Told(
        WARN,
        f"no models for real faces in {folder}: traces go by records alone, the demo by demo models;"
        " see tracedesk models list",
    )


def terminal() -> Told:
    if not sys.stdout.isatty():
        return Told(OK, "no terminal: commands print plain lines")
    size, console = os.get_terminal_size(), Console()
    line = f"terminal {os.environ.get('TERM', '?')}, {size.columns}x{size.lines}, colours {colours(console)}"
    if size.columns < DESK_CELLS[0] or size.lines < DESK_CELLS[1]:
        return Told(WARN, f"{line}; the desk needs {DESK_CELLS[0]}x{DESK_CELLS[1]}")
    if console.color_system is None:
        return Told(WARN, f"{line}; pictures will be grey: set TERM=xterm-256color, COLORTERM=truecolor")
    return Told(OK, line)


def colours(console: Console) -> str:
    return {"truecolor": "16 million", "256": "256", "standard": "16"}.get(console.color_system or "", "none")


def encoding(name: str | None = None) -> Told:
    """Names and places are in any script; frames and blocks are outside ASCII."""
    name = locale.getpreferredencoding(False) if name is None else name
    if name.lower().replace("-", "") != "utf8":
        return Told(FAULT, f"the locale is {name}; set LANG=C.UTF-8")
    return Told(OK, f"locale {name}")


CHECKS: tuple[Callable[[], Told], ...] = (
    python,
    system,
    packages_are_ours,
    libraries,
    one_onnxruntime,
    processor,
    memory,
    open_files,
    state_folder,
    models,
    terminal,
    encoding,
)

if __name__ == "__main__":
    typer.run(doctor)
