"""What the engine says, in the language of the person: its sentences alone, never names or ids."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec

from engine.api.client import EngineSaysNo
from engine.api.lines import Line
from tui.language.catalogue import is_english, tr_engine
from tui.port import Engine

# Fields that hold sentences which the engine put together, by struct.
SENTENCES: dict[str, frozenset[str]] = {
    "Hello": frozenset({"face_search"}),
    "TraceView": frozenset({"message", "left_out", "problems"}),
    "CandidateView": frozenset({"evidence", "infeasible", "support", "opinion"}),
    "VisitView": frozenset({"conflict"}),
    "GapView": frozenset({"reason"}),
    "ExposureView": frozenset({"suggestions"}),
    "Conflict": frozenset({"because"}),
    "ScopePreview": frozenset({"notes"}),
    "SourceState": frozenset({"because"}),
    "StillTaken": frozenset({"warnings"}),
}
MAY_BE_LARGE = frozenset({"trace", "contacts", "city_map"})  # answers with up to ten thousand rows
AS_IT_IS = "not covered"  # the timeline has its own word for it, and looks for this one


def in_own_language(value: Any, sentence: bool = False) -> Any:
    """The same value with its sentences translated, however deep; the very same in English."""
    if is_english():
        return value
    if sentence and type(value) is str:
        return value if value == AS_IT_IS else tr_engine(value)
    if isinstance(value, tuple):
        return tuple(in_own_language(item, sentence) for item in value)
    if isinstance(value, msgspec.Struct):
        sentences = SENTENCES.get(type(value).__name__, frozenset())
        old = {name: getattr(value, name) for name in value.__struct_fields__}
        new = {name: in_own_language(item, name in sentences) for name, item in old.items()}
        changed = {name: item for name, item in new.items() if item is not old[name] and item != old[name]}
        return msgspec.structs.replace(value, **changed) if changed else value
    return value


class SpokenEngine:
    """An engine that speaks the person's language, refusals included. What may be large is put into it
    beside the screen: keys come meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        async def asked(*args: object, **given: object) -> Any:
            try:
                answer = await method(*args, **given)
            except EngineSaysNo as refusal:
                raise _in_own_language(refusal) from None
            if name in MAY_BE_LARGE and not is_english():
                return await asyncio.to_thread(in_own_language, answer)
            return in_own_language(answer)

        return asked

    async def events(self, after: int | None = None) -> AsyncIterator[Line]:
        try:
            async for line in self._engine.events(after):
                yield in_own_language(line)
        except EngineSaysNo as refusal:
            raise _in_own_language(refusal) from None


def spoken(engine: Engine) -> Engine:
    """The same engine in the language of the person."""
    return cast(Engine, SpokenEngine(engine))


def _in_own_language(refusal: EngineSaysNo) -> EngineSaysNo:
    return EngineSaysNo(refusal.status, refusal.code, tr_engine(str(refusal)))
