from adapters.definitions import load_definitions, load_limits
from engine.domain.limits import Limits


def test_the_shipped_caps_are_the_built_in_ones() -> None:
    """So that an installation without the file and one with it mean the same."""
    assert load_limits() == Limits()


def test_diseases_and_contact_definitions_are_there_and_no_law() -> None:
    diseases, contacts, laws = load_definitions()
    assert diseases
    assert contacts
    assert laws == {}
