"""Base of all domain values: frozen, compared by content, strict about unknown fields."""

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen value; stored plans and requests with unknown fields are refused: what is not
    understood is not obeyed in part.

    What comes by the hundred thousand says ``gc=False``: it refers to no containers, and a round of the
    garbage collector over all of it would stop the event loop for a tenth of a second.
    """
