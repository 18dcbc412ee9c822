"""What the engine says when it says no: every sentence that its source holds, with its gaps filled."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[2] / "engine"
SAYS_NO = frozenset(
    {"Refused", "InputError", "Conflict", "Unknown", "Lacking", "TooLarge", "NeedsOperator", "EngineSaysNo"}
)
HANDED_ON = frozenset({"mend", "what", "why", "words", "line"})  # names under which a part is laid ready
# A state or a name stands in a gap, or a further part of the sentence that begins with a space.
FILLINGS = ("7", " by 7", " by 7 at 7", "")
AT_ONCE = 4  # gaps of which every filling is tried
Sentences = Mapping[str, tuple[str, tuple[str, ...]]]


def sentences(root: Path = ENGINE) -> Sentences:
    """By sentence as it is written (gaps as ``{}``): where it stands, and how it may read."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for file in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for part in _parts(node):
                for written, readings in _written(part).items():
                    where = f"{file.relative_to(root.parent)}:{part.lineno}"
                    found.setdefault(written, (where, readings))
    found.pop("", None)
    return found


def _parts(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions that are said, or a part of it."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in SAYS_NO:
            yield from node.args[2:3] if name == "EngineSaysNo" else node.args[:1]
        elif name == "problem_answer":
            yield from node.args[2:3]
        elif name == "require_other":
            yield from node.args[3:4]
        yield from (k.value for k in node.keywords if k.arg == "mend" or _is_version_of(name, k))
    elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in HANDED_ON:
        yield node.value


def _is_version_of(name: str, keyword: ast.keyword) -> bool:
    return name == "require_version" and keyword.arg == "what"


def _written(part: ast.expr) -> dict[str, tuple[str, ...]]:
    """The sentences of an expression; none where it is made elsewhere."""
    if isinstance(part, ast.IfExp):
        return _written(part.body) | _written(part.orelse)
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        return {part.value: (part.value,)}
    if not isinstance(part, ast.JoinedStr):
        return {}
    gaps = [value for value in part.values if isinstance(value, ast.FormattedValue)]
    written = "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in part.values)  # type: ignore[misc]
    if not any(c.isalpha() for c in written):
        return {}
    tried = product(*(_fillings(gap) for gap in gaps)) if len(gaps) <= AT_ONCE else [("7",) * len(gaps)]
    return {written: tuple(_read(part, list(fillings)) for fillings in tried)}


def _fillings(gap: ast.FormattedValue) -> tuple[str, ...]:
    """What can stand in a gap: the words of the source where it holds them."""
    if isinstance(gap.value, ast.IfExp):
        return tuple(_written(gap.value.body)) + tuple(_written(gap.value.orelse)) or FILLINGS
    return FILLINGS


def _read(part: ast.JoinedStr, fillings: list[str]) -> str:
    left = iter(fillings)
    return "".join(str(v.value) if isinstance(v, ast.Constant) else next(left) for v in part.values)


def by_file(missing: Mapping[str, str]) -> dict[str, list[str]]:
    """For a message: sentences by the file that says them."""
    found: dict[str, list[str]] = defaultdict(list)
    for sentence, where in missing.items():
        found[where.partition(":")[0]].append(sentence)
    return dict(found)
