"""The part of the engine in memory that is about orders, emergencies, runs and how the house stands."""

from datetime import datetime, timedelta

import msgspec

from engine.api.audit_schema import AuditVerdict
from engine.api.forms import OrderView
from engine.api.lines import Health
from engine.api.schema import AuthorisationView, TraceStart, TraceView
from engine.domain.authorisation import AuthorisationState
from engine.domain.order import OrderState
from engine.domain.trace import TraceState
from tests.screens.fake_casework import FakeCasework


def an_order(now: datetime, **given: object) -> OrderView:
    view = OrderView(
        order_id="order-7", number="2026-7", authority="province", disease="measles",
        start=now - timedelta(days=20), end=now + timedelta(days=40), state=OrderState.APPROVED, stands=True,
        four_eyes=True, proposed_by="lee", approved_by="park", extends="", version=2,
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_verdict(lines: int, **given: object) -> AuditVerdict:
    view = AuditVerdict(
        lines=lines, first_bad=None, first_bad_until=None, problem="", checkpoints=3,
        signed_upto=max(0, lines - 1), root="ab" * 32, witnessed_upto=max(0, lines - 2), witnessed_at=None,
        disagreement="", seconds=0.2, key="tracedesk+1234",
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


class FakeHouse(FakeCasework):
    """Beside what ``FakeCasework`` has."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.standing_orders: tuple[OrderView, ...] = (an_order(now),)
        self.vitals = Health(
            version="0.1.0", profile="rehearsal", uptime_s=7_300.0, store="ok", slots=10, slots_busy=2,
            queued=1, workers=2, workers_busy=2, audit="ok", witness="ok", witness_age_s=420.0, keys_due=0,
            housekeeping="ok", listeners=1,
        )  # fmt: skip
        self.verdict: AuditVerdict | None = None
        self.reads: list[str] = []  # names of the reads of this part, in the order in which they came

    async def orders(self) -> tuple[OrderView, ...]:
        self._there()
        return self.standing_orders

    async def health(self) -> Health:
        self._there()
        self.reads.append("health")
        return self.vitals

    async def audit_verify(self) -> AuditVerdict:
        self._there()
        self.reads.append("verify")
        return self.verdict or a_verdict(len(self.audit_lines))

    async def review_emergency(
        self, authorisation_id: str, *, justified: bool, version: int
    ) -> AuthorisationView:
        self._may("review", (authorisation_id, justified))
        state = AuthorisationState.APPROVED if justified else AuthorisationState.REVOKED
        reviewed = msgspec.structs.replace(self._answer(authorisation_id, version, state), review_due=None)
        self.papers[authorisation_id] = reviewed
        return reviewed

    async def start_trace(self, start: TraceStart) -> TraceView:
        self._may("start", start)
        trace = msgspec.structs.replace(
            next(iter(self.details.values())).trace, trace_id=f"T-{start.case_id}-new", case_id=start.case_id,
            state=TraceState.QUEUED, queued=self.now, started=None, finished=None, candidates=0, undecided=0,
            windows_done=0,
        )  # fmt: skip
        return trace

    async def look_again(self, trace_id: str) -> TraceView:
        self._may("again", trace_id)
        return msgspec.structs.replace(self.details[trace_id].trace, state=TraceState.QUEUED)
