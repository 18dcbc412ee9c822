"""What may stand on a line list: a name that comes from papers (G8), in reasonable sizes."""

import re
import unicodedata
from datetime import date, timedelta

from engine.domain.contact import LONGEST, Contact
from engine.domain.errors import InputError, Refused

MOST_ROWS = 20_000  # with a name, in one case
MOST_SCENES = 500  # of one contact
MOST_MERGED = 200  # at once
LEAST_REFERENCE = 3  # letters or digits: "row 4" says where, "-" does not
FOLLOWED_FOR = timedelta(days=366)
OF_A_SCENE = ":"  # stands in the id of an unnamed person, and in no other
_COUNTED = re.compile(r"U-\d+", re.IGNORECASE)  # how the unnamed are called
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # of the direction of writing


def check_contact(contact: Contact, today: date) -> None:
    """Raises Refused (G8) for a name that nothing stands behind, InputError for what cannot be meant."""
    for field, most in LONGEST.items():
        _check_text(field, getattr(contact, field), most)
    if not contact.name.strip():
        raise InputError("is empty", place="name", mend="give the name as the reference has it")
    if _COUNTED.fullmatch(contact.name.strip()):
        raise InputError("is no name but a number of the list", place="name", mend="give the person's name")
    if sum(c.isalnum() for c in contact.reference) < LEAST_REFERENCE:
        raise Refused(
            "nobody gets a name without a reference",
            rule="G8",
            mend="say which roster line, record or call gave it",
        )
    if len(contact.links) > MOST_SCENES:
        raise InputError(f"are more than {MOST_SCENES}", place="scenes", mend="check the choice")
    until = contact.follow_up_until
    if until is not None and not today - FOLLOWED_FOR <= until <= today + FOLLOWED_FOR:
        raise InputError(
            f"{until.isoformat()} lies more than a year away",
            place="follow_up_until",
            mend="correct the date",
        )


def require_named(contact_id: str) -> None:
    """Raises Refused (G8) for an unnamed person: nobody puts two of them together, or gives one a name, for
    what a camera saw."""
    if OF_A_SCENE in contact_id:
        raise Refused(
            "an unnamed person of a scene is neither named nor put together with anybody",
            rule="G8",
            mend="add a contact with the reference that gives the name, and link the scene to it",
        )


def _check_text(field: str, said: str, most: int) -> None:
    if len(said) > most:
        raise InputError(f"is longer than {most} characters", place=field, mend="shorten it")
    for character in said:
        kind = unicodedata.category(character)
        if kind in ("Cc", "Zl", "Zp", "Cs") and not (field == "note" and character == "\n"):
            raise InputError("holds a control character", place=field, mend="write it as one plain line")
        if character in _TURNS:
            raise InputError("turns the direction of writing", place=field, mend="write it without")
