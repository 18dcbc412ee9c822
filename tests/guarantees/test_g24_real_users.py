"""G24: who somebody is, attacked by processes of other users of the system over the real socket.

Every request here is made by a process that has become that user for good; the engine is told nothing else
of them than what the kernel says.
"""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.api.forms import Member, NewWitness, NewWitnessLetter, SourceAnswer, SourceAsk
from engine.api.identity import name_of
from engine.api.limits import Limits
from engine.api.listening import bound_socket
from engine.api.routes import ROUTES
from engine.api.server import Server
from engine.api.services import Services
from engine.api.standing import Standing
from engine.api.stream import Hub
from engine.audit import witnessed
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.authorisation import AuthorisationState, Role
from engine.domain.checkpoint import NewBecause
from engine.schedule.notary import Notary
from engine.schedule.sweep import Sweeper
from tests.engine.api.conftest import open_house
from tests.engine.schedule.witnesses import RememberingWitness
from tests.guarantees.house import House, a_house, a_record, case_import, consent
from tests.guarantees.real_users import Said, a_folder_for_all, as_root, ask, relay, request
from tests.guarantees.server_house import ORDER, photograph, wanted

pytestmark = as_root
KIM, LEE, PARK, JUNG, HAN, KANG, STRANGER = range(64_001, 64_008)
PEOPLE_GROUP = 64_100
ROLES = {
    KIM: Role.INVESTIGATOR,
    LEE: Role.INVESTIGATOR,
    PARK: Role.AUTHORISER,
    JUNG: Role.AUTHORISER,
    HAN: Role.CUSTODIAN,
    KANG: Role.AUDITOR,
}
PLENTY = Limits(burst=100_000)
CLAIMS = (
    f"X-User: uid-{PARK}\r\nX-Uid: {PARK}\r\nX-Forwarded-User: uid-{PARK}\r\nX-Role: authoriser\r\n"
    f"Authorization: Basic eA==\r\nCookie: uid={PARK}\r\nForwarded: for=uid-{PARK}\r\n"
)
NAMES_IN_PATH = re.compile(r"\{\w+\}")
NOT_YOURS = (403, "G24", "this is not for your role [G24]")


@dataclass
class World:
    """A server with its socket for a group, as it stands in /run."""

    house: House
    socket: Path
    folder: Path

    async def say(self, uid: int, method: str, path: str, form: Any = None, **given: Any) -> Said:
        (said,) = await ask(uid, self.socket, request(method, path, form, **given), groups=(PEOPLE_GROUP,))
        return said

    async def done(self, uid: int, method: str, path: str, form: Any = None, **given: Any) -> Any:
        said = await self.say(uid, method, path, form, **given)
        assert said.status == 200, said
        return said.json

    async def asked_for(self) -> str:
        """An authorisation that kim asked for; everything before it was done by hands of their own."""
        order = await self.done(JUNG, "POST", "/orders", ORDER)
        await self.done(PARK, "POST", f"/orders/{order['order_id']}/approve")
        await self.done(KIM, "PUT", "/cases/A", case_import())
        record = a_record(1, "A")
        await self.house.store.run(lambda tx: self.house.context.cases.add_records(tx, "A", (record,)))
        await self.done(KIM, "PUT", "/cases/A/ground", consent())
        still = (await self.done(KIM, "POST", "/cases/A/stills", photograph()))["still_id"]
        await self.done(KIM, "POST", "/cases/A/members", Member(person=f"uid-{LEE}"))
        await self.done(LEE, "POST", f"/cases/A/stills/{still}/view")
        await self.done(LEE, "POST", f"/cases/A/stills/{still}/second")
        footage = await self.done(
            KIM, "POST", "/cases/A/sources", SourceAsk(source="footage", authority="province")
        )
        answer = SourceAnswer(answered=True, reference="R-1")
        await self.done(KIM, "POST", f"/cases/A/sources/{footage['request_id']}/answer", answer)
        return str((await self.done(KIM, "POST", "/authorisations", wanted()))["authorisation_id"])

    async def state_of(self, authorisation_id: str) -> AuthorisationState:
        found = await self.house.store.run(
            lambda tx: self.house.context.authorisations.get(tx, authorisation_id)
        )
        return found.state


@pytest.fixture
async def world() -> AsyncIterator[World]:
    with a_folder_for_all() as folder:
        (folder / "state").mkdir(mode=0o700)
        async with a_house(folder / "state", rehearsal=False) as house:
            people = {name_of(uid): frozenset({role}) for uid, role in ROLES.items()}
            object.__setattr__(house.context.site, "people", people)
            signer = CheckpointSigner(b"s" * 32, "gaon")
            sweeper = Sweeper(house.context, stop=house.runner.stop)
            notary = Notary(house.store, house.clock, signer, RememberingWitness())
            standing = Standing(house.context, "0.0.test", lambda: None)
            services = Services.of(house.context, house.runner, sweeper, signer, notary, standing)
            hub = Hub(house.context, services.tracing.everything, services.tracing.cases_of)
            server = Server(house.context.site, services, hub, house.runner, PLENTY)
            listening = bound_socket(folder / "engine.sock")
            os.chown(folder / "engine.sock", -1, PEOPLE_GROUP)
            async with server.serving(listening, 1.0):
                yield World(house, folder / "engine.sock", folder)


def every_route(headers: str = "") -> list[bytes]:
    """An empty request to each route there is."""
    return [request(r.method, NAMES_IN_PATH.sub("none", r.path), headers=headers) for r in ROUTES]


def refusal(said: Said) -> tuple[int, str, str]:
    assert said.status >= 400, said
    return said.status, said.json["code"], said.json["message"]


async def test_g24_kim_cannot_approve_what_kim_asked_for_and_park_can(world: World) -> None:
    authorisation = await world.asked_for()
    path = f"/authorisations/{authorisation}/approve"
    assert refusal(await world.say(KIM, "POST", path)) == NOT_YOURS
    both = frozenset({Role.INVESTIGATOR, Role.AUTHORISER})
    world.house.context.site.people[name_of(KIM)] = both  # type: ignore[index]
    status, code, words = refusal(await world.say(KIM, "POST", path))
    assert (status, code) == (403, "G24")
    assert "nobody approves their own request" in words
    assert await world.state_of(authorisation) is AuthorisationState.REQUESTED
    assert (await world.done(PARK, "POST", path))["approved_by"] == name_of(PARK)
    said = [line for line in await world.house.audit() if line.action == "authorisation"]
    named = [(line.person, line.outcome) for line in said if line.outcome != "refused"]
    assert named == [(name_of(KIM), "requested"), (name_of(PARK), "approved")]


async def test_g24_a_header_makes_no_process_another_user(world: World) -> None:
    authorisation = await world.asked_for()
    path = f"/authorisations/{authorisation}/approve"
    assert refusal(await world.say(KIM, "POST", path, headers=CLAIMS)) == NOT_YOURS
    assert (await world.done(KIM, "GET", "/hello", headers=CLAIMS))["person"] == name_of(KIM)
    assert await world.state_of(authorisation) is AuthorisationState.REQUESTED


@pytest.mark.parametrize("uid", [STRANGER, 0], ids=["a stranger", "root"])
async def test_g24_a_user_whom_the_list_does_not_name_is_refused_on_every_route(
    world: World, uid: int
) -> None:
    """Also with every claim that a header can make, and root as anybody."""
    requests = [*every_route(), *every_route(CLAIMS)]
    answers = await ask(uid, world.socket, *requests, groups=(PEOPLE_GROUP,))
    assert len(answers) == len(requests)
    assert {refusal(said) for said in answers} == {NOT_YOURS}


async def test_g24_in_a_rehearsal_another_user_who_gets_in_is_refused_on_every_route() -> None:
    with a_folder_for_all() as folder:
        async with open_house(folder, limits=PLENTY) as house:
            house.socket.chmod(0o666)
            answers = await ask(STRANGER, house.socket, *every_route(CLAIMS))
            assert {refusal(said) for said in answers} == {NOT_YOURS}
            assert (await ask(0, house.socket, request("GET", "/hello")))[0].status == 200


async def test_g24_through_a_forwarded_socket_one_is_whoever_forwards(world: World) -> None:
    """Park comes by way of a socket that kim forwards, and kim by way of one of park's."""
    authorisation = await world.asked_for()
    path = f"/authorisations/{authorisation}/approve"
    for forwards in (KIM, STRANGER):
        theirs = world.folder / f"of-{forwards}"
        theirs.mkdir()
        os.chown(theirs, forwards, -1)
        theirs.chmod(0o755)
        os.chown(world.socket, -1, forwards)  # whoever forwards gets in; that is not what is attacked
        async with relay(forwards, world.socket, theirs / "relay.sock"):
            (said,) = await ask(PARK, theirs / "relay.sock", request("POST", path))
        assert refusal(said) == NOT_YOURS
    assert await world.state_of(authorisation) is AuthorisationState.REQUESTED
    tried = [line.person for line in await world.house.audit() if line.outcome == "refused"]
    assert tried == [name_of(KIM), name_of(STRANGER)]


async def test_g24_nobody_outside_of_the_group_reaches_the_socket(world: World) -> None:
    hello = request("GET", "/hello")
    with pytest.raises(PermissionError):
        await ask(KIM, world.socket, hello)
    (said,) = await ask(KIM, world.socket, hello, groups=(PEOPLE_GROUP,))
    assert said.status == 200


async def test_g24_custodian_and_auditor_go_on_with_a_witness_that_forgot_and_neither_alone(
    world: World,
) -> None:
    order = await world.done(JUNG, "POST", "/orders", ORDER)
    assert order["state"] == "proposed"
    now = world.house.clock.wall
    await world.house.store.run(lambda tx: witnessed.acknowledged(tx, 1, now))
    wanted_, letter = (
        NewWitness(because=NewBecause.MOVED, letter_sha256="a" * 64),
        NewWitnessLetter(letter_sha256="a" * 64),
    )
    assert refusal(await world.say(KANG, "POST", "/witness", wanted_)) == NOT_YOURS
    gap = {"acknowledged": 1, "remembered": 0}
    assert await world.done(HAN, "POST", "/witness", wanted_) == gap
    for uid in (HAN, PARK, KIM, STRANGER, 0):
        assert refusal(await world.say(uid, "POST", "/witness/accept", letter)) == NOT_YOURS
    assert await world.done(KANG, "POST", "/witness/accept", letter) == gap
