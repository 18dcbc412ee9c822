"""Which answer somebody gave, as a line of the audit holds it: sealed, and gone with the case's face key."""

import base64
import binascii
from collections.abc import Mapping, Sequence

from engine.audit.line import AuditLine
from engine.domain.candidate import Candidate
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction
from engine.store import second_review
from engine.store.sealing import Sealer, face_key

OUTCOME = "answered"  # of a line that tells of an answer
PLAIN = frozenset(str(answer) for answer in Answer)  # outcomes of earlier releases
_SEALED = "answer"
_LENGTH = 16  # of every sealed answer: a length would tell it


def sealed(sealer: Sealer, candidate: Candidate, answer: Answer) -> dict[str, str]:
    """The part of a line's detail that holds the answer."""
    blob = sealer.seal(face_key(candidate.case_id), "audited", candidate.candidate_id, answer.ljust(_LENGTH))
    return {_SEALED: base64.b64encode(blob).decode()}


def tells(line: AuditLine) -> bool:
    """Whether this line holds an answer, sealed or plain."""
    return line.action == "decide" and (line.outcome in PLAIN or _SEALED in line.detail)


def tells_plainly(line: AuditLine) -> bool:
    """Whether anybody may read an answer in it, without a key."""
    return line.action == "decide" and line.outcome in PLAIN


async def outcomes(sealer: Sealer, tx: Transaction, lines: Sequence[AuditLine]) -> Mapping[int, str]:
    """The sealed answers of these lines by number; without those whose key or candidate is gone."""
    found = {line.seq: line for line in lines if line.action == "decide" and _SEALED in line.detail}
    cases = await second_review.cases_about(tx, {line.object for line in found.values()}) if found else {}
    opened = {}
    for seq, line in found.items():
        answer = opened_answer(sealer, cases.get(line.object, ""), line)
        if answer is not None:
            opened[seq] = str(answer)
    return opened


def opened_answer(sealer: Sealer, case_id: str, line: AuditLine) -> Answer | None:
    """The answer of one line; None where it cannot be opened any more."""
    try:
        blob = base64.b64decode(line.detail[_SEALED], validate=True)
        return Answer(sealer.open(face_key(case_id), "audited", line.object, blob, str).rstrip())
    except (Refused, InputError, binascii.Error, KeyError):
        return None
