"""``tracedesk login``: what sshd starts in place of a shell (ForceCommand): the desk, or one command."""

import os
import shlex
from collections.abc import Mapping, Sequence

import typer

from engine.domain.errors import InputError
from tui.commands.failing import plainly

ASKED = "SSH_ORIGINAL_COMMAND"  # sshd(8): what the person asked for, where a command is forced
OURS = "tracedesk"
ANY: frozenset[str] = frozenset()

# Clients of the engine, and what says how things are. Whatever is in neither table fails the build.
OPEN: Mapping[str, frozenset[str]] = {
    "audit": ANY,
    "authorisation": ANY,
    "backup": ANY,
    "candidates": ANY,
    "case": ANY,
    "contacts": ANY,
    "decide": ANY,
    "doctor": ANY,
    "erasure": ANY,
    "engine": frozenset({"house", "status", "stop"}),
    "export": ANY,
    "guarantees": ANY,
    "keys": ANY,
    "order": ANY,
    "settings": ANY,
    "site": frozenset({"preview"}),
}
# What belongs to whoever administers the machine, or starts an engine of its own.
SHUT = frozenset({"bench", "demo", "login", "models", "restore", "sample", "trace", "vault", "witness"})


@plainly()
def login(context: typer.Context) -> None:
    """For sshd: open the desk, or run the tracedesk command that was asked for. No shell reads it."""
    words = asked_for(os.environ.pop(ASKED, ""))
    context.find_root().command(words, prog_name=OURS)


def asked_for(line: str) -> list[str]:
    """Words of the command without its name; none of them for the desk. Quotes hold words together, and
    nothing else in the line means anything. Raises InputError for what is not open to a login."""
    try:
        words = shlex.split(line)
    except ValueError as problem:
        raise InputError(
            f"cannot be read ({str(problem).lower()})", place="command", mend="close the quotes"
        ) from None
    if not words or words == [OURS]:
        return []
    if words[0] != OURS or not _is_open(words[1:]):
        known = ", ".join(sorted(OPEN))
        raise InputError(
            "is not open to a login", place="command", mend=f"write tracedesk and one of: {known}"
        )
    return words[1:]


def _is_open(words: Sequence[str]) -> bool:
    if list(words) in (["--help"], ["--version"]):
        return True
    inner = OPEN.get(words[0])
    if inner is None:
        return False
    return not inner or (len(words) > 1 and words[1] in {*inner, "--help"})
