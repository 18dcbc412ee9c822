"""Every word that the console shows by ``tr``, found in its sources."""

import ast
import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tui
from tui.action import Where
from tui.keys import ACTIONS
from tui.words import Mark

FOLDER = Path(tui.__file__).parent
TABLES = ("tui.words",)  # shown by whoever looks a state up in them


def sources() -> Iterator[Path]:
    """Modules of the console but for the commands, which speak English, and the catalogue itself."""
    for path in sorted(FOLDER.rglob("*.py")):
        inside = path.relative_to(FOLDER).parts
        if inside[0] not in ("commands", "catalogue.py"):
            yield path


def visible_words() -> dict[str, str]:
    """English words and where they are said."""
    found: dict[str, str] = {}
    for path in sources():
        where = path.relative_to(FOLDER).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr" and node.args:
                for words in said_by(node.args[0], path):
                    found.setdefault(words, where)
    for action in ACTIONS:
        found.setdefault(action.label, f"action {action.id}")
        found.setdefault(action.description, f"action {action.id}")
    for screen in Where:
        found.setdefault(screen.value, "Where")
    for name in TABLES:
        module = importlib.import_module(name)
        for constant, table in vars(module).items():
            for words in texts_in(table) if constant.isupper() else ():
                found.setdefault(words, name)
    return {words: where for words, where in found.items() if any(c.isalpha() for c in words)}


def said_by(node: ast.expr, path: Path) -> Iterator[str]:
    """The words themselves, either of two, or those of a constant of the module."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from said_by(node.body, path)
        yield from said_by(node.orelse, path)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from said_by(value, path)
    elif isinstance(node, ast.Subscript | ast.Attribute):
        yield from said_by(node.value, path)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        yield from said_by(node.func.value, path)
    elif isinstance(node, ast.Name) and node.id.isupper():
        module = ".".join(("tui", *path.relative_to(FOLDER).with_suffix("").parts))
        yield from texts_in(getattr(importlib.import_module(module), node.id))


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, Mark):
        yield value.word
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from texts_in(item)
