import pytest

from engine.domain.errors import Refused
from engine.domain.ground import GroundKind
from engine.policy.grounds import check_ground, require_ground
from tests.engine.fakes import NOW, a_ground

LAWS = {"KR-1": "Act on tests, article 1"}


def test_a_separate_consent_with_the_digest_of_its_paper_is_a_ground() -> None:
    check_ground(a_ground(), LAWS)


@pytest.mark.parametrize("digest", ["", "ab" * 31, "AB" * 32, "zz" * 32, "ab" * 32 + "\n"])
def test_a_consent_without_the_digest_of_a_paper_is_none(digest: str) -> None:
    with pytest.raises(Refused, match=r"separate consent.*\[G3\]"):
        check_ground(a_ground(document_sha256=digest), LAWS)


def test_a_law_of_the_installed_list_is_a_ground() -> None:
    check_ground(a_ground(kind=GroundKind.LAW, law_id="KR-1", document_sha256=""), LAWS)


@pytest.mark.parametrize("law", ["", "the law", "KR-1 ", "Act on tests, article 1"])
def test_a_law_in_free_text_is_none(law: str) -> None:
    with pytest.raises(Refused, match=r"not on the list.*\[G3\]"):
        check_ground(a_ground(kind=GroundKind.LAW, law_id=law), LAWS)


def test_no_law_is_installed_as_shipped() -> None:
    with pytest.raises(Refused, match="none is installed"):
        check_ground(a_ground(kind=GroundKind.LAW, law_id="KR-1"), {})


def test_no_ground_and_a_withdrawn_one_are_refused() -> None:
    assert require_ground(a_ground()) == a_ground()
    with pytest.raises(Refused, match="no ground"):
        require_ground(None)
    with pytest.raises(Refused, match="withdrawn"):
        require_ground(a_ground(withdrawn_at=NOW))
