"""How good a photograph is to search with, in words; and why one was not taken."""

from engine.api.client import EngineSaysNo
from engine.api.schema import StillTaken
from engine.domain.track import MaskState
from tui.language.catalogue import tr
from tui.language.words import MASKS

LEAST_INTER_EYE_PX = 20.0  # below that the engine takes no photograph: MIN_INTER_EYE_PX of its enrolment
REFUSALS = (
    ("shows no face", "no face was found in it", "take one in which the face is clearly to be seen"),
    ("shows covered eyes", "the eyes are covered", "take one without dark glasses"),
    ("px between the eyes", "the face is too small", "take a larger photograph"),
    ("faces", "there is more than one face in it", "cut it so that only the patient is in it"),
    ("provenance", "it does not say where it comes from", "write where it comes from"),
    ("notification", "it names another notification than the case", "give the reference of this case"),
)


def taken_photo_words(taken: StillTaken) -> list[tuple[str, str]]:
    """Words and tones."""
    size = taken.inter_eye_px
    least = round(LEAST_INTER_EYE_PX)
    said = tr("{n} px between the eyes, at least {least} are needed", n=round(size), least=least)
    tone = "plain" if size >= 2 * LEAST_INTER_EYE_PX else "notice"
    lines = [(tr("✓ taken: one face in {file}", file=taken.file), "good"), (f"  {said}", tone)]
    lines.append((f"  {tr(MASKS[taken.mask])}", "notice" if taken.mask is MaskState.MASKED else "plain"))
    if taken.mask is MaskState.MASKED:
        lines.append((tr("  ! a bare face is compared better: take one without a mask if you can"), "notice"))
    return lines + [(f"  ! {warning}", "notice") for warning in taken.warnings]


def refused_photo_words(refused: EngineSaysNo) -> str:
    """In plain words what is wrong with a photograph, and the engine's own after it."""
    for part, what, mend in REFUSALS:
        if part in str(refused):
            return tr("not taken: {what}; {mend}", what=tr(what), mend=tr(mend)) + f" ({refused})"
    return tr("not taken: {why}", why=str(refused))
