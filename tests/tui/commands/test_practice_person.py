"""Who may be practised with, and who the kernel says logged in."""

import os
import pwd
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from tui.commands.practice_accounts import ROLES, numbered
from tui.commands.practice_person import note_login, practises

FREE = 64_301


def test_an_account_that_was_not_made_for_practice_is_nobody_to_practise_with() -> None:
    for account in pwd.getpwall():
        assert not practises(account.pw_uid, account.pw_name)
        assert not practises(account.pw_uid, f"uid-{account.pw_uid}")


def test_a_number_without_an_account_is_practised_with_under_its_own_name_only() -> None:
    assert practises(FREE, f"uid-{FREE}")
    assert not practises(FREE, "uid-0")
    assert not practises(FREE, "kim")


def test_every_role_has_somebody_and_nobody_has_two() -> None:
    people = numbered(FREE)
    assert [person.uid for person in people] == list(range(FREE, FREE + len(ROLES)))
    roles = {"investigator", "supervisor", "authoriser", "auditor", "custodian", "operator"}
    assert {person.role for person in people} == roles


def test_a_number_that_has_an_account_is_not_taken() -> None:
    with pytest.raises(InputError, match="has an account already"):
        numbered(pwd.getpwall()[-1].pw_uid)


def test_who_logged_in_is_noted_as_the_person(tmp_path: Path) -> None:
    login = tmp_path / "loginuid"
    login.write_text("1000")
    note_login(FREE, login)
    assert login.read_text() == str(FREE)


def test_where_the_kernel_has_no_such_note_nothing_is_written(tmp_path: Path) -> None:
    note_login(FREE, tmp_path / "loginuid")
    assert not (tmp_path / "loginuid").exists()


@pytest.mark.parametrize("before", ["1000", "4294967295"])
def test_a_note_that_cannot_be_changed_is_said_where_it_would_make_all_one_person(
    tmp_path: Path, before: str
) -> None:
    login = Immutable(tmp_path / "loginuid")
    Path(login).write_text(before)
    if before == "4294967295":
        note_login(FREE, login)
    else:
        with pytest.raises(InputError, match="keeps user 1000 as the one who logged in"):
            note_login(FREE, login)


class Immutable(type(Path())):  # type: ignore[misc]
    """A note that the kernel lets nobody change."""

    def write_text(self, *_: object, **__: object) -> int:
        raise PermissionError(os.strerror(1))
