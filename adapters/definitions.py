"""Disease parameters, contact definitions, the list of laws and the caps, from package data."""

import tomllib
from importlib import resources

import msgspec

from adapters.settings import Strict
from engine.domain.case import Disease
from engine.domain.exposure import ContactDefinition
from engine.domain.limits import Limits
from engine.domain.source_rule import SourceRule


class Law(Strict, frozen=True, kw_only=True):
    id: str
    title: str


class _Diseases(Strict, frozen=True, kw_only=True):
    disease: tuple[Disease, ...]


class _Contacts(Strict, frozen=True, kw_only=True):
    definition: tuple[ContactDefinition, ...]


class _Sources(Strict, frozen=True, kw_only=True):
    source: tuple[SourceRule, ...]


class _Laws(Strict, frozen=True, kw_only=True):
    law: tuple[Law, ...]


def load_definitions() -> tuple[dict[str, Disease], tuple[ContactDefinition, ...], dict[str, str]]:
    """Diseases by name, contact definitions, titles of laws by id."""
    diseases = msgspec.convert(_read("diseases.toml"), _Diseases).disease
    contacts = msgspec.convert(_read("contacts.toml"), _Contacts).definition
    laws = msgspec.convert(_read("laws.toml"), _Laws).law
    return {d.name: d for d in diseases}, contacts, {law.id: law.title for law in laws}


def load_sources() -> dict[str, SourceRule]:
    """Who may ask whom for what, by source."""
    return {rule.source: rule for rule in msgspec.convert(_read("sources.toml"), _Sources).source}


def load_limits() -> Limits:
    """The caps of this installation. Raises msgspec.ValidationError for what is no number of hours."""
    return msgspec.convert(_read("limits.toml"), Limits)


def _read(name: str) -> dict[str, object]:
    return tomllib.loads((resources.files("configs") / "definitions" / name).read_text("utf-8"))
