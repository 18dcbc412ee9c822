from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.audit import log
from engine.audit.log import AuditLine
from engine.domain.authorisation import Role
from engine.domain.limits import Limits
from engine.domain.source_rule import Level, SourceRule
from engine.schedule.policy_watch import note_policy
from engine.schedule.runner import Runner
from engine.trace.context import Context
from tests.engine.fakes import a_context, a_site

RULE = SourceRule(source="card", basic="province", province="direct", national="direct")


async def started(folder: Path, **given: object) -> list[AuditLine]:
    """Start an engine with these facts; every line about the policy so far."""
    async with a_context(folder, site=a_site(**given)) as context:
        await note_policy(context)
        return await said(context)


async def said(context: Context) -> list[AuditLine]:
    return [line for line, _ in await context.store.run(log.lines) if line.action == "policy"]


async def test_the_first_engine_says_every_number_and_the_next_one_nothing_new(tmp_path: Path) -> None:
    (first,) = await started(tmp_path)
    assert first.outcome == "first"
    assert first.detail["cap.patient_h"] == "none -> 400"
    assert first.detail["law.KR-1"] == "none -> Act on tests, article 1"
    assert await started(tmp_path) == [first]


async def test_a_widened_cap_is_said_with_the_old_and_the_new_number(tmp_path: Path) -> None:
    await started(tmp_path)
    line = (await started(tmp_path, limits=Limits(patient_h=4_000)))[-1]
    assert (line.outcome, line.person) == ("changed", "engine")
    digest = line.detail["digest"]
    assert line.detail == {"cap.patient_h": "400 -> 4000", "digest": digest}
    assert len(await started(tmp_path, limits=Limits(patient_h=4_000))) == 2
    back = (await started(tmp_path))[-1]
    assert back.detail["cap.patient_h"] == "4000 -> 400"
    assert back.detail["digest"] != digest


async def test_a_law_that_is_put_on_the_list_is_said(tmp_path: Path) -> None:
    await started(tmp_path, laws={})
    line = (await started(tmp_path, laws={"KR-9": "Everything is permitted"}))[-1]
    assert line.detail["law.KR-9"] == "none -> Everything is permitted"


async def test_a_role_that_is_given_or_taken_is_said(tmp_path: Path) -> None:
    await started(tmp_path, people={"kim": frozenset({Role.INVESTIGATOR})})
    both = frozenset({Role.INVESTIGATOR, Role.AUTHORISER})
    line = (await started(tmp_path, people={"kim": both, "han": frozenset({Role.AUDITOR})}))[-1]
    assert line.detail["roles.kim"] == "investigator -> authoriser, investigator"
    assert line.detail["roles.han"] == "none -> auditor"
    assert (await started(tmp_path, people={}))[-1].detail["roles.han"] == "auditor -> none"


@pytest.mark.parametrize(
    ("given", "name", "said"),
    [
        ({"case_days": 3650.0}, "retention.case_days", "90 -> 3650"),
        ({"witness_silence": timedelta(hours=900)}, "witness.silent_h", "none -> 900"),
        ({"level": Level.NATIONAL}, "level", "basic -> national"),
        ({"sources": {"card": RULE}}, "source.card", "none -> province"),
    ],
)
async def test_what_the_settings_widen_is_said(
    tmp_path: Path, given: dict[str, object], name: str, said: str
) -> None:
    await started(tmp_path)
    assert (await started(tmp_path, **given))[-1].detail[name] == said


async def test_a_change_is_not_hidden_by_editing_the_note_of_what_was_before(tmp_path: Path) -> None:
    wide = Limits(patient_h=4_000)
    (first,) = await started(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    async with a_context(other, site=a_site(limits=wide)) as context:
        await note_policy(context)
        row = await context.store.run(lambda tx: tx.row("SELECT value FROM meta WHERE key = 'policy'"))
    assert row is not None
    async with a_context(tmp_path, site=a_site(limits=wide)) as context:
        await context.store.run(
            lambda tx: tx.execute("UPDATE meta SET value = ? WHERE key = 'policy'", (row["value"],))
        )
        await note_policy(context)
        lines = await said(context)
    assert len(lines) == 2
    assert lines[1].detail["digest"] != first.detail["digest"]
    assert lines[1].detail["cap.patient_h"] == "none -> 4000"
    assert lines[1].detail["before"] == "unknown: the note of it was changed"


async def test_an_engine_that_starts_says_it(context: Context) -> None:
    async with Runner(context):
        assert len(await said(context)) == 1


async def test_nothing_personal_is_in_it(tmp_path: Path) -> None:
    (line,) = await started(tmp_path)
    text = msgspec.json.encode(line).decode()
    assert not [word for word in ("cam1", "place-", "case-", "kim") if word in text]
