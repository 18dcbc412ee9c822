"""Several people at one machine: runs ``tracedesk`` commands as different users of the system.

Run as a script it is the switchboard: everything is imported as root first, since other users may not
read where Python lies; then every command is run in a child that has become that user for good.
"""

import importlib
import io
import json
import os
import pkgutil
import subprocess
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Said:
    code: int
    text: str


class People:
    """Use as a context manager. ``run`` gives exit code and output of one command."""

    def __init__(self, socket: Path, gid: int) -> None:
        self._socket = socket
        self._gid = gid

    def __enter__(self) -> Self:
        self._switchboard = subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.people"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TRACEDESK_SOCKET": str(self._socket), "HOME": "/nonexistent"},
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._switchboard.stdin is not None
        self._switchboard.stdin.close()
        self._switchboard.wait(timeout=10)

    def run(self, uid: int, *words: str, typed: str = "", colours: bool = False) -> Said:
        """One command of ``tracedesk`` by this user, who writes what it asks for; with ``colours`` pictures
        are drawn."""
        assert self._switchboard.stdin is not None
        assert self._switchboard.stdout is not None
        asked = {"uid": uid, "gid": self._gid, "words": words, "typed": typed, "colours": colours}
        self._switchboard.stdin.write(json.dumps(asked) + "\n")
        self._switchboard.stdin.flush()
        answer = json.loads(self._switchboard.stdout.readline())
        return Said(answer["code"], answer["text"])


def switchboard() -> None:
    for package in ("tui.commands", "adapters", "engine"):
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for line in sys.stdin:
        asked = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _become(asked["uid"], asked["gid"])
            os.environ |= {"FORCE_COLOR": "1"} if asked["colours"] else {}
            sys.stdin = io.TextIOWrapper(io.BytesIO(asked["typed"].encode()))
            code, text = _command(asked["words"])
            with os.fdopen(writing, "w") as answer:
                json.dump({"code": code, "text": text}, answer)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answered:
            said = answered.read()
        os.waitpid(child, 0)
        sys.stdout.write(said + "\n")
        sys.stdout.flush()


def _become(uid: int, gid: int) -> None:
    os.setgroups([gid])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _command(words: list[str]) -> tuple[int, str]:
    from tui.cli import app

    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            app(words, standalone_mode=True)
    except SystemExit as ended:
        return int(ended.code or 0), said.getvalue()
    except BaseException:
        return 99, said.getvalue() + traceback.format_exc()
    return 0, said.getvalue()


if __name__ == "__main__":
    switchboard()
