from datetime import timedelta

import pytest

from engine.domain.authorisation import Authorisation, AuthorisationState
from engine.domain.errors import Refused
from engine.domain.ground import FaceGround
from engine.trace.context import Context
from engine.trace.permission import require_permission
from tests.engine.fakes import NOW, a_ground, an_authorisation, with_case


async def asked(context: Context, authorisation: Authorisation, ground: FaceGround | None) -> None:
    await with_case(context, authorisation=authorisation, ground=ground)
    await context.store.run(lambda tx: require_permission(context, tx, authorisation, NOW))


async def test_a_live_authorisation_and_a_ground_in_force_permit(context: Context) -> None:
    await asked(context, an_authorisation(), a_ground())


@pytest.mark.parametrize(
    ("authorisation", "ground", "why"),
    [
        (an_authorisation(state=AuthorisationState.REQUESTED), a_ground(), "not approved"),
        (an_authorisation(state=AuthorisationState.REVOKED), a_ground(), "was revoked"),
        (an_authorisation(expires_at=NOW), a_ground(), "has expired"),
        (an_authorisation(), None, "no ground"),
        (an_authorisation(), a_ground(withdrawn_at=NOW - timedelta(days=1)), "was withdrawn"),
    ],
)
async def test_anything_less_does_not(
    context: Context, authorisation: Authorisation, ground: FaceGround | None, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        await asked(context, authorisation, ground)
