from datetime import date

import msgspec
import pytest

from engine.domain.contact import SceneLink
from engine.domain.errors import InputError, Refused
from engine.policy.contacts import MOST_SCENES, check_contact, require_named
from tests.engine.store.test_contacts import a_contact

TODAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "김서윤", "reference": "명부 3"},
        {"note": "called\ntwice"},
        {"follow_up_until": date(2026, 3, 19)},
        {"name": "میں\u200cخواهم"},  # a mark that joins letters belongs to names
    ],
)
def test_what_people_write_is_taken(given: dict[str, object]) -> None:
    check_contact(a_contact(**given), TODAY)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "name: is empty"),
        ({"name": "u-014"}, "name: is no name but a number"),
        ({"name": "x" * 201}, "name: is longer than 200"),
        ({"phone": "010\n"}, "phone: holds a control character"),
        ({"note": "called\rnever"}, "note: holds a control character"),
        ({"owner": "a\u202eb"}, "owner: turns the direction"),
        ({"follow_up_until": date(2062, 3, 19)}, "follow_up_until: 2062-03-19 lies more than a year away"),
        ({"follow_up_until": date(1026, 3, 19)}, "follow_up_until: 1026-03-19 lies"),
        (
            {"links": tuple(SceneLink(candidate_id="c", number=n) for n in range(MOST_SCENES + 1))},
            "scenes: are more than",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=f"^{said}"):
        check_contact(a_contact(**given), TODAY)


def test_the_line_of_a_refusal_quotes_nothing_personal() -> None:
    with pytest.raises(InputError) as no:
        check_contact(msgspec.structs.replace(a_contact(), name="Canary\x1bKim"), TODAY)
    assert "Canary" not in str(no.value)


def test_an_id_of_a_scene_is_that_of_nobody_with_a_name() -> None:
    require_named("0123456789abcdef")
    with pytest.raises(Refused, match="neither named nor put together"):
        require_named("0123456789abcdef:1")
