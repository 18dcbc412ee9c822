"""Who may ask for what (G2): requester by source, shipped in ``configs/definitions/sources.toml``."""

from collections.abc import Iterable, Mapping

from engine.domain.errors import Refused
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.domain.source_rule import DIRECT, Level, SourceRule


def authority_for(source: str, level: Level, rules: Mapping[str, SourceRule]) -> str:
    """The authority to go by, or ``direct``. A source that is not in the table is nobody's to ask for."""
    rule = rules.get(source)
    if rule is None:
        raise Refused(f"the table of sources does not say who may ask for {source}", rule="G2")
    return rule.authority_for(level)


def require_sources(
    sources: Iterable[str],
    *,
    level: Level,
    rules: Mapping[str, SourceRule],
    requests: Iterable[SourceRequest],
) -> dict[str, str]:
    """References by source for all that another authority has to hand over. Raises Refused (G2) where
    its answered request is missing: a request that still waits opens nothing."""
    known = list(requests)
    references: dict[str, str] = {}
    for source in sorted(sources):
        authority = authority_for(source, level, rules)
        if authority == DIRECT:
            continue
        fitting = [r for r in known if r.source == source and r.authority == authority]
        answered = [r for r in fitting if r.state is SourceRequestState.ANSWERED and r.reference]
        if not answered:
            waits = next((r for r in fitting if r.state is SourceRequestState.ASKED), None)
            since = f"; asked on {waits.asked_at:%Y-%m-%d %H:%M}Z, not answered yet" if waits else ""
            raise Refused(
                f"{source} comes by way of the {authority}{since}",
                rule="G2",
                mend=f"record the {authority}'s answer with its reference first",
            )
        references[source] = max(answered, key=lambda r: r.asked_at).reference
    return references
