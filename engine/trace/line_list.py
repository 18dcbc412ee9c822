"""The line list of a case from what people wrote down and who stood beside confirmed sightings."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.domain.contact import Contact, SceneLink
from engine.domain.exposure import Exposure


@dataclass(frozen=True, slots=True)
class ListLine:
    """One person of the list. ``contact`` is None for somebody unnamed, who has one exposure. ``merged``
    are the ids of the rows that went into this one, whose exposures are here too. ``links`` counts the
    scenes that a person linked, whether their sightings are still confirmed or not."""

    contact: Contact | None
    exposures: tuple[Exposure, ...]
    merged: tuple[str, ...] = ()
    links: int = 0

    @property
    def minutes(self) -> float:
        """Sum over the scenes."""
        return sum(exposure.minutes for exposure in self.exposures)


def key_of(exposure: Exposure) -> SceneLink:
    return SceneLink(candidate_id=exposure.candidate_id, number=exposure.number)


def lines(
    contacts: Sequence[Contact], newest: Sequence[Exposure], older: Sequence[Exposure] = ()
) -> tuple[ListLine, ...]:
    """People with a name in the order of ``contacts``, then everybody else of the ``newest`` trace. Of an
    ``older`` trace only those are there whom a person has linked to a name: the others were looked for
    again. Nobody is put together with anybody here (G8)."""
    scenes = {key_of(exposure): exposure for exposure in (*older, *newest)}
    into: defaultdict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        into[contact.merged_into].append(contact)
    named = []
    for kept in into[""]:
        family = _family(kept, into)
        links = [link for member in family for link in member.links]
        found = sorted((scenes[link] for link in links if link in scenes), key=_when)
        merged = tuple(other.contact_id for other in into.get(kept.contact_id, ()))
        named.append(ListLine(kept, tuple(found), merged, len(links)))
    taken = {link for contact in contacts for link in contact.links}
    unnamed = (ListLine(None, (e,)) for e in newest if key_of(e) not in taken)
    return (*named, *unnamed)


def seconded(lines: Sequence[ListLine], candidates: Collection[str]) -> tuple[ListLine, ...]:
    """The list with the scenes of these candidates only. A name that came to the list by scenes of which
    none is left goes too; one from papers alone stays (G10)."""
    found = []
    for line in lines:
        exposures = tuple(e for e in line.exposures if e.candidate_id in candidates)
        from_papers = line.contact is not None and line.links == 0
        if exposures or from_papers:
            found.append(ListLine(line.contact, exposures, line.merged, line.links))
    return tuple(found)


def linked_elsewhere(contacts: Sequence[Contact], links: Collection[SceneLink], but: str) -> Contact | None:
    """The row, other than ``but``, that one of these scenes belongs to already."""
    wanted = set(links)
    return next((c for c in contacts if c.contact_id != but and wanted & {*c.links}), None)


def _family(kept: Contact, into: Mapping[str, Sequence[Contact]]) -> list[Contact]:
    family, number = [kept], 0
    while number < len(family):
        family += into.get(family[number].contact_id, ())
        number += 1
    return family


def _when(exposure: Exposure) -> tuple[str, str, int]:
    return exposure.interval.start.isoformat(), exposure.candidate_id, exposure.number
