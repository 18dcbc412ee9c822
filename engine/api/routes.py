"""The router as a table: every route with its row in the matrix of roles, its body and its limits.

A route is one line here, one row in ``engine/policy/roles.py`` and one method of a service. What is
true for all of them (who asks, roles, keys, versions, limits, errors) is in ``server.py``, once.
"""

from typing import Any

from engine.api.case_schema import KeptText
from engine.api.contact_schema import ContactEntry, ContactMerge, ContactUnmerge, ExportRequest
from engine.api.forms import (
    CaseClose,
    Confirm,
    EmergencyRequest,
    EmergencyReview,
    Member,
    NewWitness,
    NewWitnessLetter,
    NoticeSent,
    OrderProposal,
    PassedOn,
    SourceAnswer,
    SourceAsk,
)
from engine.api.review_schema import CandidateNote, SecondWanted, SetAside
from engine.api.route import Call, Route, change, read
from engine.api.schema import (
    MAX_BODY_BYTES,
    AuthorisationRequest,
    BackupRequest,
    CaseImport,
    DecisionRequest,
    GroundRecord,
    RecordFile,
    StillFile,
    TraceStart,
    ViewRequest,
)
from engine.api.services import Services
from engine.domain.errors import InputError


async def _put_case(services: Services, call: Call) -> Any:
    if call.body.case_id != call.id:
        raise InputError("differs from the address", place="case_id")
    return await services.intake.put_case(call.asked, call.body)


ROUTES: tuple[Route, ...] = (
    read("/hello", "hello", lambda s, c: s.standing.hello(c.asked)),
    read("/health", "health", lambda s, c: s.standing.health()),
    change("POST", "/stop", "stop", lambda s, c: s.standing.stop(c.asked)),
    read("/events", "events", None),
    # --- cases ---
    read("/cases", "case.list", lambda s, c: s.intake.cases(c.asked)),
    read("/board", "case.board", lambda s, c: s.board.cases(c.asked)),
    change("PUT", "/cases/{id}", "case.put", _put_case, CaseImport),
    read("/cases/{id}/kept/{kind}", "case.kept", lambda s, c: s.keeping.kept(c.asked, c.id, c.at["kind"])),
    change(
        "PUT",
        "/cases/{id}/kept/{kind}",
        "case.keep",
        lambda s, c: s.keeping.keep(c.asked, c.id, c.at["kind"], c.body),
        KeptText,
    ),
    change(
        "POST",
        "/cases/{id}/members",
        "case.member",
        lambda s, c: s.intake.add_member(c.asked, c.id, c.body),
        Member,
    ),
    change(
        "POST",
        "/cases/{id}/records",
        "case.records",
        lambda s, c: s.intake.add_records(c.asked, c.id, c.body),
        RecordFile,
        max_body_bytes=MAX_BODY_BYTES,
    ),
    read("/cases/{id}/stills", "case.still.list", lambda s, c: s.photos.all(c.asked, c.id)),
    change(
        "POST",
        "/cases/{id}/stills",
        "case.still",
        lambda s, c: s.photos.add(c.asked, c.id, c.body),
        StillFile,
        max_body_bytes=MAX_BODY_BYTES,
    ),
    change(
        "POST",
        "/cases/{id}/stills/{still}/view",
        "case.still.view",
        lambda s, c: s.photos.view(c.asked, c.id, c.at["still"]),
    ),
    change(
        "POST",
        "/cases/{id}/stills/{still}/second",
        "case.still.second",
        lambda s, c: s.photos.second(c.asked, c.id, c.at["still"]),
    ),
    change(
        "PUT",
        "/cases/{id}/ground",
        "case.ground",
        lambda s, c: s.intake.put_ground(c.asked, c.id, c.body),
        GroundRecord,
    ),
    change(
        "DELETE",
        "/cases/{id}/ground",
        "case.ground.withdraw",
        lambda s, c: s.intake.withdraw_ground(c.asked, c.id),
    ),
    read("/cases/{id}/sources", "case.source.list", lambda s, c: s.sources.of_case(c.asked, c.id)),
    change(
        "POST",
        "/cases/{id}/sources",
        "case.source",
        lambda s, c: s.sources.ask(c.asked, c.id, c.body),
        SourceAsk,
    ),
    change(
        "POST",
        "/cases/{id}/sources/{request}/answer",
        "case.source.answer",
        lambda s, c: s.sources.answer(c.asked, c.id, c.at["request"], c.body),
        SourceAnswer,
        touched=True,
    ),
    read("/cases/{id}/notice", "case.notice.read", lambda s, c: s.closing.notice(c.asked, c.id)),
    change(
        "POST",
        "/cases/{id}/notice",
        "case.notice",
        lambda s, c: s.closing.notice_sent(c.asked, c.id, c.body),
        NoticeSent,
        touched=True,
    ),
    change(
        "POST",
        "/cases/{id}/passed",
        "case.passed",
        lambda s, c: s.closing.passed_on(c.asked, c.id, c.body),
        PassedOn,
    ),
    change(
        "POST",
        "/cases/{id}/close",
        "case.close",
        lambda s, c: s.closing.close(c.asked, c.id, c.body),
        CaseClose,
        touched=True,
    ),
    # --- the line list, and what leaves the house ---
    read("/cases/{id}/contacts", "contact.list", lambda s, c: s.contacts.all(c.asked, c.id)),
    change(
        "POST",
        "/cases/{id}/contacts",
        "contact.add",
        lambda s, c: s.contacts.add(c.asked, c.id, c.body),
        ContactEntry,
    ),
    change(
        "POST",
        "/cases/{id}/contacts/{contact}/merge",
        "contact.merge",
        lambda s, c: s.contacts.merge(c.asked, c.id, c.at["contact"], c.body),
        ContactMerge,
    ),
    change(
        "PUT",
        "/cases/{id}/contacts/{contact}",
        "contact.change",
        lambda s, c: s.contacts.change(c.asked, c.id, c.at["contact"], c.body),
        ContactEntry,
        touched=True,
    ),
    change(
        "POST",
        "/cases/{id}/contacts/{contact}/unmerge",
        "contact.unmerge",
        lambda s, c: s.contacts.unmerge(c.asked, c.id, c.at["contact"], c.body),
        ContactUnmerge,
    ),
    change(
        "POST",
        "/cases/{id}/exports",
        "case.export",
        lambda s, c: s.exporting.export(c.asked, c.id, c.body),
        ExportRequest,
    ),
    # --- orders and authorisations; what only stops something never waits for a version ---
    read("/orders", "order.list", lambda s, c: s.orders.all(c.asked)),
    change("POST", "/orders", "order.propose", lambda s, c: s.orders.propose(c.asked, c.body), OrderProposal),
    change(
        "POST",
        "/orders/{id}/approve",
        "order.approve",
        lambda s, c: s.orders.approve(c.asked, c.id),
        touched=True,
    ),
    change("POST", "/orders/{id}/end", "order.end", lambda s, c: s.orders.end(c.asked, c.id)),
    read("/authorisations", "authorisation.list", lambda s, c: s.authorise.all(c.asked)),
    change(
        "POST",
        "/authorisations",
        "authorisation.request",
        lambda s, c: s.authorise.request(c.asked, c.body),
        AuthorisationRequest,
    ),
    change(
        "POST",
        "/authorisations/preview",
        "authorisation.preview",
        lambda s, c: s.preview.scope(c.asked, c.body),
        AuthorisationRequest,
    ),
    change(
        "POST",
        "/emergencies",
        "authorisation.emergency",
        lambda s, c: s.authorise.emergency(c.asked, c.body),
        EmergencyRequest,
    ),
    change(
        "POST",
        "/authorisations/{id}/approve",
        "authorisation.approve",
        lambda s, c: s.authorise.approve(c.asked, c.id),
        touched=True,
    ),
    change(
        "POST",
        "/authorisations/{id}/refuse",
        "authorisation.refuse",
        lambda s, c: s.authorise.refuse(c.asked, c.id),
        touched=True,
    ),
    change(
        "POST",
        "/authorisations/{id}/review",
        "authorisation.review",
        lambda s, c: s.authorise.review(c.asked, c.id, c.body),
        EmergencyReview,
        touched=True,
    ),
    change(
        "POST",
        "/authorisations/{id}/revoke",
        "authorisation.revoke",
        lambda s, c: s.authorise.revoke(c.asked, c.id),
    ),
    # --- traces and candidates ---
    read("/traces", "trace.list", lambda s, c: s.tracing.traces(c.asked)),
    change("POST", "/traces", "trace.start", lambda s, c: s.tracing.start(c.asked, c.body), TraceStart),
    read("/traces/{id}", "trace.detail", lambda s, c: s.tracing.detail(c.asked, c.id)),
    change("POST", "/traces/{id}/again", "trace.again", lambda s, c: s.tracing.again(c.asked, c.id)),
    change("POST", "/traces/{id}/cancel", "trace.cancel", lambda s, c: s.tracing.cancel(c.asked, c.id)),
    change("POST", "/traces/{id}/second", "trace.second", lambda s, c: s.review.second(c.asked, c.id)),
    change("POST", "/traces/{id}/look", "trace.look", lambda s, c: s.review.look(c.asked, c.id)),
    change(
        "POST",
        "/traces/{id}/aside",
        "trace.aside",
        lambda s, c: s.noting.set_aside(c.asked, c.id, c.body),
        SetAside,
    ),
    change(
        "POST",
        "/candidates/{id}/view",
        "candidate.view",
        lambda s, c: s.review.view(c.asked, c.id, c.body.face_height_px),
        ViewRequest,
    ),
    change(
        "POST",
        "/candidates/{id}/decisions",
        "candidate.decide",
        lambda s, c: s.review.decide(c.asked, c.id, c.body),
        DecisionRequest,
        touched=True,
    ),
    change(
        "POST",
        "/candidates/{id}/undo",
        "candidate.undo",
        lambda s, c: s.review.undo(c.asked, c.id),
        touched=True,
    ),
    change(
        "PUT",
        "/candidates/{id}/note",
        "candidate.note",
        lambda s, c: s.noting.note(c.asked, c.id, c.body),
        CandidateNote,
        touched=True,
    ),
    change(
        "PUT",
        "/candidates/{id}/second",
        "candidate.second",
        lambda s, c: s.noting.second(c.asked, c.id, c.body),
        SecondWanted,
    ),
    change("POST", "/candidates/{id}/clip", "candidate.clip", lambda s, c: s.clips.clip(c.asked, c.id)),
    # --- the town and the house ---
    read("/map", "map", lambda s, c: s.city.map()),
    read("/places", "gazetteer.find", lambda s, c: s.city.places(c.text("find"))),
    read("/house", "house", lambda s, c: s.household.state()),
    read("/audit/head", "audit.head", lambda s, c: s.auditing.head()),
    read("/erasures", "erasure.list", lambda s, c: s.closing.erasures()),
    change(
        "POST",
        "/erasures/confirm",
        "erasure.confirm",
        lambda s, c: s.closing.confirm(c.asked, c.body),
        Confirm,
    ),
    change("POST", "/backup", "backup", lambda s, c: s.upkeep.backup(c.asked, c.body), BackupRequest),
    change(
        "POST",
        "/witness",
        "witness.propose",
        lambda s, c: s.witnessing.propose(c.asked, c.body),
        NewWitness,
    ),
    change(
        "POST",
        "/witness/accept",
        "witness.accept",
        lambda s, c: s.witnessing.accept(c.asked, c.body),
        NewWitnessLetter,
    ),
    read("/audit", "audit.read", lambda s, c: s.auditing.read(c.asked.person, c.number("after"))),
    read("/audit/verify", "audit.verify", lambda s, c: s.auditing.verify(c.asked.person)),
    read("/audit/counts", "audit.counts", lambda s, c: s.auditing.counts()),
    read(
        "/audit/export",
        "audit.read",
        lambda s, c: s.auditing.export(c.asked.person, c.number("after"), c.number("upto")),
    ),
)
