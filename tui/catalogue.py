"""Every word of the console in the language of the person. The English words are the key.

``configs/words/ko.toml`` holds the others; what is missing there is said in English, never left out.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ko")

_words: Mapping[str, str] = {}


def use(language: str) -> None:
    """Speak this language from now on; English for one that there is no catalogue of."""
    global _words
    _words = {} if language == ENGLISH else catalogue(language)


def catalogue(language: str) -> Mapping[str, str]:
    """English words and what they are in ``language``; empty where there is no such catalogue."""
    if language not in LANGUAGES[1:]:
        return {}
    file = resources.files("configs") / "words" / f"{language}.toml"
    words: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))["words"]
    return words


def tr(words: str, **values: object) -> str:
    """``words`` in the language of the person, with ``{name}`` replaced by the values given."""
    said = _words.get(words, words)
    return said.format(**values) if values else said
