"""Every word of the console in the language of the person. The English words are the key.

``configs/words/ko.toml`` holds the others; what is missing there is said in English, never left out.
``tr`` is for words of the console, ``tr_engine`` for sentences that the engine put together.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ko")
DEEPEST = 5  # sentences inside of sentences
LONGEST = 400  # characters of a sentence that is looked for among the patterns
NAMES = frozenset({"who", "case", "id", "file", "row"})  # gaps for what is nobody's word: it stays as it is
_NUMBER = r"[-+±]?\d[\d.,:]*"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``words`` by English words; of the engine's sentences ``whole`` are those without gaps, which come
    first, and ``patterns`` those with."""

    words: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()


_now = Catalogue()


def use(language: str) -> None:
    """Speak this language from now on; English for one that there is no catalogue of."""
    global _now
    _now = Catalogue() if language == ENGLISH else catalogue(language)
    _found.cache_clear()


def is_english() -> bool:
    return not _now.words


def catalogue(language: str) -> Catalogue:
    """What is said in ``language``; empty where there is no such catalogue."""
    if language not in LANGUAGES[1:]:
        return Catalogue()
    file = resources.files("configs") / "words" / f"{language}.toml"
    tables: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    sentences = tables.get("patterns", {})
    whole = {said: other for said, other in sentences.items() if "{" not in said}
    patterns = tuple((pattern_of(said), other) for said, other in sentences.items() if said not in whole)
    return Catalogue(tables["words"], whole, patterns)


def pattern_of(said: str) -> re.Pattern[str]:
    """A sentence in which each ``{name}`` stands for anything, or for a number where the name begins with
    ``n`` and a digit or nothing follows: ``{n} px``, ``{n2} s``."""
    parts = re.split(r"\{(\w+)\}", said)
    built = [re.escape(parts[0])]
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        wanted = _NUMBER if re.fullmatch(r"n\d*", name) else ".+?"
        built.append(f"(?P<{name}>{wanted}){re.escape(literal)}")
    return re.compile("".join(built), re.DOTALL)


def tr(words: str, **values: object) -> str:
    """``words`` in the language of the person, with ``{name}`` replaced by the values given."""
    said = _now.words.get(words, words)
    return said.format(**values) if values else said


def tr_engine(sentence: str) -> str:
    """A sentence of the engine in the language of the person; in English where none fits it."""
    return _found(sentence) if _now.words and len(sentence) <= LONGEST else sentence


@lru_cache(maxsize=2048)
def _found(sentence: str, depth: int = 0) -> str:
    if sentence in _now.words:
        return _now.words[sentence]
    if sentence in _now.whole:
        return _now.whole[sentence]
    if depth < DEEPEST:
        for pattern, said in _now.patterns:
            if match := pattern.fullmatch(sentence):
                parts = {
                    name: part if name in NAMES else _found(part, depth + 1)
                    for name, part in match.groupdict().items()
                }
                return said.format(**parts)
    return sentence
