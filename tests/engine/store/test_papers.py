"""Orders, requests to other authorities, members and notices: what goes in comes out."""

from datetime import timedelta

import msgspec
import pytest

from engine.domain.errors import Unknown
from engine.domain.interval import Interval
from engine.domain.notice import Notice
from engine.domain.order import EpidemicOrder, OrderState
from engine.domain.person import Person
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.ports import Row, Transaction
from engine.store import members, orders
from engine.store.notices import Notices
from engine.store.source_requests import SourceRequests
from engine.trace.context import Context
from tests.engine.fakes import DIGEST, NOW, with_case

KIM = Person(uid=1001, name="kim", login_uid=1001)
LEE = Person(uid=1002, name="lee")
ORDER = EpidemicOrder(
    order_id="o",
    number="2026-7",
    authority="province",
    disease="covid-19",
    document_sha256=DIGEST,
    interval=Interval(start=NOW, end=NOW + timedelta(days=30)),
    state=OrderState.PROPOSED,
    four_eyes=True,
    proposed_by="kim",
    proposed_at=NOW,
)


async def test_an_order_goes_from_proposed_to_approved_to_ended(context: Context) -> None:
    async def play(tx: Transaction) -> list[EpidemicOrder]:
        await orders.add(tx, ORDER, KIM)
        steps = [await orders.get(tx, "o")]
        await orders.approve(tx, "o", LEE, NOW)
        steps.append(await orders.get(tx, "o"))
        await orders.end(tx, "o")
        return [*steps, *(await orders.all_orders(tx))]

    proposed, approved, ended = await context.store.run(play)
    assert proposed == ORDER
    assert (approved.state, approved.approved_by, approved.approved_at, approved.version) == (
        OrderState.APPROVED,
        "lee",
        NOW,
        2,
    )
    assert (ended.state, ended.version) == (OrderState.ENDED, 3)
    assert await context.store.run(lambda tx: orders.proposer(tx, "o")) == (1001, 1001)


def a_request(reference: str = "") -> SourceRequest:
    return SourceRequest(
        request_id="r",
        case_id="case-1",
        source="card",
        authority="province",
        reference=reference,
        asked_by="kim",
        asked_at=NOW,
    )


async def test_a_request_to_another_authority_waits_and_is_answered(context: Context) -> None:
    await with_case(context)
    request = a_request()

    requests = SourceRequests(context.sealer)

    async def play(tx: Transaction) -> tuple[SourceRequest, ...]:
        await requests.add(tx, request)
        before = await requests.of_case(tx, "case-1")
        await requests.answer(tx, request, SourceRequestState.ANSWERED, "P-1", NOW)
        return (*before, await requests.get(tx, "case-1", "r"))

    waiting, answered = await context.store.run(play)
    assert waiting == request
    assert answered == msgspec.structs.replace(
        request, state=SourceRequestState.ANSWERED, reference="P-1", answered_at=NOW, version=2
    )


async def test_the_reference_of_another_authority_is_never_kept_in_clear(context: Context) -> None:
    await with_case(context)
    requests = SourceRequests(context.sealer)

    async def play(tx: Transaction) -> list[Row]:
        asked = a_request(reference="ask-4711")
        await requests.add(tx, asked)
        before = await tx.rows("SELECT * FROM source_request")
        await requests.answer(tx, asked, SourceRequestState.ANSWERED, "answer-4711", NOW)
        return [*before, *await tx.rows("SELECT * FROM source_request")]

    for row in await context.store.run(play):
        assert not any("4711" in str(value) or b"4711" in bytes(row["sealed"]) for value in row)


async def test_a_request_that_an_earlier_release_kept_in_clear_is_read_and_sealed_when_answered(
    context: Context,
) -> None:
    await with_case(context)
    requests = SourceRequests(context.sealer)

    async def play(tx: Transaction) -> tuple[str, str, str]:
        await requests.add(tx, a_request())
        await tx.execute("UPDATE source_request SET reference = 'P-0', sealed = NULL")
        before = await requests.get(tx, "case-1", "r")
        await requests.answer(tx, before, SourceRequestState.ANSWERED, before.reference, NOW)
        row = await tx.row("SELECT reference FROM source_request")
        assert row is not None
        return before.reference, (await requests.get(tx, "case-1", "r")).reference, row["reference"]

    assert await context.store.run(play) == ("P-0", "P-0", "")


async def test_what_was_never_there_is_unknown(context: Context) -> None:
    requests = SourceRequests(context.sealer)
    with pytest.raises(Unknown):
        await context.store.run(lambda tx: orders.get(tx, "x" * 100))
    with pytest.raises(Unknown):
        await context.store.run(lambda tx: requests.get(tx, "case-1", "x" * 100))


async def test_members_of_a_case_stand_in_the_order_in_which_they_came(context: Context) -> None:
    await with_case(context)

    async def play(tx: Transaction) -> tuple[tuple[str, ...], bool, bool, frozenset[str]]:
        for person in ("kim", "lee", "kim"):
            await members.add(tx, "case-1", person, added_by="kim", at=NOW)
        return (
            await members.of_case(tx, "case-1"),
            await members.works_on(tx, "case-1", "lee"),
            await members.works_on(tx, "case-2", "lee"),
            await members.cases_of(tx, "lee"),
        )

    assert await context.store.run(play) == (("kim", "lee"), True, False, frozenset({"case-1"}))


async def test_what_a_notice_says_is_sealed(context: Context) -> None:
    await with_case(context)
    notices = Notices(context.sealer)
    notice = Notice(case_id="case-1", due_at=NOW, to_tell=("passed:timeline to Kim Minsu",))

    async def play(tx: Transaction) -> tuple[Notice | None, Notice | None, object]:
        await notices.put(tx, notice)
        row = await tx.row("SELECT * FROM notice")
        return await notices.get(tx, "case-1"), await notices.get(tx, "case-2"), row

    found, none, row = await context.store.run(play)
    assert (found, none) == (notice, None)
    assert b"Minsu" not in b"".join(str(v).encode() for v in tuple(row))  # type: ignore[arg-type]
