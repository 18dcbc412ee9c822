"""Names of keys as people write them, as Textual calls them, and what they send in Hangul mode."""

import re
import unicodedata

from textual.keys import KEY_NAME_REPLACEMENTS

# Two-set (KS X 5002) keyboard left in Hangul mode: the letter a key sends instead of ours.
TWO_SET = dict(
    zip("abcdefghijklmnopqrstuvwxyz", "ㅁㅠㅊㅇㄷㄹㅎㅗㅑㅓㅏㅣㅡㅜㅐㅔㅂㄱㄴㅅㅕㅍㅈㅌㅛㅋ", strict=True)
)
SHIFTED = dict(zip("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))  # the others send the same with shift
JAMO = frozenset(TWO_SET.values()) | frozenset(SHIFTED.values())

NAMED = (
    "space", "enter", "escape", "tab", "shift+tab", "backspace", "delete", "insert", "home", "end",
    "pageup", "pagedown", "up", "down", "left", "right", *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
WRITTEN = {"esc": "escape", "del": "delete", "return": "enter", "page up": "pageup", "page down": "pagedown"}
SHOWN = {
    "escape": "esc", "pagedown": "page down", "pageup": "page up", "delete": "del",
    "down": "↓", "up": "↑", "left": "←", "right": "→",
}  # fmt: skip
# What a terminal cannot tell from another key, or answers by itself.
SAME_TO_A_TERMINAL = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "ctrl+h": "backspace"}


_FUNCTION_KEY = re.compile(r"f\d+")


def _textual(character: str) -> str:
    """Textual's name of a printable character: ``?`` is ``question_mark``."""
    if character.isalnum():
        return character
    name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


CHARACTERS = {chr(code): _textual(chr(code)) for code in range(0x21, 0x7F)}
_SIGNS = {name: character for character, name in CHARACTERS.items()}


def key_named(written: str) -> str:
    """Textual's name of a key as a person wrote it (``?``, ``esc``, ``f5``), "" for one that is not known."""
    if written in CHARACTERS:
        return CHARACTERS[written]
    key = written.strip().lower().replace(" + ", "+")
    key = WRITTEN.get(key, key)
    if key in NAMED or key in _SIGNS:
        return key
    modifier, plus, rest = key.partition("+")
    if plus and modifier in ("ctrl", "alt") and len(rest) == 1 and rest.isascii() and rest.isalnum():
        return SAME_TO_A_TERMINAL.get(key, key)
    return ""


def is_character(key: str) -> bool:
    """True for keys that write a character where one can write."""
    return key in _SIGNS or key == "space"


def has_modifier(key: str) -> bool:
    """True for keys that tmux, screen or an SSH client may keep for themselves."""
    return key.startswith(("ctrl+", "alt+"))


def hangul(key: str) -> str:
    """What the same key sends in Hangul mode, "" for keys that send the same or no letter."""
    return SHIFTED.get(key) or TWO_SET.get(key, "")


def shown_key(key: str) -> str:
    """A key as people write it."""
    if _FUNCTION_KEY.fullmatch(key):
        return key.upper()  # as it stands on the keyboard
    return SHOWN.get(key) or _SIGNS.get(key, key)


def is_composed(character: str) -> bool:
    """True for what only an input method sends: a whole syllable, or any letter beyond ASCII that is no
    key of a two-set keyboard."""
    return len(character) == 1 and not character.isascii() and character not in JAMO
