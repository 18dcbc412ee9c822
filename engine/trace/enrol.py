"""From reference stills to the one subject of a search (G5, G6); runs inside a worker."""

from collections.abc import Sequence

import numpy as np

from engine.domain.errors import InputError
from engine.domain.model import Calibration
from engine.domain.track import Enrolment, MaskState
from engine.ports import FaceModel, Image, Matcher
from engine.trace import evidence

SURE_FACE = 0.75  # detector score; a real portrait is far above, a pattern on a wall below
SIDE_FACE_SHARE = 0.35  # a second face this large beside the first is a second person, not a poster far off
MIN_INTER_EYE_PX = 24.0
SAME_PERSON_LLR = 0.0


def enrol(
    stills: Sequence[tuple[str, Image]],
    model: FaceModel,
    matcher: Matcher,
    calibration: Calibration | None,
) -> Enrolment:
    """The template of one person from (file name, picture). Bare views are preferred over masked.

    Raises InputError naming the file where a still shows no face, two faces, or too small a face, or
    where two stills do not show the same person.
    """
    views = [_view(file, image, model) for file, image in stills]
    _check_one_person(views, matcher, calibration)
    bare = [v for v in views if v[1] is not MaskState.MASKED]
    chosen = bare or views
    total = np.sum([v[2] for v in chosen], axis=0)
    template = (total / np.linalg.norm(total)).astype("<f4")
    return Enrolment(
        template=template.tobytes(),
        mask=MaskState.BARE if bare else MaskState.MASKED,
        inter_eye_px=max(v[3] for v in chosen),
        blur=max(v[4] for v in chosen),
    )


_View = tuple[str, MaskState, np.ndarray, float, float]


def _view(file: str, image: Image, model: FaceModel) -> _View:
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
    blur, _ = model.measure(crops, faces)
    mask = model.mask_state(image, [float(v) for v in faces.boxes[first]])
    return file, mask, model.embed(crops)[0], inter_eye_px, float(blur[0])


def _check_one_person(views: Sequence[_View], matcher: Matcher, calibration: Calibration | None) -> None:
    first = views[0]
    for other in views[1:]:
        cosine = float(matcher.cosines(other[2][None], first[2][None])[0, 0])
        llr, _ = evidence.score(
            calibration,
            cosine,
            reference=first[1],
            probe=other[1],
            inter_eye_px=min(first[3], other[3]),
            blur=min(first[4], other[4]),
            yaw_deg=0.0,
        )
        if llr is not None and llr < SAME_PERSON_LLR:
            raise InputError(
                f"seems to show somebody else than {first[0]}",
                file=other[0],
                mend="check which photograph is the patient's",
            )
