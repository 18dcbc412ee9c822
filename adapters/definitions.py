"""Disease parameters, contact definitions and the list of laws, from package data."""

import tomllib
from importlib import resources

import msgspec

from adapters.settings import Strict
from engine.domain.case import Disease
from engine.domain.exposure import ContactDefinition


class Law(Strict, frozen=True, kw_only=True):
    id: str
    title: str


class _Diseases(Strict, frozen=True, kw_only=True):
    disease: tuple[Disease, ...]


class _Contacts(Strict, frozen=True, kw_only=True):
    definition: tuple[ContactDefinition, ...]


class _Laws(Strict, frozen=True, kw_only=True):
    law: tuple[Law, ...]


def load_definitions() -> tuple[dict[str, Disease], tuple[ContactDefinition, ...], dict[str, str]]:
    """Diseases by name, contact definitions, titles of laws by id."""
    folder = resources.files("configs") / "definitions"

    def read(name: str) -> dict[str, object]:
        return tomllib.loads((folder / name).read_text("utf-8"))

    diseases = msgspec.convert(read("diseases.toml"), _Diseases).disease
    contacts = msgspec.convert(read("contacts.toml"), _Contacts).definition
    laws = msgspec.convert(read("laws.toml"), _Laws).law
    return {d.name: d for d in diseases}, contacts, {law.id: law.title for law in laws}
