"""Every command of tracedesk that the manuals give is one that exists, with options that it knows."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import configs
from tui.cli import app
from tui.commands.login import SHUT, asked_for

HOUSE = Path(__file__).resolve().parents[2]
OPERATIONS = HOUSE / "docs" / "OPERATIONS.md"
MANUALS = (OPERATIONS, HOUSE / "docs" / "GOVERNANCE.md", HOUSE / "README.md")
CONFIGS = Path(next(iter(configs.__path__)))
ROOT: Any = typer.main.get_command(app)
STOPS = {"|", "&&", ";", ">"}
WrongUse = typer.BadParameter.__mro__[1]  # of click, which typer may bring along under another name


def commands_of(text: str) -> Iterator[list[str]]:
    """Words after ``tracedesk`` of each command in the blocks of sh."""
    for line in lines_of(text):
        words = shlex.split(line, comments=True)
        while "&&" in words:
            yield from _after_name(words[: words.index("&&")])
            words = words[words.index("&&") + 1 :]
        yield from _after_name(words)


def lines_of(text: str) -> Iterator[str]:
    """Each line in the blocks of sh, whole where it goes on in the next."""
    for block in re.findall(r"^```sh\n(.*?)^```", text, flags=re.S | re.M):
        yield from block.replace("\\\n", " ").splitlines()


def spans_of(text: str) -> Iterator[list[str]]:
    """The same of each command that the prose names."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    for span in re.findall(r"`((?:ssh \S+ \"?)?tracedesk [^`\n]+)`", prose):
        yield from _after_name(shlex.split(span))


def _after_name(words: list[str]) -> Iterator[list[str]]:
    """What the shell would hand to tracedesk, also behind sudo; and behind ssh what a login makes of it."""
    if words[:1] == ["ssh"]:
        yield from filter(None, [over_ssh(words)])
        return
    for number, word in enumerate(words):
        before = words[:number]
        is_user = number > 0 and words[number - 1] in ("-u", "--user", "user")
        if Path(word).name != "tracedesk" or is_user or "@" in word:
            continue
        if before and before[0] != "sudo":
            continue
        if before[:1] == ["sudo"] and len(before) > 1 and (before[1], len(before)) != ("-u", 3):
            continue
        after = words[number + 1 :]
        end = next((n for n, w in enumerate(after) if w in STOPS), len(after))
        yield after[:end]
        return


def over_ssh(words: list[str]) -> list[str]:
    """The words that reach the command: ssh joins what it is given by spaces, and quotes are gone by then.
    Raises InputError for what is not open to a login."""
    return asked_for(" ".join(words[2:]))


def checked(words: list[str]) -> Any:
    """The command of these words. Raises LookupError where there is none, WrongUse where it does not know
    an option, or misses one. Nothing is run."""
    command, left = ROOT, list(words)
    while hasattr(command, "commands"):
        if not left or left[0] in ("--help", "--version"):
            return command
        if left[0].startswith("-"):  # of the desk itself
            break
        command = command.commands[left.pop(0)]
    command.make_context(command.name, left)
    return command


def given(of: Callable[[str], Iterator[list[str]]]) -> list[list[str]]:
    found = [words for manual in MANUALS for words in of(manual.read_text("utf-8"))]
    return [list(words) for words in dict.fromkeys(map(tuple, found))]


@pytest.mark.parametrize("words", given(commands_of), ids=" ".join)
def test_a_command_of_the_manuals_exists_and_is_whole(words: list[str]) -> None:
    checked(["5000" if word == "LINES" else word for word in words])  # capitals are to be filled in


@pytest.mark.parametrize("words", given(spans_of), ids=" ".join)
def test_a_command_that_the_prose_names_exists(words: list[str]) -> None:
    try:
        checked(words)
    except typer.BadParameter as problem:
        assert type(problem).__name__ == "MissingParameter"  # what it is about is left to the reader


def test_the_manuals_give_the_whole_way_of_a_case() -> None:
    paths = {" ".join(words[:2]) for words in given(commands_of)}
    way = (
        "order propose",
        "order approve",
        "case open",
        "case second",
        "authorisation approve",
        "case trace",
    )
    assert {*way, "case answer", "case notice", "case close", "audit verify"} <= paths
    assert len(given(commands_of)) > 40


@pytest.mark.parametrize(
    "line",
    [
        "tracedesk nothing",
        "tracedesk case shut A",
        "tracedesk case close A --because x",
        "tracedesk case close",
    ],
)
def test_the_search_for_wrong_commands_finds_them(line: str) -> None:
    (words,) = commands_of(f"```sh\nsudo -u kim {line}   # kim\n```\n")
    with pytest.raises((LookupError, WrongUse)):
        checked(words)


def test_the_search_reads_blocks_spans_and_what_stands_behind_sudo_and_ssh() -> None:
    block = "ssh kim@SERVER tracedesk case list\nsudo -u tracedesk tracedesk \\\n  backup\n"
    text = f"`tracedesk doctor` or\n```sh\n{block}```\n"
    assert list(commands_of(text)) == [["case", "list"], ["backup"]]
    assert list(spans_of(text)) == [["doctor"]]
    assert list(commands_of("```sh\nsudo chown tracedesk x\nsudo systemctl stop tracedesk\n```\n")) == []


def test_what_people_are_told_to_do_over_ssh_is_open_to_a_login() -> None:
    assert not {words[0] for words in commands_of(the_way_of_a_case())} & SHUT


def the_way_of_a_case() -> str:
    part = re.split(r"^## ", OPERATIONS.read_text("utf-8"), flags=re.M)
    (case,) = [p for p in part if p.startswith("8. ")]
    return case


@pytest.mark.parametrize("line", [li for li in lines_of(the_way_of_a_case()) if li.startswith("tracedesk ")])
def test_a_command_between_double_quotes_comes_through_ssh_as_it_stands(line: str) -> None:
    """As the manual says on its first page that commands with quoted words are given."""
    (here,) = commands_of(f"```sh\n{line}\n```\n")
    command = re.sub(r"\s+# .*", "", line)
    assert over_ssh(shlex.split(f'ssh kim@SERVER "{command}"')) == here


def test_words_in_quotes_come_apart_where_ssh_is_given_them_without_a_second_pair() -> None:
    """What the search for commands has to notice in the manuals."""
    (torn,) = commands_of("```sh\nssh kim@SERVER tracedesk case interview C-017 'told today.txt'\n```\n")
    assert torn == ["case", "interview", "C-017", "told", "today.txt"]
    with pytest.raises(WrongUse, match="unexpected extra argument"):
        checked(torn)


def test_the_state_folder_is_made_as_the_unit_has_it_before_anything_is_put_there() -> None:
    unit = (CONFIGS / "systemd" / "tracedesk.service").read_text("utf-8")
    user, group, mode = (
        re.findall(rf"^{key}=(.*)$", unit, flags=re.M)[0] for key in ("User", "Group", "StateDirectoryMode")
    )
    lines = [line.split() for line in lines_of(OPERATIONS.read_text("utf-8"))]
    made = lines.index(f"sudo install -d -o {user} -g {group} -m {mode} /var/lib/tracedesk".split())
    assert made < next(n for n, words in enumerate(lines) if "--state" in words)


def test_the_units_start_commands_that_exist() -> None:
    for path in sorted((CONFIGS / "systemd").glob("*.service")):
        line = re.search(r"^ExecStart=(.*)$", path.read_text("utf-8"), flags=re.M)
        assert line is not None
        for words in _after_name(shlex.split(line[1])):
            checked(words)


def test_the_manuals_and_files_that_are_named_are_there() -> None:
    for manual in MANUALS:
        text = manual.read_text("utf-8")
        for name in re.findall(r"\]\(([\w./]+)\)", text):
            assert (manual.parent / name).is_file(), name
        for name in re.findall(r'"\$configs"/(\S+)', text):
            assert list(CONFIGS.glob(name)), name
        for name in re.findall(r"`configs/([\w./]+)`", text):
            assert (CONFIGS / name).exists(), name
