"""G24: two people, held by the database alone, whatever a statement changes at once."""

import sqlite3
from collections.abc import Iterator

import pytest

from engine.store.schema import migrations

# Asked for by the account 2001, which once logged in as 1500.
ASKED = {
    "epidemic_order": "INSERT INTO epidemic_order (order_id, number, authority, disease, document_sha256,"
    " starts_at, ends_at, state, four_eyes, proposed_by, proposed_uid, proposed_login, proposed_at)"
    " VALUES ('o', '1', 'province', 'd', 'x', '2026', '2027', 'proposed', 1, 'kim', 2001, 1500, '2026')",
    "authorisation": "INSERT INTO authorisation (authorisation_id, case_id, state, expires_at, sealed,"
    " four_eyes, requested_uid, requested_login) VALUES ('a', 'A', 'requested', '2027', x'', 1, 2001, 1500)",
    "still": "INSERT INTO still (still_id, case_id, photo_mac, sealed, four_eyes, added_uid, added_login)"
    " VALUES ('s', 'A', 'm', x'', 1, 2001, 1500)",
    "erasure": "INSERT INTO erasure (case_id, state, because, asked_by, due_at, keys, four_eyes)"
    " VALUES ('A', 'waiting', 'due', 'kim', '2026', 9, 1)",
}
ANSWER = "INSERT INTO decision (decision_id, candidate_id, number, person, at, answer, part, uid, login)"
FIRST = f"{ANSWER} VALUES ('d1', 'c', 1, 'kim', '2026', 'same', 'first', 2001, 1500)"
APPROVED = {
    "epidemic_order": "UPDATE epidemic_order SET state = 'approved', approved_uid = {uid},"
    " approved_login = {login}",
    "authorisation": "UPDATE authorisation SET state = 'approved', approved_uid = {uid},"
    " approved_login = {login}",
    "still": "UPDATE still SET seconded_by = 'lee', seconded_uid = {uid}, seconded_login = {login}",
}
# the account that the one who asked logged in as; another account into which that one logged in
CROSSED = [(1500, "NULL"), (2004, 2001)]


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for migration in migrations():
        for statement in migration.statements:
            connection.execute(statement)
    for row in (*ASKED.values(), FIRST):
        connection.execute(row)
    yield connection
    connection.close()


@pytest.mark.parametrize("table", APPROVED)
def test_g24_a_second_person_is_taken(database: sqlite3.Connection, table: str) -> None:
    assert database.execute(APPROVED[table].format(uid=2004, login="NULL")).rowcount == 1


@pytest.mark.parametrize("table", APPROVED)
@pytest.mark.parametrize(("uid", "login"), CROSSED, ids=["uid", "login"])
def test_g24_an_account_that_the_other_one_logged_in_as_is_the_same_person(
    database: sqlite3.Connection, table: str, uid: int, login: object
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="needs a second person"):
        database.execute(APPROVED[table].format(uid=uid, login=login))


@pytest.mark.parametrize(("uid", "login"), CROSSED, ids=["uid", "login"])
def test_g24_a_second_answer_is_not_given_under_the_first_ones_other_account(
    database: sqlite3.Connection, uid: int, login: object
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="needs a second person"):
        database.execute(f"{ANSWER} VALUES ('d2', 'c', 2, 'lee', '2026', 'same', 'second', {uid}, {login})")


@pytest.mark.parametrize("table", ASKED)
def test_g24_no_statement_takes_the_second_person_away(database: sqlite3.Connection, table: str) -> None:
    confirmed = {**APPROVED, "erasure": "UPDATE erasure SET confirmed_by = 'kim'"}[table]
    forged = confirmed.format(uid=2001, login=1500) + ", four_eyes = 0"
    with pytest.raises(sqlite3.IntegrityError, match="does not change"):
        database.execute(forged)


FORGED = {
    "order by": "UPDATE epidemic_order SET proposed_by = 'lee'",
    "order uid": "UPDATE epidemic_order SET proposed_uid = 2004",
    "order login": "UPDATE epidemic_order SET proposed_login = NULL",
    "authorisation uid": "UPDATE authorisation SET requested_uid = NULL",
    "authorisation login": "UPDATE authorisation SET requested_login = NULL",
    "photo uid": "UPDATE still SET added_uid = 2004",
    "photo login": "UPDATE still SET added_login = NULL",
    "erasure by": "UPDATE erasure SET asked_by = 'lee'",
}


@pytest.mark.parametrize("what", FORGED)
def test_g24_who_asked_is_not_changed_afterwards(database: sqlite3.Connection, what: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="does not change"):
        database.execute(FORGED[what])
