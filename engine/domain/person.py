"""Who is at the other end of the socket, by the kernel's word."""

from engine.domain.authorisation import Role
from engine.domain.value import Value

HIDDEN = -1


class Person(Value, frozen=True, kw_only=True):
    """``name`` is the system's name of ``uid``. ``login_uid`` is who logged in at first, where the
    kernel has recorded it: a change of user by su or sudo does not change it. It is HIDDEN where the
    process that connected has ended meanwhile or become another user, so that nobody can ask any more."""

    uid: int
    name: str
    roles: frozenset[Role] = frozenset()
    login_uid: int | None = None

    def is_also(self, uid: int | None, login_uid: int | None) -> bool:
        """True where the other account is, or was logged in as, the same human being: by either of the
        two numbers, since the kernel does not know of every process who logged in."""
        return bool({self.uid, self.login_uid} & {uid, login_uid} - {None})
