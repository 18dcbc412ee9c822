"""The line list of a case as people keep it: read, added to, changed, and put together."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, Conflict, require_version
from engine.api.contact_schema import (
    ContactEntry,
    ContactLine,
    ContactMerge,
    ContactUnmerge,
    Scene,
    SceneOf,
)
from engine.api.once import once
from engine.api.scenes import Reviewed, beside, reviewed
from engine.domain.contact import Contact, SceneLink
from engine.domain.errors import InputError, Unknown
from engine.domain.exposure import Exposure
from engine.policy.contacts import MOST_MERGED, MOST_ROWS, MOST_SCENES, check_contact, require_named
from engine.ports import Row, Transaction
from engine.store.authorisations import latest_time
from engine.store.contacts import Contacts
from engine.store.sealing import case_key
from engine.trace.context import Context, Site
from engine.trace.line_list import ListLine, key_of, lines, linked_elsewhere


@dataclass(frozen=True, slots=True)
class _Read:
    """Rows and sightings of a case as they lie; ``_built`` opens them beside the event loop."""

    rows: list[Row]
    traces: tuple[Reviewed, ...]


class LineLists:
    """One method per request.

    Receipts hold the id of a row and nothing of what it says: what a camera saw of a contact goes when the
    faces are forgotten, and a receipt would keep it.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._access = Access(context)
        self._contacts = Contacts(context.sealer)
        self._long_ones = asyncio.Lock()

    async def all(self, asked: Asked, case_id: str) -> tuple[ContactLine, ...]:
        """Named rows, then the unnamed of every confirmed scene of the newest trace. In the audit first."""

        async def look(tx: Transaction) -> _Read:
            await self._access.case(tx, asked, case_id)
            traces = await reviewed(self._context, tx, asked, case_id)
            detail = {"what": "contacts"}
            await journal.write(self._context, tx, asked, "read", case_id, tell=False, detail=detail)
            return _Read(await self._contacts.rows(tx, case_id), traces)

        seen = await self._context.store.run(look)
        async with self._long_ones:  # one at a time, beside the event loop: nobody else waits for it
            return await asyncio.to_thread(self._views, case_id, seen)

    async def add(self, asked: Asked, case_id: str, entry: ContactEntry) -> ContactLine:
        """One more name, with what gave it (G8)."""
        links = await self._links(asked, case_id, entry.scenes)

        async def add(tx: Transaction) -> str:
            if await self._contacts.count(tx, case_id) >= MOST_ROWS:
                raise InputError(
                    f"has {MOST_ROWS} rows already", place="the line list", mend="put doubles together"
                )
            contact = await self._entered(tx, asked, secrets.token_hex(8), case_id, entry, links)
            await self._require_free(tx, asked, contact, links)
            await self._contacts.add(tx, contact)
            await self._note(tx, asked, contact, "added")
            return contact.contact_id

        return await self._changed(asked, case_id, add)

    async def change(self, asked: Asked, case_id: str, contact_id: str, entry: ContactEntry) -> ContactLine:
        """A row as it is from now on. Scenes whose sighting is not confirmed any more stay linked, though
        nobody sees them; those of rows that went into this one belong to them."""
        require_named(contact_id)
        links = await self._links(asked, case_id, entry.scenes)

        async def change(tx: Transaction) -> str:
            before = await self._contacts.get(tx, case_id, contact_id)
            when = f"{before.at:%Y-%m-%d %H:%M:%S}Z"
            require_version(asked, before.version, what="the contact", who=before.changed_by, when=when)
            _require_apart(before)
            family = self._contacts.opened(await self._contacts.family(tx, case_id, contact_id))
            traces = await reviewed(self._context, tx, asked, case_id)
            shown = frozenset[str]().union(*(t.confirmed for t in traces))
            others = [link for c in family if c.contact_id != contact_id for link in c.links]
            if lost := [link for link in others if link.candidate_id in shown and link not in links]:
                raise InputError(
                    f"leave out {len(lost)} of a row that went into this one",
                    place="scenes",
                    mend="take that row out again first",
                )
            own = [link for link in links if link not in others]
            hidden = [link for link in before.links if link.candidate_id not in shown]
            kept = (*own, *hidden)
            contact = await self._entered(tx, asked, contact_id, case_id, entry, kept)
            await self._require_free(tx, asked, contact, tuple(own))
            await self._contacts.put(tx, contact)
            await self._note(tx, asked, contact, "changed")
            return contact_id

        return await self._changed(asked, case_id, change)

    async def merge(self, asked: Asked, case_id: str, contact_id: str, wanted: ContactMerge) -> ContactLine:
        """A person says that these rows are one person. The others stay as they are, inside."""
        if wanted.keep_id != contact_id:
            raise InputError("differs from the address", place="keep_id")
        others = tuple(dict.fromkeys(wanted.other_ids))
        for one in (contact_id, *others):
            require_named(one)
        if not others or contact_id in others or len(others) > MOST_MERGED:
            raise InputError(
                f"are no 1 to {MOST_MERGED} other rows", place="other_ids", mend="choose rows beside the one"
            )

        async def merge(tx: Transaction) -> str:
            kept = await self._contacts.get(tx, case_id, contact_id)
            found = [await self._contacts.get(tx, case_id, one) for one in others]
            for contact in (kept, *found):
                _require_apart(contact)
            for contact in found:
                await self._put(tx, asked, contact, merged_into=kept.contact_id)
                await self._note(tx, asked, contact, "merged", into=kept.contact_id)
            await self._put(tx, asked, kept)
            return kept.contact_id

        return await self._changed(asked, case_id, merge)

    async def unmerge(
        self, asked: Asked, case_id: str, contact_id: str, wanted: ContactUnmerge
    ) -> ContactLine:
        """Take a row out again, as it was."""
        require_named(contact_id)
        require_named(wanted.other_id)

        async def unmerge(tx: Transaction) -> str:
            kept = await self._contacts.get(tx, case_id, contact_id)
            other = await self._contacts.get(tx, case_id, wanted.other_id)
            if other.merged_into != contact_id:
                raise Unknown(f"{wanted.other_id[:64]} did not go into {contact_id[:64]}")
            await self._put(tx, asked, other, merged_into="")
            await self._put(tx, asked, kept)
            await self._note(tx, asked, other, "unmerged", out_of=contact_id)
            return contact_id

        return await self._changed(asked, case_id, unmerge)

    # --- inside ---------------------------------------------------------------------------------

    async def _changed(
        self, asked: Asked, case_id: str, work: Callable[[Transaction], Awaitable[str]]
    ) -> ContactLine:
        """The change, once, and the row as it stands after it. Showing it again is in the audit too. That
        they may see what they change is asked and noted beforehand: a refusal tells of it too (G10)."""
        fresh = False

        async def see(tx: Transaction) -> None:
            await self._access.writable(tx, asked, case_id)
            await reviewed(self._context, tx, asked, case_id)

        await self._context.store.run(see)

        async def first(tx: Transaction) -> str:
            nonlocal fresh
            fresh = True
            await self._access.writable(tx, asked, case_id)
            await reviewed(self._context, tx, asked, case_id)  # or they could not see what they changed
            return await work(tx)

        contact_id = await once(self._context, asked, case_key(case_id), str, first)

        async def look(tx: Transaction) -> _Read:
            await self._access.case(tx, asked, case_id)
            traces = await reviewed(self._context, tx, asked, case_id)
            if not fresh:
                detail = {"what": "contact"}
                await journal.write(self._context, tx, asked, "read", contact_id, tell=False, detail=detail)
            return _Read(await self._contacts.family(tx, case_id, contact_id), traces)

        seen = await self._context.store.run(look)
        views = await asyncio.to_thread(self._views, case_id, seen)
        found = next((view for view in views if view.contact_id == contact_id), None)
        if found is None:  # a change that is asked for again, and went into another row since
            raise Conflict("the contact went into another row since", mend="look at the line list again")
        return found

    async def _links(self, asked: Asked, case_id: str, wanted: Sequence[SceneOf]) -> tuple[SceneLink, ...]:
        """Which people are meant. Raises InputError for somebody who stands beside no confirmed sighting."""
        if not wanted:
            return ()
        if len(wanted) > MOST_SCENES:
            raise InputError(f"are more than {MOST_SCENES}", place="scenes", mend="check the choice")

        async def look(tx: Transaction) -> tuple[Reviewed, ...]:
            await self._access.case(tx, asked, case_id)
            return await reviewed(self._context, tx, asked, case_id)

        traces = await self._context.store.run(look)
        newest, older = await asyncio.to_thread(beside, self._context, traces)
        keys = {key_of(e) for e in (*older, *newest)}
        persons = {(e.candidate_id, e.person): key_of(e) for e in (*older, *newest)}
        found: list[SceneLink] = []
        for place, scene in enumerate(wanted):
            said = SceneLink(candidate_id=scene.candidate_id, number=scene.number)
            link = said if said in keys else None
            if not scene.number:
                link = persons.get((scene.candidate_id, scene.person))
            if link is None:
                raise InputError(
                    "stands beside no confirmed sighting of this case",
                    place=f"scenes[{place}]",
                    mend="look at the line list again",
                )
            found.append(link)
        return tuple(dict.fromkeys(found))

    async def _entered(
        self,
        tx: Transaction,
        asked: Asked,
        contact_id: str,
        case_id: str,
        entry: ContactEntry,
        links: tuple[SceneLink, ...],
    ) -> Contact:
        """The row as it was written. Raises as ``check_contact`` does."""
        now = await latest_time(tx, self._context.clock)
        said = {name: getattr(entry, name) for name in entry.__struct_fields__ if name != "scenes"}
        contact = Contact(
            **said, contact_id=contact_id, case_id=case_id, links=links, changed_by=asked.name, at=now
        )
        check_contact(contact, now.date())
        return contact

    async def _require_free(
        self, tx: Transaction, asked: Asked, contact: Contact, links: tuple[SceneLink, ...]
    ) -> None:
        """In the transaction that links them: every scene is of a sighting that stands confirmed now, and
        of nobody else on the list."""
        if not links:
            return
        traces = await reviewed(self._context, tx, asked, contact.case_id)
        confirmed = frozenset[str]().union(*(t.confirmed for t in traces))
        if any(link.candidate_id not in confirmed for link in links):
            raise Conflict("a sighting is not confirmed any more", mend="look at the line list again")
        rows = await self._contacts.rows(tx, contact.case_id)
        known = await asyncio.to_thread(self._contacts.opened, rows)
        if linked_elsewhere(known, links, contact.contact_id) is not None:
            raise Conflict("a scene belongs to another contact", mend="take it away there first")

    async def _put(self, tx: Transaction, asked: Asked, contact: Contact, **given: str) -> None:
        now = await latest_time(tx, self._context.clock)
        changed = msgspec.structs.replace(contact, changed_by=asked.name, at=now, **given)
        await self._contacts.put(tx, changed)

    async def _note(
        self, tx: Transaction, asked: Asked, contact: Contact, outcome: str, **detail: str
    ) -> None:
        said = detail or {"backing": str(contact.backing), "scenes": str(len(contact.links))}
        await journal.write(
            self._context,
            tx,
            asked,
            "contact",
            contact.contact_id,
            outcome=outcome,
            case_id=contact.case_id,
            detail=said,
        )

    def _views(self, case_id: str, seen: _Read) -> tuple[ContactLine, ...]:
        """Opens and builds; touches nothing but values."""
        newest, older = beside(self._context, seen.traces)
        built = lines(self._contacts.opened(seen.rows), newest, older)
        return tuple(_view(self._context.site, case_id, line) for line in built)


def _require_apart(contact: Contact) -> None:
    if contact.merged_into:
        raise Conflict(
            f"{contact.contact_id} went into another row",
            mend=f"take it out of {contact.merged_into} first",
        )


def _view(site: Site, case_id: str, line: ListLine) -> ContactLine:
    scenes = tuple(_scene(site, exposure) for exposure in line.exposures)
    contact = line.contact
    if contact is None:
        (one,) = scenes
        return ContactLine(
            contact_id=f"{one.candidate_id}:{one.number}",
            case_id=case_id,
            name=one.person,
            scenes=scenes,
            minutes=one.minutes,
        )
    return ContactLine(
        contact_id=contact.contact_id,
        case_id=case_id,
        name=contact.name,
        backing=contact.backing,
        reference=contact.reference,
        phone=contact.phone,
        scenes=scenes,
        minutes=line.minutes,
        risk=contact.risk,
        status=contact.status,
        follow_up_until=contact.follow_up_until,
        owner=contact.owner,
        note=contact.note,
        merged=line.merged,
        version=contact.version,
    )


def _scene(site: Site, exposure: Exposure) -> Scene:
    camera = site.cameras[exposure.camera_id]
    return Scene(
        candidate_id=exposure.candidate_id,
        person=exposure.person,
        number=exposure.number,
        camera=exposure.camera_id,
        start=exposure.interval.start,
        end=exposure.interval.end,
        minutes=exposure.minutes,
        distance_low_m=exposure.distance_low_m,
        distance_high_m=exposure.distance_high_m,
        patient_mask=exposure.patient_mask,
        person_mask=exposure.person_mask,
        suggestions=exposure.suggestions,
        camera_name=camera.name,
        place=site.labels.get(camera.place_id, ""),
    )
