"""Reference photographs: brought by one person, looked at and seconded by another (G5)."""

import hashlib

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, Conflict
from engine.api.forms import StillPicture, StillView
from engine.api.once import once
from engine.api.schema import StillFile, StillTaken
from engine.api.shown import picture
from engine.domain.case import Case
from engine.domain.errors import InputError, Refused, Unknown
from engine.policy.grounds import require_ground
from engine.policy.two_people import require_other
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.cases import ReferenceStill
from engine.store.notices import Notices
from engine.store.sealing import face_key
from engine.trace.context import Context


class Photos:
    """One method per request."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._access = Access(context)
        self._notices = Notices(context.sealer)

    async def add(self, asked: Asked, case_id: str, wanted: StillFile) -> StillTaken:
        """A reference photograph. On a server a second person has to look at it before it is used."""
        await self._context.store.run(lambda tx: self._access.writable(tx, asked, case_id))
        if not wanted.provenance.strip():
            raise InputError(
                "has no provenance", file=wanted.file, mend="say where the photograph comes from"
            )
        enrolment = await self._context.pool.enrol([(wanted.file, wanted.content)])
        digest = hashlib.sha256(wanted.content).hexdigest()
        still = ReferenceStill(
            still_id=self._context.sealer.vault.mac(f"{case_id}/{digest}"),
            file=wanted.file,
            provenance=wanted.provenance,
            content=wanted.content,
            portrait=enrolment.portraits[0],
        )
        added_by = None if self._context.site.rehearsal else asked.person

        async def add(tx: Transaction) -> StillTaken:
            case = await self._access.writable(tx, asked, case_id)
            self._check_reference(case, wanted)
            ground = await self._context.cases.ground(tx, case_id)
            if ground is not None:
                require_ground(ground)  # a withdrawn one: no face of this patient is kept
            await self._context.cases.add_still(tx, case_id, still, digest, added_by)
            detail = {"still": still.still_id}  # of this case alone: the audit outlives it, and links no two
            await self._note(tx, asked, "photo", case_id, outcome="added", detail=detail)
            await self._notices.owe(
                tx, case_id, "collected:photo", await latest_time(tx, self._context.clock)
            )
            return StillTaken(
                still_id=still.still_id,
                file=wanted.file,
                inter_eye_px=enrolment.inter_eye_px,
                mask=enrolment.mask,
            )

        return await once(self._context, asked, face_key(case_id), StillTaken, add)

    def _check_reference(self, case: Case, wanted: StillFile) -> None:
        """On a server a photograph names the notification that it belongs to (G5)."""
        if not self._context.site.rehearsal and wanted.notification_ref != case.notification_ref:
            raise Refused(
                f"{wanted.file} does not name the notification of this case",
                rule="G5",
                mend="give the notification_ref under which the photograph was handed over",
            )

    async def all(self, asked: Asked, case_id: str) -> tuple[StillView, ...]:
        async def read(tx: Transaction) -> tuple[StillView, ...]:
            await self._access.case(tx, asked, case_id)
            found = []
            for still in await self._context.cases.all_stills(tx, case_id):
                row = await self._context.cases.still_of(tx, still.still_id)
                found.append(
                    StillView(
                        still_id=still.still_id,
                        file=still.file,
                        provenance=still.provenance,
                        seconded_by=row.seconded_by,
                    )
                )
            return tuple(found)

        return await self._context.store.run(read)

    async def view(self, asked: Asked, case_id: str, still_id: str) -> StillPicture:
        """The photograph, redrawn without anybody beside; that it was looked at is durable before, each
        time."""
        fresh = False

        async def look(tx: Transaction) -> bool:
            nonlocal fresh
            fresh = True
            await self._access.case(tx, asked, case_id)
            row = await self._context.cases.still_of(tx, still_id)
            if row.case_id != case_id:
                raise Unknown(f"there is no photograph {still_id[:64]}")
            now = await latest_time(tx, self._context.clock)
            await self._context.cases.note_still_view(tx, still_id, asked.name, now)
            await journal.write(self._context, tx, asked, "view", still_id, outcome="photo", tell=False)
            return True

        async def shown(tx: Transaction) -> ReferenceStill:
            await self._access.case(tx, asked, case_id)
            stills = await self._context.cases.all_stills(tx, case_id)
            still = next((s for s in stills if s.still_id == still_id), None)
            if still is None:
                raise Unknown(f"there is no photograph {still_id[:64]}")
            if not fresh:
                await journal.write(self._context, tx, asked, "view", still_id, outcome="again", tell=False)
            return still

        await once(self._context, asked, face_key(case_id), bool, look)
        still = await self._context.store.run(shown)
        return StillPicture(still_id=still_id, picture=picture(still.portrait))

    async def second(self, asked: Asked, case_id: str, still_id: str) -> StillView:
        """A second person stands behind it: this photograph shows this confirmed case (G5)."""

        async def second(tx: Transaction) -> StillView:
            await self._access.writable(tx, asked, case_id)
            row = await self._context.cases.still_of(tx, still_id)
            if row.case_id != case_id:
                raise Unknown(f"there is no photograph {still_id[:64]}")
            if row.seconded_by:
                raise Conflict(f"the photograph was seconded already by {row.seconded_by}")
            if not self._context.site.rehearsal:
                what = "nobody seconds a photograph that they brought"
                require_other(asked.person, row.added_uid, row.added_login, what)
            if not await self._context.cases.has_seen_still(tx, still_id, asked.name):
                raise Refused("nobody seconds a photograph unseen", rule="G5", mend="look at it first")
            await self._context.cases.second_still(tx, still_id, asked.person)
            await self._note(tx, asked, "photo", case_id, outcome="seconded", detail={"still": still_id})
            stills = await self._context.cases.all_stills(tx, case_id)
            still = next(s for s in stills if s.still_id == still_id)
            return StillView(
                still_id=still_id, file=still.file, provenance=still.provenance, seconded_by=asked.name
            )

        return await once(self._context, asked, face_key(case_id), StillView, second)

    async def _note(
        self,
        tx: Transaction,
        asked: Asked,
        action: str,
        case_id: str,
        *,
        outcome: str,
        detail: dict[str, str] | None = None,
    ) -> None:
        await journal.write(
            self._context, tx, asked, action, case_id, outcome=outcome, case_id=case_id, detail=detail
        )
