"""When a face may be searched for at all: separate consent, or a law from the installed list (G3)."""

import re
from collections.abc import Mapping

from engine.domain.errors import Refused
from engine.domain.ground import FaceGround, GroundKind

_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_ground(ground: FaceGround, laws: Mapping[str, str]) -> None:
    """Refuse a ground that is not one. ``laws`` maps the ids of the installed list to their titles.

    Consent to face search is a paper of its own, named by its digest; consent to the use of records
    is another kind of paper and has no name here.
    """
    if ground.kind is GroundKind.SEPARATE_CONSENT:
        if not _DIGEST.fullmatch(ground.document_sha256):
            raise Refused(
                "a separate consent needs the sha256 of the signed document",
                rule="G3",
                mend="give document_sha256 with 64 hexadecimal digits",
            )
    elif ground.law_id not in laws:
        known = ", ".join(sorted(laws)) or "none is installed"
        raise Refused(
            f"{ground.law_id or 'the law'} is not on the list of laws that permit a face search",
            rule="G3",
            mend=f"known: {known}",
        )


def require_another(ground: FaceGround, before: FaceGround | None) -> None:
    """Raises Refused for a ground of this case that was withdrawn: it never comes back."""
    if before is not None and ground.paper in before.over:
        raise Refused(
            "this ground for a face search was withdrawn",
            rule="G3",
            mend="a new consent is another document: give its document_sha256",
        )


def require_ground(ground: FaceGround | None) -> FaceGround:
    """The ground, where there is one in force. Raises Refused otherwise."""
    if ground is None:
        raise Refused("no ground for a face search is recorded for this case", rule="G3")
    if ground.withdrawn_at is not None:
        raise Refused("the ground for a face search was withdrawn", rule="G3")
    return ground
