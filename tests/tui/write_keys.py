"""Writes ``docs/KEYS.md`` from the registry of actions: ``python -m tests.tui.write_keys``."""

from pathlib import Path

from tui.keyboard.action import Action, Where
from tui.keyboard.names import hangul, shown_key
from tui.keys import ACTIONS, OWN_KEYS

KEYS = Path(__file__).resolve().parents[2] / "docs" / "KEYS.md"
HEAD = """\
# Keys of the desk

Made from the registry of actions by `python -m tests.tui.write_keys`. `tracedesk keys` prints the same with
your own keys; `?` on the desk shows those of the screen at hand, each with the reason where it is not
possible just now.

## Your own keys

`tracedesk keys --toml > ~/.config/tracedesk/keys.toml` (or below `XDG_CONFIG_HOME`) gives a file to start
from: one table `[keys]`, in which the id of an action gets a key or a list of keys.

```toml
[keys]
same = "b"
undo = ["U", "backspace"]
```

The file is taken whole or not at all. Refused are ids and keys that there are not, one key for two actions
of one screen, answers that have keys with ctrl or alt alone (tmux and others may take those away), and
space or enter for a dangerous action. The line with the mistake is named, and until it is mended the desk
starts with the keys below and says so. `:` opens the palette and cannot be given away.

## A Korean keyboard

In Hangul mode (two-set) a key does what it does in English mode, if the terminal passes single letters on:
`ㅁ` is `a`, `ㅌ` is `x`. With shift only Q W E R T O P send letters of their own (`ㅃㅉㄸㄲㅆㅒㅖ`); the
others send the same as without. So `J` and `K` are `j` and `k` there, and `G` is `g`: use the arrows,
`home` and `end`, or switch to English (한/영). An input method that puts syllables together keeps keys to
itself until a syllable is whole; the desk then says so.

## Keys by action

Where an arrow does something, so does its letter of vi (`h j k l`), unless that letter has work of its own.
"""


def line(action: Action) -> str:
    keys = OWN_KEYS[action.id]
    written = " ".join(f"`{shown_key(key)}`" for key in keys)
    jamo = " ".join(jamo for jamo in map(hangul, keys) if jamo)
    missing = sorted(frozenset(Where) - action.where)
    where = ", ".join(sorted(action.where))
    if len(missing) < 2:
        where = f"all but {missing[0]}" if missing else "everywhere"
    what = action.description + (" **dangerous**" if action.dangerous else "")
    return f"| `{action.id}` | {written} | {jamo} | {where} | {what} |"


def keys_md() -> str:
    rows = ["| action | keys | in Hangul mode | screens | what it does |", "|---|---|---|---|---|"]
    return HEAD + "\n" + "\n".join([*rows, *map(line, ACTIONS)]) + "\n"


if __name__ == "__main__":
    KEYS.write_text(keys_md(), encoding="utf-8")
