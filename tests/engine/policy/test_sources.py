from datetime import timedelta

import msgspec
import pytest

from engine.domain.errors import Refused
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.domain.source_rule import Level, SourceRule
from engine.policy.sources import authority_for, require_sources
from tests.engine.fakes import NOW

RULES = {
    "entry": SourceRule(source="entry", basic="direct", province="direct", national="direct"),
    "card": SourceRule(source="card", basic="province", province="direct", national="direct"),
}
ANSWERED = SourceRequest(
    request_id="r",
    case_id="case-1",
    source="card",
    authority="province",
    reference="P-1",
    asked_by="kim",
    asked_at=NOW,
    state=SourceRequestState.ANSWERED,
)


def required(*sources: str, level: Level = Level.BASIC, requests: tuple[SourceRequest, ...] = ()) -> object:
    return require_sources(sources, level=level, rules=RULES, requests=requests)


def test_what_is_asked_directly_needs_no_reference() -> None:
    assert required("entry") == {}
    assert required("entry", "card", level=Level.PROVINCE) == {}


def test_the_newest_answered_request_gives_the_reference() -> None:
    newer = msgspec.structs.replace(
        ANSWERED, request_id="s", reference="P-2", asked_at=NOW + timedelta(hours=1)
    )
    assert required("card", requests=(newer, ANSWERED)) == {"card": "P-2"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": SourceRequestState.ASKED},
        {"state": SourceRequestState.REFUSED},
        {"authority": "police"},
        {"source": "entry"},
        {"reference": ""},
    ],
)
def test_anything_but_an_answer_of_that_authority_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Refused, match="card comes by way of the province") as no:
        required("card", requests=(msgspec.structs.replace(ANSWERED, **wrong),))
    assert no.value.rule == "G2"


def test_a_source_outside_the_table_is_nobodys() -> None:
    with pytest.raises(Refused, match="does not say who may ask for webcams"):
        authority_for("webcams", Level.NATIONAL, RULES)
