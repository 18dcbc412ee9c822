"""G15: what was erased stays erased, also when an older backup is put back."""

from pathlib import Path

import pytest

from engine.audit import log
from engine.domain.errors import Refused
from engine.domain.track import Still
from engine.ports import Transaction
from engine.schedule.sweep import finish_interrupted, health
from engine.store.authorisations import Authorisations
from engine.store.backup import DATABASE, MANIFEST, backup
from engine.store.restoring import restore
from engine.store.sealing import case_key, face_key
from engine.trace.context import Context
from engine.vault.keys import Erased, Vault
from tests.engine.fakes import SECRET, SetClock, a_candidate, a_context, a_track, queued

PICTURE = b"the pixels of the one who was erased"


async def filled(context: Context) -> None:
    for number in (1, 2):
        await queued(context, f"trace-{number}", f"case-{number}")
        track = a_track(stills=(Still(kind="face", at=None, width=9, height=9, jpeg=PICTURE, face_px=120.0),))
        found = a_candidate(f"c-{number}", track, trace_id=f"trace-{number}", case_id=f"case-{number}")

        async def put(tx: Transaction, found=found) -> None:  # type: ignore[no-untyped-def]
            await context.reviews.add_candidate(tx, found)
            await log.append(tx, at=context.clock.now(), person="kim", action="case", object_id=found.case_id)

        await context.store.run(put)


async def erased_again(context: Context) -> tuple[str, ...]:
    """What every start of an engine does, before anything is served."""
    return (await finish_interrupted(context)).erased


async def test_g15_the_drill_a_case_erased_after_the_backup_does_not_open_after_the_restore(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    async with a_context(state) as context:
        await filled(context)
        manifest = await backup(context.store, tmp_path / "backups", context.clock)
        lines = await context.store.run(log.lines)
        context.sealer.vault.destroy(frozenset({case_key("case-1"), face_key("case-1")}))
        with pytest.raises(Erased):
            await context.store.run(lambda tx: context.cases.get(tx, "case-1"))

    restore(tmp_path / "backups" / manifest.name, state)

    async with a_context(state) as context:
        assert await erased_again(context) == ("case-1",)
        with pytest.raises(Refused, match="no open case"):
            await context.store.run(lambda tx: context.cases.get(tx, "case-1"))
        assert await context.store.run(lambda tx: context.cases.records(tx, "case-1")) == ()
        assert await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-1")) == ()

        # everything else does
        assert await context.store.run(context.cases.ids) == ["case-2"]
        assert len(await context.store.run(lambda tx: context.cases.records(tx, "case-2"))) == 1
        assert len(await context.store.run(lambda tx: context.cases.stills(tx, "case-2"))) == 1
        authorisations = Authorisations(context.sealer)
        assert await context.store.run(lambda tx: authorisations.get(tx, "auth-case-2"))
        (found,) = await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-2"))
        pictures = await context.store.run(lambda tx: context.reviews.pictures(tx, found))
        assert pictures[0].jpeg == PICTURE
        assert (await context.store.run(log.lines))[: len(lines)] == lines
        assert await context.store.run(log.first_bad) is None
        assert {t.trace_id for t in await context.store.run(context.traces.all)} == {"trace-2"}


async def test_g15_no_key_is_in_a_backup_in_any_form(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await filled(context)
        manifest = await backup(context.store, tmp_path / "backups", context.clock)
        vault = context.sealer.vault
        plain = [*vault._held.keys.values(), vault._root, vault._audit_key, vault.signing_seed(), SECRET]
        wrapped = (tmp_path / "keys.json").read_bytes()
    place = tmp_path / "backups" / manifest.name
    names = sorted(path.name for path in place.iterdir())
    assert names == [MANIFEST, DATABASE]
    content = b"".join((place / name).read_bytes() for name in names)
    assert len(plain) >= 8
    for key in plain:
        for form in (key, key.hex().encode(), key[:16], key[16:]):
            assert form not in content
    stored = [part for part in wrapped.split(b'"') if len(part) > 40]
    assert len(stored) >= 5  # the wrapped keys as the file holds them
    assert not any(part in content for part in stored)


async def test_g15_without_the_key_file_the_backup_opens_nothing(tmp_path: Path) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir()
    elsewhere.mkdir()
    async with a_context(state) as context:
        await filled(context)
        manifest = await backup(context.store, tmp_path / "backups", context.clock)
    Vault(elsewhere, SECRET)  # the same unseal secret, and no keys
    restore(tmp_path / "backups" / manifest.name, elsewhere)
    async with a_context(elsewhere, clock=SetClock()) as context:
        for case_id in ("case-1", "case-2"):
            with pytest.raises(Erased):
                await context.store.run(lambda tx, c=case_id: context.cases.get(tx, c))
        assert await erased_again(context) == ()  # lost, not destroyed: the right key file may come yet
        assert (await health(context)).lost == 2
