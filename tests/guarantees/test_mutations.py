"""A guarantee counts when its test fails without the guard: every guard of the catalogue is taken out.

``pytest -m mutation`` tries them all (``-n 2 --dist load`` shares them out between two processes). A plain
run tries a few; ``TRACEDESK_MUTATIONS`` says how many, or ``all``.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.guarantees.mutating import SKIPPED, Case, Laboratory, cases_of, catalogue, of_test, stale

FEW = "6"
FAILS_BY = frozenset({"AssertionError", "Failed"})  # pytest's own word for DID NOT RAISE is Failed
GUARDS = tuple(catalogue())
PROMISED = [
    f"G{n:02d}" for n in (1, 2, 3, 4, 5, 6, 8, 9, 10, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 27, 28)
]


def chosen(config: pytest.Config) -> list[Case]:
    """All where mutation is asked for by name, else the few quickest."""
    asked_for = str(config.option.markexpr)
    whole = "mutation" in asked_for and "not mutation" not in asked_for
    number = os.environ.get("TRACEDESK_MUTATIONS", "all" if whole else FEW)
    every = sorted(GUARDS, key=lambda one: not one[1].short)
    cases = [case for one in (GUARDS if number == "all" else every) for case in cases_of(*one)]
    return cases if number == "all" else cases[: int(number)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        cases = chosen(metafunc.config)
        metafunc.parametrize("case", cases, ids=[case.words for case in cases])


def to_try(items: Sequence[pytest.Item]) -> list[Case]:
    """The cases that were not left out by a word on the command line."""
    calls = [
        item.callspec for item in items if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    ]
    return [call.params["case"] for call in calls if isinstance(call.params.get("case"), Case)]


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("laboratory"))


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def sound(request: pytest.FixtureRequest, laboratory: Laboratory, together: Path) -> dict[str, str]:
    """Every test that this run needs, on the copy with all guards in place: it passes, else its failure
    would prove nothing."""
    return laboratory.sound([t for c in to_try(request.session.items) for t in c.guard.tests], together)


@pytest.mark.mutation
def test_a_guard_that_is_taken_out_is_missed(
    case: Case, laboratory: Laboratory, sound: dict[str, str]
) -> None:
    for test in case.guard.tests:
        if sound[test] == SKIPPED:
            pytest.skip(f"{test} needs the real models and clips")
        assert sound[test] == "", f"with every guard in place: {sound[test]}"
    outcome = laboratory.without(case.out, case.guard.tests)
    assert outcome.broken == (), "a guard that cannot even be left out proves nothing"
    for test in case.guard.tests:
        ran = of_test(outcome, test)
        failed = [one for one in ran if one.kinds]
        assert ran, f"{test} did not run"
        if case.missed:
            assert failed, f"without its guard {test} still passes"
            strange = [
                one.said for one in failed if not set(one.kinds) <= FAILS_BY | {*case.guard.fails_with}
            ]
            assert strange == [], "it fails, but not because the attack went through"
            assert {one.when for one in failed} == {"call"}
        else:
            assert [one.said for one in failed] == [], f"{case.out[0].layer} alone held the attack off"


@pytest.mark.parametrize("number", PROMISED)
def test_the_catalogue_speaks_of_this_code(number: str) -> None:
    """Every guard stands where the catalogue says, word for word and once."""
    guards = [guard for found, guard in GUARDS if found == number]
    assert guards, f"no guard of {number} is listed"
    assert [why for guard in guards for edit in guard.edit if (why := stale(edit))] == []


def test_every_guard_has_a_name_of_its_own_and_tests_of_its_guarantee() -> None:
    twice = [name for name, times in Counter(f"{n} {g.name}" for n, g in GUARDS).items() if times > 1]
    assert twice == []
    here = Path(__file__).parent
    for number, guard in GUARDS:
        assert guard.edit, guard.name
        for test in guard.tests:
            file, _, name = test.partition("::")
            assert f"test_{number.lower()}_" in test, f"{number}: {test}"
            assert f"def {name.partition('[')[0]}(" in (here / file).read_text("utf-8"), test


def test_every_test_that_the_catalogue_names_can_be_run() -> None:
    """One that cannot keeps pytest from running any of them."""
    here = Path(__file__).parent
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "--collect-only", str(here)]
    told = subprocess.run(command, cwd=here.parents[1], capture_output=True, text=True, check=True).stdout
    collected = {line.removeprefix("tests/guarantees/") for line in told.splitlines()}
    collected |= {test.partition("[")[0] for test in collected}
    assert [test for _, guard in GUARDS for test in guard.tests if test not in collected] == []
