"""Base of all domain values: frozen, compared by content, strict about unknown fields."""

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen value; stored plans and requests with unknown fields are refused (DESIGN 4)."""
