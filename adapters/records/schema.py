"""Which columns a source has; everything else is dropped at intake (data minimisation)."""

from collections.abc import Mapping

from adapters.records.table import Table
from adapters.records.text import clean, listed
from engine.domain.errors import InputError
from engine.domain.value import Value
from engine.ports import RecordMapping

POSITION = ("place_id", "lat", "lon", "radius_m")
"""Columns that every source may carry to say where; without them names are looked up."""

UNCERTAINTY = ("sigma_s",)
"""Standard deviation of the times in seconds, where the source states it."""


class Schema(Value, frozen=True, kw_only=True):
    """``required`` must be there; of each group in ``one_of`` at least one must; ``optional`` may."""

    required: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of ours, each once."""
        grouped = (name for group in self.one_of for name in group)
        return tuple(dict.fromkeys((*self.required, *grouped, *self.optional)))


def check_mapping(mapping: RecordMapping, schema: Schema, file: str) -> None:
    """Raises InputError for a name of ours that the source does not have."""
    for key, names in (("columns", mapping.columns), ("fixed", mapping.fixed)):
        for ours in names:
            if ours not in schema.columns:
                raise InputError(
                    f"{mapping.source.value} records have no such column",
                    file=file,
                    place=f"{key}.{clean(ours)}",
                    mend=f"they have {', '.join(schema.columns)}",
                )


def bind(table: Table, mapping: RecordMapping, schema: Schema, file: str) -> dict[str, str]:
    """Ours to theirs, for the columns that the file has.

    A mapping without ``columns`` takes our own names; one with ``columns`` takes only those.
    Raises InputError naming the file, the missing columns and those that are there.
    """
    wanted: Mapping[str, str] = mapping.columns or {name: name for name in schema.columns}
    bound = {ours: theirs for ours, theirs in wanted.items() if theirs in table.columns}
    have = {*bound, *mapping.fixed}
    missing = [wanted.get(name, name) for name in schema.required if name not in have]
    missing += [
        " or ".join(wanted.get(name, name) for name in group)
        for group in schema.one_of
        if not have.intersection(group)
    ]
    if not table.keyed:
        missing += [
            theirs for ours, theirs in mapping.columns.items() if ours not in have and theirs not in missing
        ]
    if mapping.subject_column and mapping.subject_column not in table.columns:
        missing.append(mapping.subject_column)
    if missing:
        raise InputError(
            f"missing columns: {listed(tuple(missing))}",
            file=file,
            place="row 1",
            mend=f"the file has: {listed(table.columns)}; set them in its mapping",
        )
    for theirs in (*bound.values(), mapping.subject_column):
        if theirs in table.twice:
            raise InputError(
                f"the column {listed((theirs,))} stands there twice",
                file=file,
                place="row 1",
                mend="rename one of the two",
            )
    return bound
