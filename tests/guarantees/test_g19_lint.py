"""G19, in the sources: what a widget is given is text and never markup, and nothing is printed past the
screen. Read from the syntax tree, so that a careless line fails before anybody attacks it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui

READS_MARKUP = frozenset(
    {"Static", "Label", "Button", "Link", "Digits", "Collapsible", "Checkbox", "RadioButton"}
)
NEVER_BUILT = frozenset({
    "Markdown", "MarkdownViewer", "RichLog", "Log", "Pretty", "DataTable", "ListView", "OptionList", "Footer",
    "Header", "Tree", "Tooltip", "Toast",
})  # fmt: skip
NEVER_CALLED = frozenset({
    "from_markup", "from_ansi", "render_str", "notify", "print", "input", "log", "save_screenshot",
    "deliver_screenshot", "export_screenshot", "suspend", "open_url", "deliver_text", "deliver_binary",
})  # fmt: skip
TITLES = frozenset({"border_title", "border_subtitle", "tooltip", "title", "sub_title", "BORDER_TITLE"})
TEXTS = frozenset({"Text", "Content", "assemble", "styled", "join"})


def screens_of_the_desk() -> list[Path]:
    folder = Path(tui.__file__).parent
    found = (path for path in folder.rglob("*.py") if "commands" not in path.relative_to(folder).parts)
    return sorted(path for path in found if path.name != "feed.py")  # its Link is how the engine stands


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def is_plain(call: ast.Call) -> bool:
    """True where markup is off by a constant."""
    return any(
        k.arg == "markup" and isinstance(k.value, ast.Constant) and k.value.value is False
        for k in call.keywords
    )


def is_text(node: ast.expr) -> bool:
    """A value made as text, or words of our own in which nothing can be read as markup."""
    if isinstance(node, ast.Constant):
        return node.value is None or (isinstance(node.value, str) and "[" not in node.value)
    if isinstance(node, ast.IfExp):
        return is_text(node.body) and is_text(node.orelse)
    if not isinstance(node, ast.Call):
        return False
    if name_of(node) == "tr":
        return len(node.args) == 1 and not node.keywords and is_text(node.args[0])
    return name_of(node) in TEXTS


def is_string(node: ast.expr) -> bool:
    """True for what is surely a string that was put together or translated."""
    if isinstance(node, ast.JoinedStr | ast.BinOp):
        return not isinstance(node, ast.BinOp) or is_string(node.left) or is_string(node.right)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.Call) and name_of(node) in ("tr", "str", "format", "repr")


def breaches(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {getattr(target, "attr", getattr(target, "id", "")) for target in targets}
            attributes = any(isinstance(target, ast.Attribute) for target in targets)
            if names & TITLES and (attributes or "BORDER_TITLE" in names) and not is_text(node.value):
                yield f"line {node.lineno}: {min(names)} is read as markup; give it Text(...)"


def _of_call(call: ast.Call) -> Iterator[str]:
    name = name_of(call)
    if name in READS_MARKUP and not is_plain(call):
        yield f"line {call.lineno}: {name} without markup=False"
    if name in NEVER_BUILT and isinstance(call.func, ast.Name):
        yield f"line {call.lineno}: {name} has no place on the desk"
    if name in NEVER_CALLED:
        yield f"line {call.lineno}: {name}"
    if name == "update" and call.args and is_string(call.args[0]):
        yield f"line {call.lineno}: update with a string; give it Text(...)"
    if name == "SystemCommand" and any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in call.args):
        yield f"line {call.lineno}: the palette reads markup"


@pytest.mark.parametrize("file", screens_of_the_desk(), ids=lambda file: file.name)
def test_g19_widgets_are_given_text_and_nothing_is_printed_past_the_screen(file: Path) -> None:
    assert list(breaches(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "careless",
    [
        'Static(f"{name}")',
        "Static(Text(name))",
        "Static(name, markup=self.markup)",
        "Label(name)",
        "Button(name, id='x')",
        "pane.border_title = name",
        'pane.border_title = f"{name}"',
        'pane.border_title = tr(f"{name}")',
        'pane.border_title = tr("case {name}", name=name)',
        'pane.border_subtitle = "a" if x else name',
        "pane.tooltip = case.note",
        "self.title = case.case_id",
        'pane.border_title = "[b]case"',
        "class P:\n    BORDER_TITLE: str = NAME",
        "Text.from_markup(name)",
        "Content.from_markup(name)",
        "Text.from_ansi(name)",
        "self.notify(name)",
        "self.app.notify('done')",
        "console.print(name)",
        "print(name)",
        "self.log(name)",
        "self.how.update(tr('x'))",
        "self.how.update('case ' + name)",
        "self.how.update(f'{name}')",
        "Markdown(name)",
        "DataTable()",
        "OptionList(*names)",
        "SystemCommand(f'open {name}', 'x', self.open)",
        "self.app.open_url(name)",
    ],
)
def test_g19_this_check_sees_careless_lines(careless: str) -> None:
    assert list(breaches(careless))


@pytest.mark.parametrize(
    "careful",
    [
        'Static(Text(f"{name}"), markup=False)',
        "pane.border_title = Text(name)",
        'pane.border_title = tr("house")',
        "pane.border_title = None",
        'pane.border_title = Text(a) if a else ""',
        "self.how.update(Text(tr('x')))",
        "self.update(text, layout=False)",
        "known.update(other)",
        "SystemCommand(tr(action.label), tr(action.description), act)",
        "class P:\n    TITLE = NEUTRAL_TITLE",
    ],
)
def test_g19_this_check_lets_careful_lines_pass(careful: str) -> None:
    assert list(breaches(careful)) == []
