"""The rows of the form for a scope: what is chosen, and what each source needs."""

from collections.abc import Callable
from datetime import datetime

from engine.api.case_schema import BoardCase, ScopePreview
from engine.domain.record import Source
from tui.forms import scope_form as forms
from tui.forms.grounds import FOOTAGE, HANDED_OVER, NEEDS, asked_words, has_ground
from tui.forms.scope_form import ScopeForm
from tui.language.catalogue import tr
from tui.panes.formrows import FormRow

TOGGLED = "source "  # before the name of a source, in the key of its row
FACE, CAMERAS, START, END, VALID, ORDER, HOURS = "face", "cameras", "from", "to", "expires", "order", "hours"


def scope_rows(
    form: ScopeForm,
    case: BoardCase,
    preview: ScopePreview | None,
    cameras: tuple[int, int],
    time: Callable[[datetime], str],
) -> tuple[FormRow, ...]:
    """``cameras``: how many are asked about, of how many; ``time`` says a time in words."""
    order = form.order_ref or "–"
    return (
        _face_row(form, case),
        _camera_row(form, *cameras),
        FormRow(key=START, label=tr("footage from"), value=time(form.start)),
        FormRow(key=END, label=tr("to"), value=time(form.end)),
        FormRow(key=VALID, label=tr("expires after"), value=tr("{n} h", n=f"{form.valid_h:g}")),
        FormRow(
            key=ORDER,
            label=tr("epidemic order"),
            value=order,
            note="" if form.order_ref else tr("its number"),
        ),
        _hours_row(form, preview),
        *(_source_row(form, case, source) for source in Source),
    )


def _face_row(form: ScopeForm, case: BoardCase) -> FormRow:
    box = "[x]" if form.face_search else "[ ]"
    note, tone = tr("off: a trace by records alone, no camera"), "muted"
    if not has_ground(case):
        note, tone = tr("no ground is recorded: by records alone"), "notice"
    elif form.face_search:
        words, tone = asked_words(case, FOOTAGE)
        note = f"{tr(FOOTAGE)} {words}" if words else tr("a city asks its province for footage")
    return FormRow(key=FACE, label=f"{box} {tr('face search')}", value="", note=note, tone=tone)


def _camera_row(form: ScopeForm, asked: int, of: int) -> FormRow:
    label = tr("cameras")
    if not form.face_search:
        return FormRow(key=CAMERAS, label=label, value=tr("none"))
    if not form.cameras:
        return FormRow(key=CAMERAS, label=label, value=tr("all that the records select"))
    note = tr("{n} of {all}, then what the records select", n=asked, all=of)
    return FormRow(key=CAMERAS, label=label, value=form.cameras, note=note)


def _hours_row(form: ScopeForm, preview: ScopePreview | None) -> FormRow:
    label = tr("camera-hours")
    if not form.face_search:
        return FormRow(key=HOURS, label=label, value=tr("none"))
    if form.most_hours is not None:
        return FormRow(key=HOURS, label=label, value=tr("at most {n}", n=f"{form.most_hours:g}"))
    needed = "–" if preview is None else f"{forms.hours_needed(preview):g}"
    return FormRow(key=HOURS, label=label, value=tr("at most {n}", n=needed), note=tr("as much as it needs"))


def _source_row(form: ScopeForm, case: BoardCase, source: Source) -> FormRow:
    words, tone = asked_words(case, source)
    told = bool(words) and source in HANDED_OVER
    box = "[x]" if source in form.sources else "[ ]"
    return FormRow(
        key=f"{TOGGLED}{source}",
        label=f"{box} {tr(source)}",
        value="",
        note=words if told else tr(NEEDS[source]),
        tone=tone if told else "muted",
    )
