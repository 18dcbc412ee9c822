"""G24: whoever does not work on a case reads and changes nothing of it, by any request there is."""

import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Asked, Conflict
from engine.api.board import Board
from engine.api.case_schema import KeptText
from engine.api.closing import Closing
from engine.api.forms import CaseClose, NoticeSent, PassedOn, SourceAnswer, SourceAsk
from engine.api.identity import Peer, person_of, roles_of
from engine.api.keeping import Keeping
from engine.api.listening import bound_socket
from engine.api.preview import Preview
from engine.api.review_schema import CandidateNote, SecondWanted, SetAside
from engine.api.schema import CaseImport, DecisionRequest, RecordFile, TraceStart
from engine.api.sight import Sight
from engine.api.sources import Sources
from engine.domain.authorisation import Role
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused, Unknown
from engine.domain.event import Event
from engine.domain.person import HIDDEN, Person
from engine.domain.record import Source
from engine.ports import RecordMapping, Transaction
from engine.schedule.sweep import Sweeper
from engine.trace.footage_table import Footage
from tests.engine.fakes import a_site
from tests.guarantees.house import NOW, House, a_house, a_track, by, case_import, consent, seen
from tests.guarantees.server_house import (
    CHOI,
    KIM,
    PARK,
    a_case,
    an_order,
    answered,
    member,
    permitted,
    photograph,
    wanted,
)

HAN = by("han", 2009, Role.INVESTIGATOR)
OPS = by("ops", 2010, Role.OPERATOR)
RECORDS = RecordFile(file="entry.csv", content=b"at\n", mapping=RecordMapping(source=Source.ENTRY))


class World(msgspec.Struct):
    """A case of Kim's with everything in it, and the ids that Han has heard of."""

    house: House
    authorisation: str
    trace: str
    candidate: str
    view: str
    still: str
    request: str


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        house.pool.tracks = lambda _: (a_track(),)
        authorisation = (await permitted(house)).authorisation_id
        start = TraceStart(case_id="A", authorisation_id=authorisation)
        trace = (await house.tracing.start(KIM, start)).trace_id
        await house.over(trace)
        candidate = (await house.tracing.detail(KIM, trace)).candidates[0].candidate_id
        view = (await house.review.view(KIM, candidate, 100.0)).view_id
        (still,) = await house.photos.all(KIM, "A")
        asked = await Sources(house.context).ask(KIM, "A", SourceAsk(source="card", authority="province"))
        house.clock.pass_s(2.0)
        yield World(house, authorisation, trace, candidate, view, still.still_id, asked.request_id)


def closing(w: World) -> Closing:
    return Closing(w.house.context, Sweeper(w.house.context, stop=w.house.runner.stop))


def sources(w: World) -> Sources:
    return Sources(w.house.context)


def told(w: World) -> NoticeSent:
    return NoticeSent(
        sent_at=w.house.clock.wall, means="post", document_sha256="d" * 64, collected=("photo",)
    )


ANSWER = SourceAnswer(answered=True, reference="R")
REACHES: dict[str, Callable[[World, Asked], Awaitable[object]]] = {
    "join it": lambda w, a: w.house.intake.add_member(a, "A", member("han")),
    "add records": lambda w, a: w.house.intake.add_records(a, "A", RECORDS),
    "bring a photograph": lambda w, a: w.house.photos.add(a, "A", photograph(content=b"x")),
    "list photographs": lambda w, a: w.house.photos.all(a, "A"),
    "look at a photograph": lambda w, a: w.house.photos.view(a, "A", w.still),
    "record a ground": lambda w, a: w.house.intake.put_ground(
        seen(a, 2), "A", consent(document_sha256="b" * 64)
    ),
    "withdraw the ground": lambda w, a: w.house.intake.withdraw_ground(a, "A"),
    "list what others were asked": lambda w, a: sources(w).of_case(a, "A"),
    "ask another authority": lambda w, a: sources(w).ask(
        a, "A", SourceAsk(source="card", authority="province")
    ),
    "answer for another authority": lambda w, a: sources(w).answer(seen(a), "A", w.request, ANSWER),
    "read the notice": lambda w, a: closing(w).notice(a, "A"),
    "record a notice": lambda w, a: closing(w).notice_sent(seen(a, 2), "A", told(w)),
    "pass data on": lambda w, a: closing(w).passed_on(a, "A", PassedOn(to="b", what="c")),
    "close it": lambda w, a: closing(w).close(seen(a, 2), "A", CaseClose(reason="x", undecided=True)),
    "ask for a search": lambda w, a: w.house.authorise.request(a, wanted()),
    "preview a search": lambda w, a: Preview(w.house.context).scope(a, wanted()),
    "read the handover note": lambda w, a: Keeping(w.house.context).kept(a, "A", "handover"),
    "write the handover note": lambda w, a: Keeping(w.house.context).keep(
        seen(a, 0), "A", "handover", KeptText(text="x")
    ),
    "revoke a search": lambda w, a: w.house.authorise.revoke(a, w.authorisation),
    "start a trace": lambda w, a: w.house.tracing.start(
        a, TraceStart(case_id="A", authorisation_id=w.authorisation)
    ),
    "read a trace": lambda w, a: w.house.tracing.detail(a, w.trace),
    "have a trace look again": lambda w, a: w.house.tracing.again(a, w.trace),
    "cancel a trace": lambda w, a: w.house.tracing.cancel(a, w.trace),
    "become its second reviewer": lambda w, a: w.house.review.second(a, w.trace),
    "see its first answers": lambda w, a: w.house.review.look(a, w.trace),
    "look at pictures": lambda w, a: w.house.review.view(a, w.candidate, 100.0),
    "answer a candidate": lambda w, a: w.house.review.decide(
        seen(a), w.candidate, DecisionRequest(view_id=w.view, answer=Answer.SAME)
    ),
    "take an answer back": lambda w, a: w.house.review.undo(seen(a, 2), w.candidate),
    "note something": lambda w, a: w.house.noting.note(seen(a), w.candidate, CandidateNote(text="him")),
    "want a second reviewer": lambda w, a: w.house.noting.second(a, w.candidate, SecondWanted()),
    "set a candidate aside": lambda w, a: w.house.noting.set_aside(
        a, w.trace, SetAside(candidate_ids=(w.candidate,))
    ),
    "see a clip": lambda w, a: w.house.clips.clip(a, w.candidate),
}


@pytest.mark.parametrize("reach", REACHES)
async def test_g24_a_case_of_somebody_else_is_answered_like_one_that_never_was(
    world: World, reach: str
) -> None:
    lines = len(await world.house.audit())
    with pytest.raises(Unknown, match="there is no"):
        await REACHES[reach](world, HAN)
    assert len(await world.house.audit()) == lines


async def test_g24_nobody_takes_the_id_of_a_case_that_is_somebody_elses(world: World) -> None:
    with pytest.raises(Refused, match="cannot be used"):
        await world.house.intake.put_case(seen(HAN), case_import("A", note="mine now"))


async def test_g24_nobody_sees_what_was_permitted_for_somebody_elses_case(world: World) -> None:
    assert await world.house.authorise.all(HAN) == ()
    assert len(await world.house.authorise.all(KIM)) == 1
    assert len(await world.house.authorise.all(PARK)) == 1


async def test_g24_a_case_stands_on_the_board_of_who_works_on_it_only(world: World) -> None:
    board = Board(world.house.context, Footage(world.house.context))
    assert await board.cases(HAN) == ()
    for who in (KIM, CHOI):  # a supervisor sees all
        assert [case.case_id for case in await board.cases(who)] == ["A"]


async def test_g24_who_stops_a_trace_of_another_case_learns_nothing_of_it(world: World) -> None:
    row = await world.house.tracing.cancel(OPS, world.trace)
    assert (row.trace_id, row.case_id, row.candidates, row.message) == (world.trace, "", 0, "")


def test_g24_an_event_is_told_to_who_works_on_its_case() -> None:
    event = Event(seq=1, at=NOW, kind="candidate", object_id="c", state="added", case_id="A")
    paper, trace = replace_kind(event, "authorisation"), replace_kind(event, "trace")
    outsider = Sight(frozenset({Role.INVESTIGATOR}), frozenset({"B"}))
    assert [outsider.event(e) for e in (event, paper, trace)] == [None, None, None]
    auditor = Sight(frozenset({Role.AUDITOR}), None)
    assert [auditor.event(e) for e in (event, paper, trace)] == [None, None, None]
    operator = Sight(frozenset({Role.OPERATOR}), frozenset())
    assert operator.event(event) is None
    heard = operator.event(trace)
    assert heard is not None
    assert heard.case_id == ""
    authoriser = Sight(frozenset({Role.AUTHORISER}), frozenset())
    assert authoriser.event(event) is None
    assert authoriser.event(paper) == paper
    insider = Sight(frozenset({Role.INVESTIGATOR}), frozenset({"A"}))
    assert insider.event(event) == event


def replace_kind(event: Event, kind: str) -> Event:
    return msgspec.structs.replace(event, kind=kind)


# --- who somebody is ------------------------------------------------------------------------------


def test_g24_on_a_server_nobody_has_a_role_that_the_list_does_not_give() -> None:
    """Root and the engine's own user included."""
    site = a_site(rehearsal=False, people={"kim": frozenset({Role.INVESTIGATOR})})
    assert roles_of(site, 1001, "kim", 999) == {Role.INVESTIGATOR}
    for uid, name in ((0, "root"), (999, "tracedesk"), (1002, "lee"), (1003, "kim ")):
        assert roles_of(site, uid, name, 999) == frozenset()


def test_g24_in_a_rehearsal_whoever_runs_the_engine_has_the_roles_and_nobody_else() -> None:
    site = a_site(rehearsal=True)
    assert roles_of(site, 1001, "kim", 1001) == frozenset(Role)
    assert roles_of(site, 1002, "lee", 1001) == frozenset()


def a_process(proc: Path, pid: int, uid: int, login: str) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "status").write_text(f"Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
    (folder / "loginuid").write_text(login)


def test_g24_a_login_is_that_of_the_process_that_connected_or_hidden(tmp_path: Path) -> None:
    site = a_site(rehearsal=False)
    a_process(tmp_path, 7, 1001, "1000")
    a_process(tmp_path, 8, 1002, "1002")  # the number was given to somebody else meanwhile
    assert person_of(Peer(7, 1001), site, proc=tmp_path).login_uid == 1000
    assert person_of(Peer(8, 1001), site, proc=tmp_path).login_uid == HIDDEN
    assert person_of(Peer(9, 1001), site, proc=tmp_path).login_uid == HIDDEN


def test_g24_the_socket_is_for_owner_and_group_from_its_first_instant(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with bound_socket(tmp_path / "engine.sock"):
            mode = stat.S_IMODE((tmp_path / "engine.sock").stat().st_mode)
    finally:
        os.umask(before)
    assert mode == 0o660


async def test_g24_su_is_written_down_beside_the_name(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        su = Asked(person=Person(uid=2001, name="kim", roles=KIM.person.roles, login_uid=1500))
        await house.intake.put_case(su, case_import())
        (line,) = [line for line in await house.audit() if line.action == "case"]
        assert line.login == 1500


# --- two people, in the database too ---------------------------------------------------------------


async def requested(house: House, by_whom: Asked = KIM) -> str:
    await an_order(house)
    await a_case(house)
    await answered(house, "A", "footage", "province")
    return (await house.authorise.request(by_whom, wanted())).authorisation_id


async def test_g24_no_way_leads_to_an_approval_of_ones_own(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        authorisation_id = await requested(house)
        kim = by("kim", 2001, Role.AUTHORISER)
        with pytest.raises((Refused, sqlite3.IntegrityError)):
            await house.authorise.approve(seen(kim), authorisation_id)
        assert [a.state for a in await house.authorise.all(PARK)] == ["requested"]


async def test_g24_the_database_itself_takes_no_authorisation_that_begins_approved(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await requested(house)

        async def forge(tx: Transaction) -> None:
            await tx.execute(
                "INSERT INTO authorisation (authorisation_id, case_id, state, expires_at, sealed, four_eyes,"
                " requested_uid, approved_uid) SELECT 'forged', case_id, 'approved', expires_at, sealed, 1,"
                " 2001, 2004 FROM authorisation"
            )

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)


async def test_g24_the_database_itself_takes_no_approval_of_another_account_of_ones_own(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await requested(house, by("kim", 2001, Role.INVESTIGATOR, login_uid=1500))

        async def forge(tx: Transaction) -> None:
            await tx.execute(
                "UPDATE authorisation SET state = 'approved', approved_uid = 2004, approved_login = 1500"
            )

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)


async def test_g24_of_two_who_change_a_case_the_second_is_told(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        (case,) = await house.intake.cases(KIM)
        changed: CaseImport = case_import("A", note="seen by one")
        await house.intake.put_case(seen(KIM, case.version), changed)
        with pytest.raises(Conflict, match="was changed"):
            await house.intake.put_case(seen(KIM, case.version), case_import("A", note="by the other"))
        with pytest.raises(Refused, match="touched by two"):
            await house.intake.put_case(replace(KIM, version=None), case_import("A", note="unseen"))


async def test_g24_a_member_has_a_name_as_the_system_gives_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        for name in ("", "Lee Park", "lee\n", "../lee", "lee/park", "-lee", "l" * 66):
            with pytest.raises(Exception, match="is no user name"):
                await house.intake.add_member(KIM, "A", member(name))
        for name in ("lee.sora", "lee@gaon.example", "Lee", "svc_lee$"):  # as directory services give them
            assert name in (await house.intake.add_member(KIM, "A", member(name))).members


def test_g24_the_socket_lies_where_nobody_else_can_put_one(tmp_path: Path) -> None:
    everybodys, mine = tmp_path / "everybodys", tmp_path / "mine"
    for folder in (everybodys, mine):
        folder.mkdir(mode=0o700)
    everybodys.chmod(0o777)
    with pytest.raises(InputError, match="written by everybody"):
        bound_socket(everybodys / "engine.sock")
    (mine / "engine.sock").write_text("a file of somebody's")
    with pytest.raises(InputError, match="no socket"):
        bound_socket(mine / "engine.sock")
    assert (mine / "engine.sock").read_text() == "a file of somebody's"
