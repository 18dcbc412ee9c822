"""``tracedesk doctor``: is this machine fit to run it, and what is missing?"""

import importlib
import importlib.util
import os
import resource
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from tui.commands.failing import EXIT_CODE, plainly

PACKAGES = ("tui", "engine", "adapters", "configs")
LIBRARIES = ("av", "cv2", "onnxruntime", "usearch", "shapely", "python_calamine", "aiosqlite", "textual")
MIN_MEMORY_GIB = 2.0


@plainly()
def doctor() -> None:
    """Check Python, packages, processor, memory, terminal, folders and models."""
    console = Console(soft_wrap=True)
    failed = 0
    for check in CHECKS:
        good, line = check()
        failed += not good
        console.print(Text(f"{'ok   ' if good else 'FAULT'} {line}"))
    raise typer.Exit(EXIT_CODE if failed else 0)


def python() -> tuple[bool, str]:
    return sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}"


def packages_are_ours() -> tuple[bool, str]:
    """The package names are plain words: another distribution could have brought its own."""
    owners = metadata.packages_distributions()
    foreign = {
        name: others for name in PACKAGES if (others := [o for o in owners.get(name, []) if o != "tracedesk"])
    }
    if foreign:
        name, others = next(iter(foreign.items()))
        return (
            False,
            f"package {name} also belongs to {', '.join(others)}: install into an environment of its own",
        )
    return True, f"packages {', '.join(PACKAGES)} are tracedesk {metadata.version('tracedesk')}"


def libraries() -> tuple[bool, str]:
    broken = []
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except ImportError as problem:
            broken.append(f"{name} ({problem})")
    return not broken, "libraries load" if not broken else f"do not load: {', '.join(broken)}"


def one_onnxruntime() -> tuple[bool, str]:
    installed = {d.metadata["Name"].lower() for d in metadata.distributions() if d.metadata["Name"]}
    both = {"onnxruntime", "onnxruntime-gpu"} <= installed
    if both:
        return False, "onnxruntime and onnxruntime-gpu overwrite each other: uninstall both, install one"
    return True, "one ONNX Runtime"


def processor() -> tuple[bool, str]:
    cores = len(os.sched_getaffinity(0))
    return cores >= 1, f"{cores} cores: one worker each"


def memory() -> tuple[bool, str]:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    gib = pages * size / 2**30
    return gib >= MIN_MEMORY_GIB, f"{gib:.1f} GiB of memory ({MIN_MEMORY_GIB:.0f} are needed for ten traces)"


def open_files() -> tuple[bool, str]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft >= 256, f"{soft} files may be open"


def state_folder() -> tuple[bool, str]:
    import platformdirs

    folder = platformdirs.user_state_path("tracedesk")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        return False, f"state folder {folder}: {problem.strerror}"
    return os.access(folder, os.W_OK), f"state folder {folder}"


def models() -> tuple[bool, str]:
    from adapters.face.registry import descriptors, model_folder

    folder = model_folder()
    here = [name for name in descriptors() if (Path(folder) / f"{name}.onnx").is_file()]
    if here:
        return True, f"models in {folder}: {', '.join(here)}"
    return True, f"no models in {folder}: traces go by records alone (tracedesk models list)"


def terminal() -> tuple[bool, str]:
    size = os.get_terminal_size() if sys.stdout.isatty() else None
    if size is None:
        return True, "no terminal: commands print plain lines"
    fits = size.columns >= 60 and size.lines >= 18
    return fits, f"terminal of {size.columns}x{size.lines}" + ("" if fits else ": the desk needs 60x18")


CHECKS: tuple[Callable[[], tuple[bool, str]], ...] = (
    python,
    packages_are_ours,
    libraries,
    one_onnxruntime,
    processor,
    memory,
    open_files,
    state_folder,
    models,
    terminal,
)
