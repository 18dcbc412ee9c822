"""Which users of the system are made for practice, and which are never touched."""

import pwd

import pytest

from engine.domain.errors import InputError
from tui.commands.practice_accounts import GROUP, ROLES, accounts, make_accounts, remove_accounts
from tui.commands.practice_person import MARK

GID = 990


class System:
    """A system's list of users, and the commands that change it."""

    def __init__(self, **comments: str) -> None:
        self.users = {name.replace("_", "-"): comment for name, comment in comments.items()}
        self.group: int | None = None
        self.commands: list[tuple[str, ...]] = []

    def named(self, name: str) -> pwd.struct_passwd | None:
        if name not in self.users:
            return None
        uid = 900 + list(self.users).index(name)
        return pwd.struct_passwd((name, "!", uid, GID, self.users[name], "/nonexistent", "/sbin/nologin"))

    def gid(self) -> int | None:
        return self.group

    def do(self, *words: str) -> None:
        self.commands.append(words)
        if words[0] == "groupadd":
            self.group = GID
        elif words[0] == "groupdel":
            self.group = None
        elif words[0] == "useradd":
            self.users[words[-1]] = words[words.index("--comment") + 1]
        else:
            del self.users[words[-1]]


def made(system: System) -> list[str]:
    people, gid = make_accounts(system.do, system.named, system.gid)
    assert gid == GID
    return [person.name for person in people]


def test_they_are_made_once_and_taken_away_with_their_group() -> None:
    system = System(kim="Kim")
    assert made(system) == list(accounts())
    commands = list(system.commands)
    assert len(commands) == len(ROLES) + 1
    assert made(system) == list(accounts())
    assert system.commands == commands, "they are there"
    assert remove_accounts(system.do, system.named, system.gid) == accounts()
    assert list(system.users) == ["kim"]
    assert system.group is None
    assert remove_accounts(system.do, system.named, system.gid) == ()


def test_nobody_can_log_in_as_one_of_them() -> None:
    system = System()
    made(system)
    for words in system.commands:
        assert words[0] != "useradd" or {"--no-create-home", "/usr/sbin/nologin"} <= {*words}
        assert "--password" not in words
        assert GROUP in words


def test_somebody_who_has_such_a_name_is_never_touched() -> None:
    system = System(practice_auditor="Practice Auditor, 3rd floor")
    with pytest.raises(InputError, match=r"practice-auditor.*not made for practice"):
        made(system)
    assert system.commands == [], "and nobody else was made"
    system.users["practice-operator"] = MARK
    assert remove_accounts(system.do, system.named, system.gid) == ("practice-operator",)
    assert "practice-auditor" in system.users
