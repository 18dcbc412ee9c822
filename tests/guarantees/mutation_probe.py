"""Runs inside the copy from which a guard was taken: says of every test how it ended, and by which error."""

import os
from pathlib import Path

import msgspec
import pytest

import engine
from tests.guarantees.mutating import REPORT, Outcome, Ran

HERE = "tests/guarantees/"
_RAN: dict[str, Ran] = {}
_BROKEN: list[str] = []


def _kinds(problem: BaseException) -> tuple[str, ...]:
    """Names of the kinds of an error, of all in it where it is a group."""
    if isinstance(problem, BaseExceptionGroup):
        return tuple(kind for one in problem.exceptions for kind in _kinds(one))
    return (type(problem).__name__,)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    name = item.nodeid.removeprefix(HERE)
    problem = call.excinfo.value if call.excinfo else None
    if isinstance(problem, pytest.skip.Exception):
        _RAN[name] = Ran(test=name, when=call.when, skipped=True)
    elif problem is not None and not (name in _RAN and _RAN[name].kinds):
        lines = str(problem).strip().splitlines()
        said = f"{name}: {type(problem).__name__}: {lines[0] if lines else ''}"
        _RAN[name] = Ran(test=name, when=call.when, kinds=_kinds(problem), said=said[:400])
    elif call.when == "call":
        _RAN.setdefault(name, Ran(test=name, when=call.when))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _BROKEN.append(f"{report.nodeid}: {report.longreprtext.strip().splitlines()[-1][:300]}")


def pytest_sessionfinish() -> None:
    outcome = Outcome(engine=str(engine.__file__), ran=tuple(_RAN.values()), broken=tuple(_BROKEN))
    Path(os.environ[REPORT]).write_bytes(msgspec.json.encode(outcome))
