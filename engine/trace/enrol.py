"""From reference stills to the one subject of a search (G5, G6); runs inside a worker."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from engine.domain.errors import InputError
from engine.domain.model import Calibration
from engine.domain.track import Enrolment, MaskState, Still
from engine.ports import FaceModel, Frame, Image, Matcher, Redactor
from engine.trace import evidence

SURE_FACE = 0.75  # detector score; a real portrait is far above, a pattern on a wall below
SIDE_FACE_SHARE = 0.35  # a second face this large beside the first is a second person, not a poster far off
MIN_INTER_EYE_PX = 20.0
SAME_PERSON_LLR = 3.0
"""From here on two views may make one template: twenty times likelier one person than two. Of bare pairs
of 50 people (FaceScrub) 4 in 10,000 of two people pass, and 8 in 100 of one person are sent back."""
OTHER_PERSON_LLR = 0.0  # for a view that is shown beside, but is no part of the template


def enrol(
    stills: Sequence[tuple[str, Image]],
    model: FaceModel,
    matcher: Matcher,
    redactor: Redactor,
    calibration: Calibration | None,
) -> Enrolment:
    """The template of one person from (file name, picture). Bare views are preferred over masked.

    Raises InputError naming the file where a still shows no face, two faces, or too small a face, or
    where two stills do not, or cannot be told to, show the same person: a search has one subject.
    """
    views = [_view(file, image, model, redactor) for file, image in stills]
    bare = [v for v in views if v.mask is not MaskState.MASKED]
    chosen = bare or views
    for view in views:
        if view is not chosen[0]:
            least = SAME_PERSON_LLR if any(view is c for c in chosen) else OTHER_PERSON_LLR
            _check_one_person(chosen[0], view, least, matcher, calibration)
    total = np.sum([v.template for v in chosen], axis=0)
    template = (total / np.linalg.norm(total)).astype("<f4")
    return Enrolment(
        template=template.tobytes(),
        mask=MaskState.BARE if bare else MaskState.MASKED,
        inter_eye_px=max(v.inter_eye_px for v in chosen),
        blur=max(v.blur for v in chosen),
        portraits=tuple(v.portrait for v in views),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    file: str
    mask: MaskState
    template: npt.NDArray[np.float32]
    inter_eye_px: float
    blur: float
    yaw_deg: float
    colourless: bool
    portrait: Still


def _view(file: str, image: Image, model: FaceModel, redactor: Redactor) -> _View:
    faces = model.detect(image)
    sure = [i for i in range(len(faces)) if faces.scores[i] >= SURE_FACE]
    if not sure:
        raise InputError(
            "shows no face", file=file, mend="use a photograph in which the face is clearly to be seen"
        )
    by_size = sorted(sure, key=lambda i: -float(faces.boxes[i][2] * faces.boxes[i][3]))
    largest = float(faces.boxes[by_size[0]][3])
    beside = [i for i in by_size[1:] if float(faces.boxes[i][3]) >= SIDE_FACE_SHARE * largest]
    if beside:
        raise InputError(
            f"shows {1 + len(beside)} faces",
            file=file,
            mend="cut the photograph so that only the patient is in it",
        )
    first = by_size[0]
    inter_eye_px = float(faces.inter_eye_px[first])
    if inter_eye_px < MIN_INTER_EYE_PX:
        raise InputError(
            f"shows a face of only {inter_eye_px:.0f} px between the eyes",
            file=file,
            mend=f"use a larger photograph, {MIN_INTER_EYE_PX:.0f} px or more",
        )
    crops = model.crops(image, faces)[first : first + 1]
    blur, yaw_deg = model.measure(crops, faces)
    colourless, eyes_covered = model.obstacles(crops)
    if eyes_covered[0]:
        raise InputError("shows covered eyes", file=file, mend="use a photograph without dark glasses")
    box = [float(v) for v in faces.boxes[first]]
    drawn = redactor.face_still(Frame(0.0, image), None, box, [])
    return _View(
        file,
        model.mask_state(image, box),
        model.embed(crops)[0],
        inter_eye_px,
        float(blur[0]),
        float(yaw_deg[first]),
        bool(colourless[0]),
        msgspec.structs.replace(drawn, kind="subject"),
    )


def _check_one_person(
    first: _View, other: _View, least_llr: float, matcher: Matcher, calibration: Calibration | None
) -> None:
    cosine = float(matcher.cosines(other.template[None], first.template[None])[0, 0])
    llr, why = evidence.score(
        calibration,
        cosine,
        reference=first.mask,
        probe=other.mask,
        inter_eye_px=min(first.inter_eye_px, other.inter_eye_px),
        blur=min(first.blur, other.blur),
        yaw_deg=max(abs(first.yaw_deg), abs(other.yaw_deg)),
        colourless=first.colourless or other.colourless,
    )
    if llr is None:
        raise InputError(
            f"cannot be compared with {first.file} ({why})",
            file=other.file,
            mend="use a clearer photograph, or one photograph only",
        )
    if llr < least_llr:
        raise InputError(
            f"seems to show somebody else than {first.file}",
            file=other.file,
            mend="check which photograph is the patient's, or use one only",
        )
