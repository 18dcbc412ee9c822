"""What is brought in for a case: what the patient told, consent, photographs, and what may be searched."""

from tui.keyboard.action import Action, Where, on

CASES = on(Where.CASES)
INTERVIEW = on(Where.INTERVIEW)
CONSENT = on(Where.CONSENT)
PHOTOS = on(Where.PHOTOS)
SCOPE = on(Where.SCOPE)
FORMS = CONSENT | PHOTOS | SCOPE

ACTIONS: tuple[Action, ...] = (
    # --- from the cases ---
    Action(
        id="interview", keys=("i",), handler="interview", label="interview", where=CASES, foot=True,
        description="write down where the patient was: one line a stay",
    ),
    Action(
        id="consent", keys=("c",), handler="consent", label="consent", where=CASES, foot=True,
        description="why a face search is lawful for this patient, apart from the records",
    ),
    Action(
        id="photos", keys=("p",), handler="photos", label="photos", where=CASES, foot=True,
        description="hand in a photograph of the patient, look at one, second one",
    ),
    Action(
        id="scope", keys=("A",), handler="scope", label="scope", where=CASES, foot=True,
        description="what a search would open and cost, and ask for it",
    ),
    # --- the interview: letters are text there ---
    Action(
        id="hand_in", keys=("f10",), handler="hand_in", label="hand in", where=INTERVIEW, foot=True,
        once=True, description="hand all lines in as records; the last row does so too",
    ),
    Action(
        id="leave_interview", keys=("escape",), handler="leave_form", label="back", where=INTERVIEW,
        foot=True, description="back to the cases; the draft is kept",
    ),
    Action(
        id="help_writing", keys=("f1",), handler="show_help", label="help", where=INTERVIEW, foot=True,
        description="all keys",
    ),
    Action(
        id="take_place", keys=("tab",), handler="take_place", label="place", where=INTERVIEW, foot=True,
        description="take the first place below; then a digit takes another, tab the next",
    ),
    Action(
        id="enter_line", keys=("enter",), handler="enter_line", label="next line", where=INTERVIEW, foot=True,
        description="next line; on the last row: hand in",
    ),
    Action(
        id="line_up", keys=("up",), handler="move_line", argument="-1", label="line above", where=INTERVIEW,
        description="line above",
    ),
    Action(
        id="line_down", keys=("down",), handler="move_line", argument="1", label="line below",
        where=INTERVIEW, description="line below; under the last one stands the row that hands in",
    ),
    Action(
        id="recall", keys=("f7",), handler="recall", label="recall", where=INTERVIEW, foot=True,
        description="write down again what was handed in last, to change it: both versions stay",
    ),
    # --- the other forms ---
    Action(
        id="leave_form", keys=("escape",), handler="leave_form", label="back", where=FORMS, foot=True,
        description="back to the cases; what was typed is still there when you come again",
    ),
    # --- consent ---
    Action(
        id="consent_document", keys=("d",), handler="consent_document", label="document", where=CONSENT,
        foot=True, description="record a separate consent to face search, by its signed document",
    ),
    Action(
        id="consent_law", keys=("l",), handler="consent_law", label="law", where=CONSENT, foot=True,
        description="record a law of the installed list in place of a consent",
    ),
    Action(
        id="consent_withdraw", keys=("w",), handler="consent_withdraw", label="withdraw", where=CONSENT,
        foot=True, once=True, description="withdraw: face search stops, what came out of it is destroyed",
    ),
    # --- photographs and scope: rows with a cursor ---
    Action(
        id="form_down", keys=("j", "down"), handler="move_row", argument="1", label="down",
        where=PHOTOS | SCOPE, description="row below",
    ),
    Action(
        id="form_up", keys=("k", "up"), handler="move_row", argument="-1", label="up",
        where=PHOTOS | SCOPE, description="row above",
    ),
    Action(
        id="photo_open", keys=("enter",), handler="open_row", label="write or look", where=PHOTOS, foot=True,
        description="write into this row, or look at this photograph: every look is in the audit",
    ),
    Action(
        id="photo_hand_in", keys=("h",), handler="hand_in", label="hand in", where=PHOTOS, foot=True,
        once=True, description="hand the new photograph in: its face is looked for and measured",
    ),
    Action(
        id="photo_second", keys=("S",), handler="second", label="second", where=PHOTOS, foot=True,
        once=True, description="stand behind this photograph: it shows this patient",
    ),
    Action(
        id="scope_open", keys=("enter",), handler="open_row", label="change", where=SCOPE, foot=True,
        description="change this row",
    ),
    Action(
        id="scope_toggle", keys=("space",), handler="toggle_row", label="yes/no", where=SCOPE, foot=True,
        description="turn this row on or off",
    ),
    Action(
        id="scope_request", keys=("r",), handler="request", label="request", where=SCOPE, foot=True,
        once=True, description="ask for this authorisation; somebody else permits it",
    ),
    Action(
        id="scope_emergency", keys=("E",), handler="emergency", label="emergency", where=SCOPE, foot=True,
        once=True, description="in force at once, told to everybody, ended after a day without a review",
    ),
    Action(
        id="form_on", keys=("pagedown",), handler="scroll_form", argument="5", label="read on", where=FORMS,
        description="scroll down",
    ),
    Action(
        id="form_back", keys=("pageup",), handler="scroll_form", argument="-5", label="read back",
        where=FORMS, description="scroll up",
    ),
)  # fmt: skip
