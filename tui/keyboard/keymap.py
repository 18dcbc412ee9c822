"""The keys that a person gave the actions: ``~/.config/tracedesk/keys.toml``, read whole or not at all.

One table ``[keys]``: the id of an action, and a key or a list of keys. ``tracedesk keys`` has the ids.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.domain.errors import InputError
from tui.comfort.own_files import called, line_of, own_file, read_toml
from tui.keyboard.action import WRITING, Action, Where
from tui.keyboard.names import CHARACTERS, JAMO, NAMED, has_modifier, is_character, key_named, shown_key
from tui.keys import ACTIONS, OWN_KEYS, Keymap, with_letters
from tui.language.catalogue import tr

FILE = "keys.toml"
PALETTE = "colon"  # the palette opens on every screen
NEVER_DANGEROUS = frozenset({"space", "enter"})  # what a hand rests on, and what closes any question
TABLE = "keys"


def keymap_file() -> Path:
    return own_file(FILE)


def read_keymap(
    path: Path, actions: Sequence[Action] = ACTIONS, writing: frozenset[Where] = WRITING
) -> Keymap:
    """Keys by action id, of those alone that the file names; nothing where there is no file. Raises
    InputError naming file, line and mend."""
    tables, text = read_toml(path)
    file = called(path)
    if unknown := [name for name in tables if name != TABLE]:
        raise InputError(
            f"there is no table or key {unknown[0]!r} here", file=file, place=line_of(text, unknown[0]),
            mend=f"put actions under [{TABLE}]",
        )  # fmt: skip
    given = tables.get(TABLE, {})
    if not isinstance(given, dict):
        raise InputError("is no table", file=file, place=TABLE, mend=f"write [{TABLE}] on a line of its own")
    known = {action.id: action for action in actions}
    changed: dict[str, tuple[str, ...]] = {}
    for action_id, wanted in given.items():
        place = line_of(text, action_id)
        if action_id not in known:
            raise InputError(
                f"there is no action {action_id!r}", file=file, place=place, mend=_near(action_id, known)
            )
        changed[action_id] = _keys(known[action_id], wanted, file, place, writing)
    _no_clash(actions, changed, file, text)
    return changed


def _near(action_id: str, known: dict[str, Action]) -> str:
    alike = difflib.get_close_matches(action_id, known, n=1)
    return f"did you mean {alike[0]}?" if alike else "tracedesk keys lists them"


def _keys(action: Action, wanted: Any, file: str, place: str, writing: frozenset[Where]) -> tuple[str, ...]:
    written = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(written, list) or not written or not all(isinstance(key, str) for key in written):
        raise InputError("is no key", file=file, place=place, mend='write "k" or ["k", "f5"]')
    keys = tuple(_key(key, file, place) for key in written)
    if (action.dangerous or action.once) and all(has_modifier(key) for key in keys):
        raise InputError(
            f"{action.id} is an answer and has only keys with ctrl or alt, which tmux may take",
            file=file, place=place, mend="give it a key without ctrl or alt as well",
        )  # fmt: skip
    if action.where & writing and (letters := [key for key in keys if is_character(key)]):
        raise InputError(
            f"{shown_key(letters[0])} is text on the screen {min(action.where & writing).value}, and no key",
            file=file, place=place, mend="take a key that writes nothing, as f5",
        )  # fmt: skip
    if action.dangerous and (resting := NEVER_DANGEROUS & set(keys)):
        raise InputError(
            f"{action.id} cannot be taken back by looking away, so {min(resting)} is no key for it",
            file=file, place=place, mend="give it a key that nobody presses by accident",
        )  # fmt: skip
    return keys


def _key(written: str, file: str, place: str) -> str:
    key = key_named(written)
    if key == PALETTE:
        raise InputError("':' opens the palette", file=file, place=place, mend="take another key")
    if key:
        return key
    if written in JAMO:
        mend = "write the Latin letter of the same key; its Hangul letter works by itself"
    else:
        mend = f"a letter, a digit, a sign, or one of: {', '.join(NAMED[:16])}, f1 to f12"
    raise InputError(f"there is no key {written!r}", file=file, place=place, mend=mend)


def _no_clash(actions: Sequence[Action], changed: Keymap, file: str, text: str) -> None:
    keys = with_letters(actions, changed)
    holders: dict[tuple[str, str], Action] = {}
    for action in sorted(actions, key=lambda action: action.id in changed):
        for key in keys[action.id]:
            for where in action.where:
                other = holders.setdefault((where, key), action)
                if other is not action:
                    raise InputError(
                        f"{shown_key(key)} is the key of {other.id} too, on the screen {where.value}",
                        file=file, place=line_of(text, action.id),
                        mend=f"take another key, or give {other.id} another one in this file",
                    )  # fmt: skip


def starting_file() -> str:
    """A ``keys.toml`` in which everything stands as it is without one, each line a comment."""
    lines = [
        "# Keys of the desk. Take the # away from what you change; the rest stays as it is.",
        "# A key is a letter, a digit or a sign (capital letters are other keys), or one of:",
        f"#   {', '.join(NAMED[:16])}, f1 to f12",
        "# An answer needs a key without ctrl and alt; what is dangerous never has space or enter.",
        "# Letters work from a Korean keyboard left in Hangul mode by themselves.",
        "",
        f"[{TABLE}]",
    ]
    for action in ACTIONS:
        keys = ", ".join(f'"{_written(key)}"' for key in OWN_KEYS[action.id])
        lines.append(f"# {action.id} = [{keys}]  # {tr(action.description)}")
    return "\n".join(lines) + "\n"


def _written(key: str) -> str:
    sign = next((character for character, name in CHARACTERS.items() if name == key), key)
    return {'"': '\\"', "\\": "\\\\"}.get(sign, sign)
