"""Authorisations: asked for by one person, permitted by another, and what happens without the second."""

import contextlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, Conflict, asked_by_engine, require_version
from engine.api.forms import EmergencyRequest, EmergencyReview
from engine.api.once import once
from engine.api.papers import papers_for
from engine.api.schema import AuthorisationRequest, AuthorisationView
from engine.domain.authorisation import Authorisation, AuthorisationState, Role, Scope
from engine.domain.case import infectious_window
from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval
from engine.domain.trace import TraceState
from engine.policy.scope import check_purpose, check_scope
from engine.policy.two_people import require_other
from engine.ports import Transaction
from engine.schedule.runner import Runner
from engine.store.authorisations import latest_time
from engine.store.sealing import case_key
from engine.trace.context import Context
from engine.vault.keys import Erased

LONGEST_LIFE = timedelta(days=31)  # footage is kept about a month; what lives longer is a standing query
REVIEW_WITHIN = timedelta(hours=24)

Work = Callable[[Transaction], Awaitable[AuthorisationView]]


class Authorise:
    """One method per request."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner
        self._access = Access(context)

    async def all(self, asked: Asked) -> tuple[AuthorisationView, ...]:
        """What waits, stands or ended: of one's own cases, or all for who permits and who audits."""

        async def read(tx: Transaction) -> tuple[AuthorisationView, ...]:
            own = await self._access.seen_by(tx, asked.person)
            if asked.person.roles & {Role.AUTHORISER, Role.AUDITOR}:
                own = None
            found: list[AuthorisationView] = []
            for case_id in await self._context.cases.ids(tx):
                if own is None or case_id in own:
                    with contextlib.suppress(Erased):  # a key that was lost hides no other case
                        of_case = await self._context.authorisations.of_case(tx, case_id)
                        found.extend(view_of(a) for a in of_case)
            return tuple(found)

        return await self._context.store.run(read)

    async def request(self, asked: Asked, wanted: AuthorisationRequest) -> AuthorisationView:
        async def request(tx: Transaction) -> AuthorisationView:
            return await self._put(tx, asked, await self._wanted(tx, asked, wanted), "requested")

        return await once(self._context, asked, case_key(wanted.case_id), AuthorisationView, request)

    async def emergency(self, asked: Asked, wanted: EmergencyRequest) -> AuthorisationView:
        """In force at once. Everything else holds as always: order, ground, sources, scope, caps. It is
        told to everybody, and ends by itself where no second person has found it justified in a day."""
        if len(wanted.reason.strip()) < 10:
            raise InputError("is missing", place="reason", mend="say why it cannot wait, in a sentence")

        async def request(tx: Transaction) -> AuthorisationView:
            await self._none_unreviewed(tx, asked)
            asked_for = await self._wanted(tx, asked, wanted.wanted)
            now = asked_for.requested_at
            in_force = msgspec.structs.replace(
                asked_for,
                state=AuthorisationState.EMERGENCY,
                reason=wanted.reason.strip(),
                review_due=now + REVIEW_WITHIN,
            )
            return await self._put(tx, asked, in_force, "emergency")

        case_id = wanted.wanted.case_id
        return await once(self._context, asked, case_key(case_id), AuthorisationView, request)

    async def _none_unreviewed(self, tx: Transaction, asked: Asked) -> None:
        """Whoever has an emergency that nobody has reviewed waits for that first, also where it ended by
        itself or they ended it: else one could follow the other and no second person ever look."""
        if self._context.site.rehearsal:
            return
        for found in await self._context.authorisations.unreviewed(tx):
            if asked.person.is_also(found.requested_uid, found.requested_login):
                raise Refused(
                    "your last emergency has not been reviewed yet", rule="G1", mend="let somebody review it"
                )

    async def review(self, asked: Asked, authorisation_id: str, wanted: EmergencyReview) -> AuthorisationView:
        """A second person looks at an emergency afterwards: it goes on, or ends here. One that has ended
        meanwhile, or whose day is over, stays ended."""

        async def review(tx: Transaction) -> AuthorisationView:
            found = await self._context.authorisations.get(tx, authorisation_id)
            if not found.unreviewed:
                raise Conflict(f"the authorisation is {found.state}{_by(found)}, no emergency that waits")
            require_version(asked, found.version, what="the authorisation")
            what = "nobody reviews their own emergency"
            self._require_other(asked, found, what)
            now = await latest_time(tx, self._context.clock)
            over = found.state is AuthorisationState.REVOKED or _too_late(found, now)
            if wanted.justified and not over:
                return await self._put(tx, asked, _approved(found, asked, now), "reviewed")
            ended = msgspec.structs.replace(
                found,
                state=AuthorisationState.REVOKED,
                revoked_by=found.revoked_by or asked.name,
                revoked_at=found.revoked_at or now,
                reviewed_by=asked.name,
                version=found.version + 1,
            )
            return await self._put(tx, asked, ended, "reviewed" if wanted.justified else "not justified")

        view = await self._answered(asked, authorisation_id, review)
        if view.state == AuthorisationState.REVOKED:
            await self._stop_traces(authorisation_id, "the emergency was not justified, or not in time")
        return view

    async def approve(self, asked: Asked, authorisation_id: str) -> AuthorisationView:
        async def approve(tx: Transaction) -> AuthorisationView:
            found = await self._requested(tx, asked, authorisation_id)
            self._require_other(asked, found, "nobody approves their own request")
            now = await latest_time(tx, self._context.clock)
            await self._require_papers(tx, found)
            return await self._put(tx, asked, _approved(found, asked, now), "approved")

        return await self._answered(asked, authorisation_id, approve)

    async def refuse(self, asked: Asked, authorisation_id: str) -> AuthorisationView:
        async def refuse(tx: Transaction) -> AuthorisationView:
            found = await self._requested(tx, asked, authorisation_id)
            refused = msgspec.structs.replace(
                found,
                state=AuthorisationState.REFUSED,
                refused_by=asked.name,
                refused_at=await latest_time(tx, self._context.clock),
                version=found.version + 1,
            )
            return await self._put(tx, asked, refused, "refused")

        return await self._answered(asked, authorisation_id, refuse)

    async def revoke(self, asked: Asked, authorisation_id: str) -> AuthorisationView:
        """Takes effect at once: what runs under it stops within two seconds. One person is enough to
        stop, whatever was seen of it before; what has ended already stays as it ended."""

        async def revoke(tx: Transaction) -> AuthorisationView:
            if Role.AUTHORISER not in asked.person.roles:
                what = f"there is no authorisation {authorisation_id[:64]}"
                case_id = await self._context.authorisations.case_of(tx, authorisation_id)
                await self._access.of_trace(tx, asked, case_id, what)
            found = await self._context.authorisations.get(tx, authorisation_id)
            if found.state in (AuthorisationState.REVOKED, AuthorisationState.REFUSED):
                return view_of(found)
            now = await latest_time(tx, self._context.clock)
            return await self._put(tx, asked, _revoked(found, asked, now), "revoked")

        view = await self._answered(asked, authorisation_id, revoke)
        await self._stop_traces(authorisation_id, "the authorisation was revoked")
        return view

    async def end_unreviewed(self) -> int:
        """Emergencies that nobody reviewed in time end, and what runs under them; their number. One whose
        key is gone permits nothing any more and is left out. Raises Refused, when the others have ended,
        where one is not what it was."""

        async def overdue(tx: Transaction) -> tuple[list[str], list[str]]:
            now = await latest_time(tx, self._context.clock)
            rows = await tx.rows(
                "SELECT authorisation_id FROM authorisation WHERE state = ? AND review_due <= ?",
                (AuthorisationState.EMERGENCY, now.isoformat()),
            )
            ended, odd = [], []
            for row in rows:
                try:
                    found = await self._context.authorisations.get(tx, row["authorisation_id"])
                except Erased:
                    continue
                except (Refused, InputError) as problem:
                    odd.append(f"emergency {row['authorisation_id']}: {problem}")
                    continue
                by_itself = asked_by_engine()
                await self._put(tx, by_itself, _revoked(found, by_itself, now), "not reviewed in time")
                ended.append(row["authorisation_id"])
            return ended, odd

        ended, odd = await self._context.store.run(overdue)
        for authorisation_id in ended:
            await self._stop_traces(authorisation_id, "nobody reviewed the emergency within a day")
        if odd:
            raise Refused("; ".join(odd), rule="G1")
        return len(ended)

    async def _wanted(self, tx: Transaction, asked: Asked, wanted: AuthorisationRequest) -> Authorisation:
        """The authorisation as asked for, checked against everything but the second person."""
        case = await self._access.case(tx, asked, wanted.case_id)
        now = await latest_time(tx, self._context.clock)
        try:
            interval = Interval.of(wanted.start, wanted.end)
        except (ValueError, OverflowError) as problem:
            mend = "give two times with their offset from UTC"
            raise InputError(str(problem), place="start", mend=mend) from None
        if wanted.expires_at.tzinfo is None or wanted.expires_at <= now:
            raise InputError("lies in the past", place="expires_at", mend="give a time to come")
        if wanted.expires_at - now > LONGEST_LIFE:
            raise Refused(
                f"an authorisation lives {LONGEST_LIFE.days} days at most",
                rule="G6",
                mend="ask again when it has expired",
            )
        scope = Scope(
            cameras=frozenset(wanted.cameras),
            sources=frozenset(wanted.sources),
            interval=interval,
            face_search=wanted.face_search,
            max_camera_hours=wanted.max_camera_hours,
        )
        scope = check_scope(
            scope,
            case=case,
            infectious=infectious_window(case, self._context.disease_of(case)),
            cameras=self._context.site.cameras,
            now=now,
        )
        authorisation = Authorisation(
            authorisation_id=secrets.token_hex(8),
            case_id=case.case_id,
            purpose=check_purpose(wanted.purpose),
            scope=scope,
            requested_by=asked.name,
            requested_at=now,
            expires_at=wanted.expires_at,
            state=AuthorisationState.REQUESTED,
            four_eyes=not self._context.site.rehearsal,
            order_ref=wanted.order_ref,
            requested_uid=asked.person.uid,
            requested_login=asked.person.login_uid,
        )
        references = await self._require_papers(tx, authorisation)
        return msgspec.structs.replace(authorisation, references=references)

    async def _require_papers(self, tx: Transaction, wanted: Authorisation) -> dict[str, str]:
        """References by source, from the papers that it lives under. Raises Refused where one is missing."""
        found = await papers_for(self._context, tx, wanted)
        if found.missing:
            raise found.missing[0]
        return found.references

    async def _requested(self, tx: Transaction, asked: Asked, authorisation_id: str) -> Authorisation:
        """One that waits for its answer, as the person has seen it."""
        found = await self._context.authorisations.get(tx, authorisation_id)
        if found.state is not AuthorisationState.REQUESTED:
            raise Conflict(f"the authorisation is {found.state} already{_by(found)}")
        require_version(asked, found.version, what="the authorisation")
        return found

    def _require_other(self, asked: Asked, found: Authorisation, what: str) -> None:
        if found.four_eyes:
            require_other(asked.person, found.requested_uid, found.requested_login, what)

    async def _answered(self, asked: Asked, authorisation_id: str, work: Work) -> AuthorisationView:
        case_id = await self._context.store.run(
            lambda tx: self._context.authorisations.case_of(tx, authorisation_id)
        )
        return await once(self._context, asked, case_key(case_id), AuthorisationView, work)

    async def _stop_traces(self, authorisation_id: str, why: str) -> None:
        for trace_id in await self._context.store.run(
            lambda tx: self._context.traces.under(tx, authorisation_id)
        ):
            await self._runner.stop(trace_id, TraceState.STOPPED_AUTHORISATION, why)

    async def _put(
        self, tx: Transaction, asked: Asked, authorisation: Authorisation, outcome: str
    ) -> AuthorisationView:
        await self._context.authorisations.put(tx, authorisation)
        await journal.write(
            self._context,
            tx,
            asked,
            "authorisation",
            authorisation.authorisation_id,
            outcome=outcome,
            case_id=authorisation.case_id,
            detail={"case": authorisation.case_id, "cameras": str(len(authorisation.scope.cameras))},
        )
        return view_of(authorisation)


def _by(found: Authorisation) -> str:
    """Who brought it into its state, and when."""
    who, when = found.ended
    if found.state is AuthorisationState.APPROVED:
        who, when = found.approved_by, found.approved_at
    return (f" by {who}" if who else "") + (f" at {when:%Y-%m-%d %H:%M}Z" if when else "")


def _revoked(found: Authorisation, asked: Asked, now: datetime) -> Authorisation:
    return msgspec.structs.replace(
        found,
        state=AuthorisationState.REVOKED,
        revoked_by=asked.name,
        revoked_at=now,
        version=found.version + 1,
    )


def _too_late(found: Authorisation, now: datetime) -> bool:
    return found.review_due is not None and now >= found.review_due


def _approved(found: Authorisation, asked: Asked, now: datetime) -> Authorisation:
    return msgspec.structs.replace(
        found,
        state=AuthorisationState.APPROVED,
        approved_by=asked.name,
        approved_at=now,
        approved_uid=asked.person.uid,
        approved_login=asked.person.login_uid,
        reviewed_by=asked.name if found.review_due else "",
        version=found.version + 1,
    )


def view_of(authorisation: Authorisation, most_cameras: int | None = None) -> AuthorisationView:
    """What a person may know of it: how much, never what of it was found. Where it has more than
    ``most_cameras``, they are only counted."""
    listed = most_cameras is None or len(authorisation.scope.cameras) <= most_cameras
    scope = authorisation.scope
    ended_by, ended_at = authorisation.ended
    return AuthorisationView(
        authorisation_id=authorisation.authorisation_id,
        case_id=authorisation.case_id,
        state=authorisation.state,
        four_eyes=authorisation.four_eyes,
        requested_by=authorisation.requested_by,
        approved_by=authorisation.approved_by,
        expires_at=authorisation.expires_at,
        cameras=len(scope.cameras),
        version=authorisation.version,
        order_ref=authorisation.order_ref,
        references=authorisation.references,
        review_due=authorisation.review_due if authorisation.unreviewed else None,
        face_search=scope.face_search,
        start=scope.interval.start,
        end=scope.interval.end,
        max_camera_hours=scope.max_camera_hours,
        ended_by=ended_by,
        ended_at=ended_at,
        purpose=authorisation.purpose,
        sources=tuple(sorted(scope.sources)),
        camera_ids=tuple(sorted(scope.cameras)) if listed else (),
        reason=authorisation.reason,
        requested_at=authorisation.requested_at,
    )
