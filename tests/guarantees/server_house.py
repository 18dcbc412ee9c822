"""A house under the server profile: who is who, and the way of a case through all hands."""

from datetime import datetime, timedelta

import msgspec

from engine.api.asked import Asked
from engine.api.forms import Member, OrderProposal, OrderView, SourceAnswer, SourceAsk
from engine.api.orders import Orders
from engine.api.schema import AuthorisationRequest, AuthorisationView, StillFile
from engine.api.sources import Sources
from engine.domain.authorisation import Role
from engine.domain.source_request import FOOTAGE
from tests.guarantees.house import NOW, House, a_record, asked, by, case_import, consent, seen

KIM = by("kim", 2001, Role.INVESTIGATOR)
LEE = by("lee", 2002, Role.INVESTIGATOR)
CHOI = by("choi", 2003, Role.SUPERVISOR)
PARK = by("park", 2004, Role.AUTHORISER)
JUNG = by("jung", 2005, Role.AUTHORISER)

ORDER = OrderProposal(
    number="2026-7",
    authority="province",
    disease="covid-19",
    document_sha256="c" * 64,
    start=NOW - timedelta(days=10),
    end=NOW + timedelta(days=30),
)


async def an_order(house: House, **given: object) -> OrderView:
    """An epidemic order that stands: proposed by one authoriser, approved by another."""
    orders = Orders(house.context, house.runner)
    proposed = await orders.propose(JUNG, msgspec.structs.replace(ORDER, **given))
    return await orders.approve(seen(PARK), proposed.order_id)


async def answered(house: House, case_id: str, source: str, authority: str, reference: str = "R-1") -> None:
    """Another authority was asked, and answered."""
    sources = Sources(house.context)
    request = await sources.ask(KIM, case_id, SourceAsk(source=source, authority=authority))
    answer = SourceAnswer(answered=True, reference=reference)
    await sources.answer(seen(KIM), case_id, request.request_id, answer)


async def a_case(house: House, case_id: str = "A", *, photo: bool = True) -> None:
    """Kim's case with a record, a consent and a photograph that Lee stands behind."""
    await house.intake.put_case(KIM, case_import(case_id))
    record = a_record(1, case_id)
    await house.store.run(lambda tx: house.context.cases.add_records(tx, case_id, (record,)))
    await house.intake.put_ground(KIM, case_id, consent())
    if photo:
        still = await house.photos.add(KIM, case_id, photograph(case_id))
        await house.intake.add_member(KIM, case_id, member("lee"))
        await house.photos.view(LEE, case_id, still.still_id)
        await house.photos.second(LEE, case_id, still.still_id)


def member(person: str) -> Member:
    return Member(person=person)


def photograph(case_id: str = "A", **given: object) -> StillFile:
    still = StillFile(
        file="front.jpg",
        content=f"photograph of {case_id}".encode(),
        provenance="taken on the ward",
        notification_ref=f"N-{case_id}",
    )
    return msgspec.structs.replace(still, **given)


def wanted(case_id: str = "A", **given: object) -> AuthorisationRequest:
    """What the city asks for by itself: entry logs, rosters, interviews, and footage."""
    values: dict[str, object] = {"order_ref": "2026-7", "sources": ("entry", "roster", "interview")}
    return asked(case_id, **(values | given))


async def permitted(
    house: House, case_id: str = "A", who: Asked = PARK, **given: object
) -> AuthorisationView:
    """Asked by Kim, permitted by Park, with the province's word for the footage."""
    await answered(house, case_id, FOOTAGE, "province")
    request = await house.authorise.request(KIM, wanted(case_id, **given))
    return await house.authorise.approve(seen(who, request.version), request.authorisation_id)


def later(**time: float) -> datetime:
    return NOW + timedelta(**time)
