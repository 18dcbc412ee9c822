from dataclasses import replace

import pytest

from engine.policy.caps import Used
from engine.store import usage
from engine.store.usage import Payer
from engine.store.writer import SqliteStore

KIM = Payer(trace_id="t1", case_id="case-1", patient_mac="p1", requester="kim", day="2026-03-06")


async def charge(store: SqliteStore, payer: Payer, window: str, camera_s: float) -> None:
    await store.run(lambda tx: usage.charge(tx, payer, window, camera_s))


async def used(store: SqliteStore, payer: Payer = KIM) -> Used:
    return await store.run(lambda tx: usage.used(tx, payer))


async def test_before_anything_was_asked_for_nothing_was_used(store: SqliteStore) -> None:
    assert await used(store) == Used()


async def test_a_window_counts_on_all_four_accounts(store: SqliteStore) -> None:
    await charge(store, KIM, "w1", 600.0)
    await charge(store, KIM, "w2", 30.5)
    assert await used(store) == Used(trace_s=630.5, patient_s=630.5, requester_s=630.5, installation_s=630.5)


async def test_the_same_window_again_is_not_counted_twice_not_even_on_another_day(store: SqliteStore) -> None:
    await charge(store, KIM, "w1", 600.0)
    assert await store.run(lambda tx: usage.charged(tx, "t1", "w1"))
    assert not await store.run(lambda tx: usage.charged(tx, "t2", "w1"))
    await charge(store, replace(KIM, day="2026-03-07"), "w1", 600.0)
    assert (await used(store)).patient_s == 600.0
    assert (await used(store, replace(KIM, day="2026-03-07"))).installation_s == 0.0


async def test_whoever_is_entered_twice_or_renamed_is_one_patient_however_long_the_chain(
    store: SqliteStore,
) -> None:
    chain = [("case-1", "p1"), ("case-2", "p1"), ("case-2", "p2"), ("case-3", "p2"), ("case-3", "p3")]
    for n, (case_id, patient) in enumerate(chain):
        payer = replace(KIM, trace_id=f"t{n}", case_id=case_id, patient_mac=patient)
        await charge(store, payer, "w", 100.0)
    await charge(store, replace(KIM, trace_id="t9", case_id="case-9", patient_mac="p9"), "w", 1.0)
    for case_id, patient in [("case-1", "p1"), ("case-1", "new"), ("case-4", "p3"), ("case-2", "p2")]:
        assert (await used(store, replace(KIM, case_id=case_id, patient_mac=patient))).patient_s == 500.0
    assert (await used(store, replace(KIM, case_id="case-4", patient_mac="p4"))).patient_s == 0.0


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (replace(KIM, trace_id="t2"), {"patient_s", "requester_s", "installation_s"}),
        (replace(KIM, trace_id="t2", case_id="case-2"), {"patient_s", "requester_s", "installation_s"}),
        (replace(KIM, trace_id="t2", patient_mac="p2"), {"patient_s", "requester_s", "installation_s"}),
        (replace(KIM, trace_id="t2", case_id="case-2", patient_mac="p2"), {"requester_s", "installation_s"}),
        (replace(KIM, trace_id="t2", requester="lee"), {"patient_s", "installation_s"}),
        (replace(KIM, trace_id="t2", day="2026-03-07"), {"patient_s"}),
        (
            Payer(trace_id="t2", case_id="case-2", patient_mac="p2", requester="lee", day="2026-03-07"),
            set(),
        ),
    ],
)
async def test_what_somebody_else_has_used_counts_where_they_share_an_account(
    store: SqliteStore, other: Payer, shared: set[str]
) -> None:
    await charge(store, KIM, "w1", 600.0)
    found = await used(store, other)
    names = ("trace_s", "patient_s", "requester_s", "installation_s")
    assert {name for name in names if getattr(found, name)} == shared
