"""What stands for a case: the records by law, and apart from them a ground for face search."""

from engine.api.case_schema import BoardCase
from engine.domain.record import Source
from engine.domain.source_request import SourceRequestState
from tui.language.catalogue import tr

GROUNDS = {
    "": ("○ no ground is recorded: no face is searched for", "notice"),
    "separate_consent": ("● a separate consent of the patient is recorded", "good"),
    "law": ("● a law of the installed list is recorded", "good"),
    "withdrawn": ("× withdrawn: no face is searched for, and the faces are destroyed", "alarm"),
}
NEEDS = {
    Source.ENTRY: "collected by investigators",
    Source.ROSTER: "collected by investigators",
    Source.INTERVIEW: "the patient tells it",
    Source.GPS: "the patient hands it over",
    Source.CARD: "a city asks its province",
    Source.TRANSIT: "a city asks its province",
    Source.PHONE: "everybody asks the police",
}
FOOTAGE = "footage"
HANDED_OVER = (Source.CARD, Source.TRANSIT, Source.PHONE)


def ground_words(ground: str) -> tuple[str, str]:
    """Words and tone of a ground as ``BoardCase`` has it."""
    words, tone = GROUNDS.get(ground, (ground, "notice"))
    return tr(words), tone


def has_ground(case: BoardCase) -> bool:
    return case.ground in ("separate_consent", "law")


def asked_words(case: BoardCase, source: str) -> tuple[str, str]:
    """How far a request for a source has come: words and tone, "" where nothing was asked."""
    asked = sorted((r for r in case.sources if r.source == source), key=lambda r: r.asked_at)
    answered = [r for r in asked if r.state is SourceRequestState.ANSWERED]
    if answered:
        return tr(
            "answered: {reference}", reference=answered[-1].reference or tr(answered[-1].authority)
        ), "good"
    if not asked:
        return "", "plain"
    last = asked[-1]
    if last.state is SourceRequestState.ASKED:
        return tr("asked of the {who} {n} h ago", who=tr(last.authority), n=round(last.waits_h)), "notice"
    return tr("the {who} said no", who=tr(last.authority)), "alarm"
