"""Nobody approves what they asked for, under no account of theirs."""

from engine.domain.errors import Refused
from engine.domain.person import Person


def require_other(person: Person, uid: int | None, login_uid: int | None, what: str) -> None:
    """Raises Refused where ``person`` is, or once logged in as, the account that asked.

    The database holds the same rule in a trigger.
    """
    if person.is_also(uid, login_uid):
        raise Refused(what, rule="G24", mend="another person has to do it")
