"""Every word that the console shows by ``tr``, found in its sources."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tui
from engine.api.contact_schema import Backing, ContactStatus, Risk
from engine.domain.authorisation import Role
from engine.domain.case import CaseState
from engine.domain.record import Source
from engine.domain.source_request import FOOTAGE
from tui.casework import board
from tui.casework.linelist import Order
from tui.forms import photo_words
from tui.keyboard import panefoot
from tui.keyboard.action import Where
from tui.keys import ACTIONS
from tui.language.words import Mark
from tui.panes import auditlog, entry
from tui.screens import contact

FOLDER = Path(tui.__file__).parent
TABLES = ("tui.language.words",)  # shown by whoever looks a state up in them
SHOWN_BY_NAME: tuple[Any, ...] = (  # values whose own name is looked up where they are shown
    tuple(Source), FOOTAGE, tuple(Backing), tuple(Risk), tuple(ContactStatus), tuple(Order), board.Order.ALL,
    tuple(Role), tuple(CaseState), contact.FIELDS, tuple(contact.HINTS.values())[:2], contact.LABELS,
    entry.EXAMPLES, auditlog.BAD_OUTCOMES, panefoot.LABELS, ("rehearsal", "server"),
    tuple(said[1:] for said in photo_words.REFUSALS),
)  # fmt: skip
PHRASE = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}")
NOT_SHOWN = (  # what speaks to a shell, understands words instead of saying them, or writes files
    "cli.py", "run.py", "keyboard/names.py", "keyboard/keymap.py", "comfort/settings.py",
    "comfort/own_files.py", "comfort/sitting.py", "forms/told.py", "forms/pieces.py",
    "terminal/hangup.py", "terminal/discreet.py",
)  # fmt: skip
LABELLED = ("heading", "beside", "filter_hint")  # what a list screen calls its rows, and says in its filter


def sources() -> Iterator[Path]:
    """Modules of the console but for the commands, which speak English, and the catalogue itself."""
    for path in sorted(FOLDER.rglob("*.py")):
        inside = path.relative_to(FOLDER)
        if inside.parts[0] != "commands" and inside.name != "catalogue.py":
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
            for words in labels(node):
                found.setdefault(words, where)
    for words in texts_in(SHOWN_BY_NAME):
        found.setdefault(words, "shown by name")
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
    return {words: where for words, where in found.items() if re.search("[A-Za-z]", words)}


def labels(node: ast.AST) -> Iterator[str]:
    """Titles of columns, words of marks, names before the parts of what is told."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Column", "Mark", "Target"):
        at = 1 if getattr(node.func, "id", "") == "Mark" else 0
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        title = given.get("title") or (node.args[at] if len(node.args) > at else None)
        if isinstance(title, ast.Constant) and isinstance(title.value, str):
            yield title.value
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
        label, told = node.elts  # ("sources", Text(...)), as in the details of a row
        if isinstance(label, ast.Constant) and isinstance(label.value, str) and _is_text(told):
            yield label.value
    elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in LABELLED:
        yield from texts_in(getattr(node.value, "value", ""))


def _is_text(node: ast.expr) -> bool:
    """A ``Text``, or several."""
    if isinstance(node, ast.List | ast.ListComp):
        return True
    if isinstance(node, ast.BinOp):
        return _is_text(node.left)
    name = getattr(node, "func", None)
    return isinstance(node, ast.Call) and (
        getattr(name, "id", "") == "Text" or getattr(name, "id", "").startswith("_") or _is_text_method(name)
    )


def _is_text_method(name: ast.expr | None) -> bool:
    return isinstance(name, ast.Attribute) and getattr(name.value, "id", "") == "Text"


def bare_phrases() -> dict[str, str]:
    """Phrases of the console that no catalogue is asked for: where they stand, and what they say."""
    known, bare = visible_words(), {}
    for path in sources():
        where = path.relative_to(FOLDER).as_posix()
        if where in NOT_SHOWN:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        unseen = {id(part) for node in ast.walk(tree) for part in _never_shown(node)}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)) or id(node) in unseen:
                continue
            if PHRASE.search(node.value) and node.value not in known:
                bare[node.value] = f"{where}:{node.lineno}"
    return bare


def _never_shown(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, pieces of f-strings within what is raised, and names of handlers."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Raise | ast.Assert):
        yield from ast.walk(node)


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
