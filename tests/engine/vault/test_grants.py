from datetime import timedelta

import msgspec
import pytest

from engine.domain.errors import Refused
from engine.domain.grant import SignedGrant, WindowGrant
from engine.vault.grants import GrantSigner, Permit, check, subject_digest
from tests.engine.fakes import NOW, TEMPLATE, SetClock, span

SIGNER = GrantSigner(b"s" * 32)
STRANGER = GrantSigner(b"t" * 32)


def a_grant(**given: object) -> WindowGrant:
    grant = WindowGrant(
        grant_id="g-1",
        case_id="case-1",
        trace_id="trace-1",
        authorisation_id="auth-1",
        window_id="cam1/0",
        camera_id="cam1",
        interval=span(0, 10),
        subject_sha256=subject_digest(TEMPLATE),
        footage_sha256=(),
        expires_at=NOW + timedelta(hours=1),
        deadline_boottime_s=1900.0,
        four_eyes=False,
        rehearsal=True,
    )
    return msgspec.structs.replace(grant, **given)


def checked(signed: SignedGrant, *, camera_id: str = "cam1", clock: SetClock | None = None) -> Permit:
    return check(
        signed, TEMPLATE, verify_key=SIGNER.verify_key, camera_id=camera_id, clock=clock or SetClock()
    )


def test_a_grant_of_this_engine_gives_a_permit_for_that_subject() -> None:
    permit = checked(SIGNER.sign(a_grant()))
    assert permit.grant == a_grant()
    assert permit.template == TEMPLATE


def test_a_grant_of_another_engine_is_forged() -> None:
    with pytest.raises(Refused, match="not signed by this engine"):
        checked(STRANGER.sign(a_grant()))


def test_a_grant_with_one_changed_bit_is_forged() -> None:
    signed = SIGNER.sign(a_grant())
    for spot in range(0, len(signed.grant), 7):
        changed = bytearray(signed.grant)
        changed[spot] ^= 1
        with pytest.raises(Refused):
            checked(SignedGrant(grant=bytes(changed), signature=signed.signature))


@pytest.mark.parametrize("signature", [b"", b"x" * 64, b"x" * 65])
def test_a_signature_of_the_wrong_form_is_refused_and_not_a_crash(signature: bytes) -> None:
    with pytest.raises(Refused):
        checked(SignedGrant(grant=SIGNER.sign(a_grant()).grant, signature=signature))


def test_a_grant_for_another_camera_or_another_subject_is_refused() -> None:
    with pytest.raises(Refused, match="another camera"):
        checked(SIGNER.sign(a_grant()), camera_id="cam2")
    with pytest.raises(Refused, match="another subject"):
        checked(SIGNER.sign(a_grant(subject_sha256=subject_digest(b"somebody else"))))


def test_a_window_that_ends_in_the_future_is_refused() -> None:
    clock = SetClock(now=a_grant().interval.end - timedelta(seconds=1))
    with pytest.raises(Refused, match=r"in the future.*G6"):
        checked(SIGNER.sign(a_grant(expires_at=NOW)), clock=clock)


def test_an_expired_grant_is_refused() -> None:
    with pytest.raises(Refused, match="has expired"):
        checked(SIGNER.sign(a_grant(expires_at=NOW)))


def test_a_permit_ends_by_either_clock() -> None:
    clock = SetClock()
    permit = checked(SIGNER.sign(a_grant()), clock=clock)
    assert permit.still_valid(clock) == ""
    clock.time = a_grant().expires_at
    assert permit.still_valid(clock) == "the authorisation has expired"


def test_turning_the_wall_clock_back_prolongs_nothing() -> None:
    clock = SetClock()
    permit = checked(SIGNER.sign(a_grant()), clock=clock)
    clock.time -= timedelta(days=1)
    clock.boot_s = 1900.0
    assert permit.still_valid(clock) == "the time for this window is over"
    with pytest.raises(Refused):
        checked(SIGNER.sign(a_grant()), clock=SetClock(boottime_s=1900.0))


def test_nobody_makes_a_permit_without_a_checked_grant() -> None:
    for made_by in (object(), None, True):
        with pytest.raises(Refused, match="only from a checked grant"):
            Permit(made_by, a_grant(), TEMPLATE)
