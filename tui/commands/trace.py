"""``tracedesk trace``: case folders in, candidates, timeline and contacts out."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from engine.api.client import EngineAway, EngineClient, EngineSaysNo, encode, until_answering
from engine.api.schema import Hello, TraceDetail
from engine.domain.errors import InputError
from engine.domain.trace import TraceState
from tui.clean import clean_text, cleaned
from tui.commands.bring_in import bring_in, check_folders, start_all
from tui.commands.case_folder import CaseFolder, read_case_folder
from tui.commands.decisions import FileDecision, apply_decisions, check_decisions, read_decisions
from tui.commands.drawable import check_terminal
from tui.commands.engine_process import (
    come_back,
    default_state,
    end_engine,
    private_engine,
    shared_engine,
)
from tui.commands.failing import EXIT_CODE, plainly
from tui.commands.opening import LanguageOption, Liking, SlowLinkOption, ThemeOption, open_desk
from tui.commands.summary import print_summary
from tui.commands.to_json import JsonTo
from tui.commands.trace_progress import follow
from tui.commands.trace_result import result

if TYPE_CHECKING:
    from adapters.loading import LoadedSite

PATIENCE_S = 20.0
GOES_ON = "the same command goes on from what it has"
SITE = "site.toml"
LINE = 1000  # characters: a line names two paths and what to do


@plainly()
def trace(
    cases: Annotated[
        list[Path], typer.Argument(metavar="CASE_DIR...", help="Case folders, at most ten at once.")
    ],
    site: Annotated[Path | None, typer.Option(help="The site; else site.toml above the first case.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Without the desk.")] = False,
    json: JsonTo = None,
    decisions: Annotated[Path | None, typer.Option(help="Answers of a reviewer, as JSON.")] = None,
    state: Annotated[Path | None, typer.Option(help="Keep everything in this folder.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Trace anew what was traced before.")] = False,
    theme: ThemeOption = "",
    language: LanguageOption = "",
    slow_link: SlowLinkOption = False,
) -> None:
    """Trace patients: where they were while infectious, and who was close by.

    Opens the desk on the running traces. With --headless, or without a terminal, it prints a summary
    instead; the engine then keeps nothing unless --state names a folder.
    """
    from adapters.loading import load_site

    console = Console(stderr=True)
    liking = Liking(theme=theme, language=language, slow_link=slow_link)
    site_file = site or site_above(cases[0])
    loaded = load_site(site_file)
    folders = read_cases(cases, site_file)
    answers = read_decisions(decisions) if decisions else ()
    if decisions:
        known = {camera.camera_id for camera in loaded.cameras.all()}
        check_decisions(answers, decisions, {f.case.case_id for f in folders}, known)
    if json is not None:
        check_output(json)
    if headless or json or decisions or not console.is_terminal or not Console().is_terminal:
        code = trace_headless(loaded, site_file, folders, answers, json, state, console)
    else:
        code = trace_on_desk(site_file, folders, state, console, again=again, liking=liking)
    raise typer.Exit(code)


def site_above(case: Path) -> Path:
    """The nearest ``site.toml`` in the folders above a case."""
    for folder in case.resolve().parents:
        if (folder / SITE).is_file():
            return folder / SITE
    raise InputError("no site.toml lies above it", file=str(case), mend="name the site with --site FILE")


def read_cases(cases: Sequence[Path], site_file: Path) -> list[CaseFolder]:
    """Read all folders before anything is started. Raises InputError for the first mistake."""
    from adapters.settings import SiteFile, folder_path, load_toml

    settings: SiteFile = load_toml(site_file, SiteFile)
    base = site_file.parent
    stills = folder_path(settings.stills, base) if settings.stills else None
    mappings = base / settings.mappings if settings.mappings else None
    now = datetime.now(UTC)
    folders = [read_case_folder(case, stills, mappings, now) for case in cases]
    check_folders(folders)
    return folders


def trace_headless(
    loaded: "LoadedSite",
    site_file: Path,
    folders: Sequence[CaseFolder],
    decisions: Sequence[FileDecision],
    json: Path | None,
    state: Path | None,
    console: Console,
) -> int:
    """Run and print; exit code 2 where some footage could not be read or a trace failed. What could be
    done is there all the same, and each problem is said once."""
    with private_engine(site_file, state) as socket:
        hello, details, remarks = asyncio.run(_run(socket, folders, decisions, console))
    found = result(hello, details)
    if json is None or str(json) != "-":
        print_summary(hello, details, found)
    for remark in remarks:
        console.print(Text(remark), soft_wrap=True)
    if json is not None:
        write_result(found, json)
    lines = dict.fromkeys(
        (*loaded.problems, *_cannot(loaded, site_file, folders), *_problems(loaded, folders, details))
    )
    for line in lines:
        console.print(Text(f"tracedesk: {clean_text(line, LINE)}"), soft_wrap=True)
    return EXIT_CODE if lines else 0


async def _run(
    socket: Path, folders: Sequence[CaseFolder], decisions: Sequence[FileDecision], console: Console
) -> tuple[Hello, tuple[TraceDetail, ...], tuple[str, ...]]:
    def say(line: str) -> None:
        console.print(Text(clean_text(line, LINE)), soft_wrap=True)

    async with engine_of(socket, "with --state FOLDER the next run goes on from what it has") as (
        client,
        hello,
    ):
        asked = any(f.authorisation is not None and f.authorisation.face_search for f in folders)
        if hello.face_search and asked:
            say(f"no face search: {hello.face_search}")
        traces = await start_all(client, await bring_in(client, folders, say))
        await follow(client, tuple(traces.values()), console)
        details = [await client.trace(trace_id) for trace_id in traces.values()]
        remarks: tuple[str, ...] = ()
        if decisions:
            remarks = await apply_decisions(client, details, decisions)
            details = [await client.trace(trace_id) for trace_id in traces.values()]
    return cleaned(hello), tuple(cleaned(d, LINE) for d in details), cleaned(remarks, LINE)


def trace_on_desk(
    site_file: Path,
    folders: Sequence[CaseFolder],
    state: Path | None,
    console: Console,
    *,
    again: bool = False,
    aside: Callable[[], str] = str,
    liking: Liking = Liking(),
) -> int:
    """Start the traces in an engine that outlives this terminal, and open the desk on it. A case that
    was traced there before is opened as it stands, with its answers, unless it is to be done again.
    ``aside`` is asked for a few words that the desk is to show at its top."""
    from adapters.loading import load_site

    check_terminal()
    folder = state or default_state(site_file)
    socket = shared_engine(site_file, folder)
    if not load_site(site_file).face_search and asyncio.run(_misses_something(socket)):
        end_engine(socket)  # it was started before models and footage were there
        socket = shared_engine(site_file, folder)
    asks = {f.case.case_id for f in folders if f.authorisation and f.authorisation.face_search and f.ground}

    async def begin() -> None:
        def say(line: str) -> None:
            console.print(Text(clean_text(line, LINE)), soft_wrap=True)

        async with engine_of(socket, GOES_ON) as (client, hello):
            ended = (
                TraceState.CANCELLED,
                TraceState.FAILED,
                TraceState.STOPPED_AUTHORISATION,
                TraceState.NEEDS_OPERATOR,
            )
            here = hello.face_search == ""
            kept = {
                t.case_id
                for t in await client.traces()
                if t.state not in ended
                and not again
                and not (t.state is TraceState.RECORDS_ONLY and here and t.case_id in asks)
            }
            new = [f for f in folders if f.case.case_id not in kept]
            await start_all(client, await bring_in(client, new, say))

    with console.status("bringing the cases in"):
        asyncio.run(begin())
    return open_desk(socket, come_back(site_file, state), aside, liking)


async def _misses_something(socket: Path) -> bool:
    """Whether the engine says that no face search is possible with what it has."""
    async with engine_of(socket, GOES_ON) as (_, hello):
        return bool(hello.face_search)


@contextlib.asynccontextmanager
async def engine_of(socket: Path, mend: str) -> AsyncIterator[tuple[EngineClient, Hello]]:
    """The engine of a socket, once it answers. Raises InputError where it is away, with what to do then,
    and with its own line where it refuses."""
    async with EngineClient(socket) as client:
        try:
            yield client, await until_answering(client, PATIENCE_S)
        except EngineAway as problem:
            raise InputError(f"the engine went away ({problem})", mend=mend) from None
        except EngineSaysNo as refused:
            raise InputError(str(refused)) from None


def check_output(to: Path) -> None:
    """Raises InputError where a result could not be written, before any work is done for it."""
    if str(to) == "-":
        return
    mend = "name a file in a folder that you may write to"
    if to.is_dir():
        raise InputError("is a folder", file=str(to), mend=mend)
    if not to.parent.is_dir():
        raise InputError(f"there is no folder {to.parent}", file=str(to), mend=mend)
    if not os.access(to.parent if not to.exists() or to.is_file() else to, os.W_OK):
        raise InputError("cannot be written", file=str(to), mend=mend)


def write_result(found: object, to: Path) -> None:
    """Write JSON whole or not at all: what was there before stays until the new result is complete."""
    content = encode(found) + b"\n"
    if str(to) == "-":
        typer.echo(content.decode(), nl=False)
        return
    new = to.with_name(to.name + ".new")
    try:
        if to.exists() and not to.is_file():  # a pipe or a device cannot be replaced
            to.write_bytes(content)
            return
        try:
            new.write_bytes(content)
            new.replace(to)
        except OSError:
            new.unlink(missing_ok=True)
            raise
    except OSError as problem:
        why = (problem.strerror or "cannot be written").lower()
        mend = "free space or name another file; what was there before is untouched"
        raise InputError(why, file=str(to), mend=mend) from None


def _problems(
    loaded: "LoadedSite", folders: Sequence[CaseFolder], details: Sequence[TraceDetail]
) -> Iterator[str]:
    """Footage that could not be read and traces that failed, each with the path of the file."""
    archive = loaded.archive
    clips = {s.file: str(archive.folder / s.file) for s in archive.all()} if archive else {}
    for folder, detail in zip(folders, details, strict=True):
        yield from (_located(line, clips) for line in detail.trace.problems)
        if detail.trace.state in (TraceState.FAILED, TraceState.NEEDS_OPERATOR):
            stills = dict(zip((still.file for still in folder.stills), folder.still_paths, strict=True))
            yield f"case {detail.trace.case_id}: {_located(detail.trace.message, stills)}"


def _located(line: str, paths: Mapping[str, str]) -> str:
    """The line with the path of the file that it begins with, where that is a known one."""
    name, colon, rest = line.partition(": ")
    return f"{paths[name]}{colon}{rest}" if name in paths else line


def _cannot(loaded: "LoadedSite", site_file: Path, folders: Sequence[CaseFolder]) -> tuple[str, ...]:
    """A line where a face search is asked for that this site cannot do."""
    asked = any(f.stills and f.authorisation and f.authorisation.face_search for f in folders)
    if asked and loaded.face_search:
        return (f"{site_file}: no face search: {loaded.face_search}",)
    return ()
