"""Several ids in one statement, whatever their number: one parameter that holds a JSON array."""

from collections.abc import Iterable

import msgspec


def listed(ids: Iterable[str]) -> str:
    """The parameter for ``IN (SELECT value FROM json_each(?))``."""
    return msgspec.json.encode(sorted(ids)).decode()
