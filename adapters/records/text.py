"""Text out of hostile files: how it is shown, compared and kept."""

import unicodedata

MAX_SHOWN = 40


def shape(text: str, longest: int = MAX_SHOWN) -> str:
    """The form of a value without the value: digits 9, Hangul 가, other letters x, signs kept.

    The length is kept; past ``longest`` characters only the number of them is told. What cannot
    be printed becomes ``·``. ``2026-03-02 12:01`` gives ``9999-99-99 99:99``.
    """
    form = "".join(_form(sign) for sign in text[:longest])
    return f"{form}… ({len(text)} characters)" if len(text) > longest else form


def _form(sign: str) -> str:
    if sign == " " or (sign.isascii() and sign.isprintable() and not sign.isalnum()):
        return sign
    category = unicodedata.category(sign)
    if category.startswith("N"):
        return "9"
    if "가" <= sign <= "힣" or "ㄱ" <= sign <= "ㆎ" or "ᄀ" <= sign <= "ᇿ":
        return "가"
    return "x" if category.startswith("L") else "·"


def clean(text: str, longest: int = MAX_SHOWN) -> str:
    """Text that may be kept or shown: printable, single spaces, at most ``longest`` characters."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text[: longest * 4])
    return " ".join(kept.split())[:longest]


def key_of(text: str) -> str:
    """The form in which keys of persons are compared: NFKC, no case, no spaces, no hyphens."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def listed(names: tuple[str, ...], most: int = 20) -> str:
    """Column names for a message."""
    shown = ", ".join(clean(name) or "(no name)" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"
