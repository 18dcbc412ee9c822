"""G19, markup part: data never commands the terminal, the desk or the text around it."""

import ast
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tui
from engine.api.client import EngineSaysNo
from engine.api.schema import TraceDetail
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from tests.screens.driving import NARROW, WIDE, Seat, seated
from tests.screens.fake_engine import HELLO, ME, NOW, FakeEngine, a_detail, a_trace
from tests.screens.fake_house import a_verdict
from tui.clean import NEVER_SHOWN, clean_text
from tui.terminal.discreet import crash_report

HOSTILE = {
    "markup": "[@click=app.quit]x[/][link='https://a.example']y[/link] $(reboot) {user} %s \\[x] :smile:",
    "broken markup": "[/x][red",
    "control": "\x1b]52;c;cm0gLXJm\x07\x1b[2J\x1b]2;owned\x07\x9b31m\x90q\x9c\x00\x7f \n\r\t",
    "direction": "\u202egnp.egami\u2066\u2069\u200f\u2028line\u2029e" + "\u0301" * 5_000,
    "endless": "n" * 100_000,
}
RUNS = [*((name, WIDE) for name in HOSTILE), ("markup", NARROW), ("endless", NARROW)]
KEPT = frozenset({"trace_id", "candidate_id", "profile", "timezone", "person", "decided_by"})


def poisoned(value: Any, poison: str) -> Any:
    """The same reply with every free string replaced; ids and switches stay, so that it is shown."""
    if isinstance(value, tuple):
        return tuple(poisoned(item, poison) for item in value)
    if isinstance(value, msgspec.Struct):
        changed = {}
        for name in value.__struct_fields__:
            item = getattr(value, name)
            if type(item) is str and name not in KEPT:
                changed[name] = poison
            elif isinstance(item, msgspec.Struct | tuple):
                changed[name] = poisoned(item, poison)
        return msgspec.structs.replace(value, **changed)
    return value


def hostile_engine(poison: str) -> FakeEngine:
    """Every string of every reply is the attack: names, places, evidence, conflicts, messages."""
    details: list[TraceDetail] = [a_detail("A")]
    details += [
        msgspec.structs.replace(a_detail("B", 0), trace=a_trace(state.value, state, left_out=("x",)))
        for state in TraceState
    ]
    hello = poisoned(msgspec.structs.replace(HELLO, face_search="x", models=("x",)), poison)
    return FakeEngine({d.trace.trace_id: poisoned(d, poison) for d in details}, hello)


def assert_harmless(seat: Seat) -> None:
    """No forbidden character in a cell, no action or link behind one."""
    for strip in seat.desk.screen._compositor.render_strips():
        for segment in strip:
            assert not any(unicodedata.category(c) in NEVER_SHOWN for c in segment.text), repr(segment.text)
            if segment.style is not None:
                assert segment.style.link is None
                assert "@click" not in segment.style.meta  # scroll bars have @mouse.down of their own


@pytest.mark.parametrize(("name", "size"), RUNS)
async def test_g19_hostile_text_in_every_field_is_shown_as_text_and_does_nothing(
    name: str, size: tuple[int, int]
) -> None:
    poison = HOSTILE[name]
    engine = hostile_engine(poison)
    async with seated(engine, size) as seat:
        for key in ("1", "3", "4", "2"):
            await seat.press(key)
            assert_harmless(seat)
        engine.refusal = EngineSaysNo(409, poison, poison)
        await seat.press("x")
        await seat.until(lambda: not seat.desk.triage.state.writing)
        assert_harmless(seat)
        await seat.zoomed()
        assert_harmless(seat)
        await seat.press("question_mark")
        assert_harmless(seat)
        assert seat.desk.is_running and seat.engine.decisions == []


def poison_shown(engine: FakeEngine) -> str:
    """The id of the first case as the desk knows it."""
    return clean_text(next(iter(engine.details.values())).trace.case_id)


@pytest.mark.parametrize(("name", "size"), [("markup", WIDE), ("control", NARROW), ("direction", WIDE)])
async def test_g19_boards_papers_audit_and_house_are_shown_as_text_too(
    name: str, size: tuple[int, int]
) -> None:
    poison = HOSTILE[name]
    engine = hostile_engine(poison)
    engine.greeting = msgspec.structs.replace(engine.greeting, roles=())
    engine.on_board = {key: poisoned(case, poison) for key, case in engine.on_board.items()}
    engine.papers = {key: poisoned(paper, poison) for key, paper in engine.papers.items()}
    engine.source_asks = {key: poisoned(ask, poison) for key, ask in engine.source_asks.items()}
    engine.standing_orders = poisoned(engine.standing_orders, poison)
    engine.audit_lines = poisoned(engine.audit_lines, poison)
    engine.standing = poisoned(engine.standing, poison)
    engine.vitals = poisoned(engine.vitals, poison)
    engine.verdict = poisoned(a_verdict(5, first_bad=1, problem="x", disagreement="x"), poison)
    async with seated(engine, size) as seat:
        for key in ("f3", "f4", "f5", "v", "f6", "o", "question_mark", "escape", "g"):
            await seat.press(key, after_s=3.0)
            await seat.passing(3.0)
            assert_harmless(seat)
        place_kept = ("keep", (poison_shown(engine), "desk"))  # where the desk was, by itself
        done = [(name, given[:2]) for name, given in seat.engine.asked_for]
        assert seat.desk.is_running and set(done) <= {place_kept}


async def test_g19_clicking_on_a_hostile_name_runs_no_action() -> None:
    async with seated(hostile_engine("[@click=app.exit]click me[/]")) as seat:
        assert "[@click=app.exit]" in seat.text()
        for cell in ((6, 2), (12, 3), (45, 2), (50, 20), (95, 4), (50, 34), (20, 0)):
            await seat.pilot.click(offset=cell)
        assert seat.desk.is_running and not seat.desk._exit


async def test_g19_the_models_words_after_an_answer_are_harmless_too() -> None:
    engine = hostile_engine("[@click=app.quit]x[/]")
    first = engine.details["T-A"].candidates[0]
    own = msgspec.structs.replace(first, answer=Answer.SAME, decided_by=ME, decided_at=NOW)
    detail = msgspec.structs.replace(engine.details["T-A"], candidates=(own,))
    engine.details["T-A"] = detail
    async with seated(engine) as seat:
        assert "model: [@click=app.quit]x[/]" in seat.text()
        assert_harmless(seat)


async def test_g19_a_crash_report_holds_places_in_the_code_and_no_data() -> None:
    def fails() -> None:
        patient = "Hong Gildong 010-1234-5678"
        raise ValueError(f"cannot show {patient}")

    async with seated() as seat:
        desk = seat.desk
        with pytest.raises(ValueError, match="cannot show") as caught:
            fails()
        desk._exception = caught.value
        desk.panic("Hong Gildong")
        said = "\n".join(str(line) for line in desk._exit_renderables)
        assert "Hong" not in said and "010" not in said
        assert "ValueError" in said and "in fails" in said
        desk._exception = None
    assert "Hong" not in crash_report(caught.value).plain


async def test_g19_the_title_is_neutral_and_nothing_can_be_selected() -> None:
    async with seated() as seat:
        assert (seat.desk.title, seat.desk.sub_title) == ("tracedesk", "")
        assert not seat.desk.ALLOW_SELECT


async def test_g19_faults_in_the_background_are_named_by_kind_only() -> None:
    class Broken(FakeEngine):
        async def view(self, candidate_id: str, face_height_px: float) -> Any:
            if len(self.views) == 1:
                raise RuntimeError("Hong Gildong")
            return await super().view(candidate_id, face_height_px)

    async with seated(Broken()) as seat:
        await seat.press("j")
        await seat.until(lambda: "a fault in the desk: RuntimeError" in seat.text())
        assert "Hong" not in seat.text()


async def test_g19_a_far_future_or_past_time_is_shown_and_breaks_nothing() -> None:
    detail = a_detail("A")
    trace = msgspec.structs.replace(detail.trace, expires_at=NOW + timedelta(days=400_000))
    async with seated(FakeEngine({"T-A": msgspec.structs.replace(detail, trace=trace)})) as seat:
        assert "days" in seat.text().splitlines()[0]


# --- the sources themselves -----------------------------------------------------------------------

SHOWN_AS_MARKUP = frozenset(
    {"Static", "Label", "Button", "Markdown", "update", "notify", "add_row", "add_column"}
)
TITLES = frozenset({"border_title", "border_subtitle", "title", "sub_title", "tooltip"})


def is_built(node: ast.expr) -> bool:
    """True for text put together from parts: an f-string, ``+``, ``%`` or ``.format``."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return is_built(node.left) or is_built(node.right) or isinstance(node.op, ast.Mod)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def breaches(source: str) -> Iterator[str]:
    """Lines that hand built text to something that reads markup."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            plain = any(
                k.arg == "markup" and isinstance(k.value, ast.Constant) and k.value.value is False
                for k in node.keywords
            )
            if name in SHOWN_AS_MARKUP and not plain and any(is_built(arg) for arg in node.args):
                yield f"line {node.lineno}: {name}"
            if name in ("from_markup", "from_ansi"):
                yield f"line {node.lineno}: {name}"
        if isinstance(node, ast.Assign) and is_built(node.value):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in TITLES:
                    yield f"line {node.lineno}: {target.attr}"


def screens_of_the_desk() -> list[Path]:
    folder = Path(tui.__file__).parent
    return sorted(path for path in folder.rglob("*.py") if "commands" not in path.relative_to(folder).parts)


@pytest.mark.parametrize("file", screens_of_the_desk(), ids=lambda file: file.name)
def test_g19_no_built_text_is_handed_to_what_reads_markup(file: Path) -> None:
    assert list(breaches(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("file", screens_of_the_desk(), ids=lambda file: file.name)
def test_g19_every_static_is_told_not_to_read_markup_or_gets_text(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Static", "Label"):
            assert any(k.arg == "markup" for k in node.keywords), f"line {node.lineno}"


@pytest.mark.parametrize(
    "careless",
    [
        'Static(f"case {name}")',
        'self.head.update("case " + f"{name}")',
        'self.notify("%s" % name)',
        'table.add_row("{}".format(name))',
        'widget.border_title = f"{name}"',
        "Text.from_markup(name)",
    ],
)
def test_g19_the_check_of_the_sources_sees_careless_lines(careless: str) -> None:
    assert list(breaches(careless))


def test_g19_the_check_of_the_sources_lets_careful_lines_pass() -> None:
    careful = 'Static(f"{n}", markup=False)\nself.head.update(Text(f"{n}"))\nself.notify("done")'
    assert list(breaches(careful)) == []
