"""What travels about candidates beside views and answers: notes, second reviewers, ranges, clips."""

from engine.api.schema import Picture, Reply, Request

MOST_NOTE_CHARACTERS = 2000

# --- requests -----------------------------------------------------------------------------------


class CandidateNote(Request, frozen=True, kw_only=True):
    """What a reviewer wants to be remembered about a candidate; "" takes the note away."""

    text: str


class SecondWanted(Request, frozen=True, kw_only=True):
    """``wanted`` False takes the wish for a second, blind reviewer of this candidate back."""

    wanted: bool = True


class SetAside(Request, frozen=True, kw_only=True):
    """Candidates that nobody has reviewed and nobody will for now; ``aside`` False takes them up again.
    To the model that is "not reviewed", never "not there"."""

    candidate_ids: tuple[str, ...]
    aside: bool = True


# --- replies ------------------------------------------------------------------------------------


class Clip(Reply, frozen=True, kw_only=True):
    """Frames around a sighting in order of time, ``kind`` "clip", everyone but the candidate mosaicked in
    the pixels; ``rate_hz`` frames a second. Written to the audit before the footage was opened."""

    candidate_id: str
    rate_hz: float
    frames: tuple[Picture, ...]
