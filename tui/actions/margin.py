"""What is noted beside a candidate, and second reviewers."""

from tui.action import Action
from tui.actions.triage import with_candidate
from tui.margin import why_not_second

ACTIONS: tuple[Action, ...] = (
    Action(
        id="note", keys=("m",), handler="note", label="note", reason=with_candidate, foot=True,
        description="write a note about this candidate",
    ),
    Action(
        id="want_second", keys=("f",), handler="want_second", label="2nd reviewer",
        reason=with_candidate, once=True,
        description="ask for a second, blind reviewer of this candidate, or take that back",
    ),
    Action(
        id="be_second", keys=("F",), handler="be_second", label="review second", reason=why_not_second,
        once=True, description="become the second reviewer of this trace, blind to the first answers",
    ),
)  # fmt: skip
