"""What travels about cases beside their papers: the board, what a person keeps, the cost of a scope."""

from datetime import datetime

from engine.api.forms import SourceRequestView
from engine.api.schema import AuthorisationView, Reply, Request, TraceView

# --- requests -----------------------------------------------------------------------------------


class KeptText(Request, frozen=True, kw_only=True):
    """A text to be kept with a case, sealed under its key and erased with it."""

    text: str


# --- replies ------------------------------------------------------------------------------------


class Kept(Reply, frozen=True, kw_only=True):
    """``kind``: ``handover``, which everybody on the case shares, else ``draft`` or ``desk``, which is
    this person's own. ``text`` "" and ``at`` None where nothing is kept. ``withheld``, on the board: there
    is a note, and its words may tell answers that this person does not know; whoever reads it all the same
    is no second reviewer any more (G10). ``version`` is of what is shared, 0 where it was never written."""

    kind: str
    text: str = ""
    by: str = ""
    at: datetime | None = None
    version: int = 0
    withheld: bool = False


class FootageDue(Reply, frozen=True, kw_only=True):
    """Footage of the infectious period that its camera's house deletes at ``gone_at``."""

    camera_id: str
    start: datetime
    end: datetime
    gone_at: datetime


class BoardCase(Reply, frozen=True, kw_only=True):
    """One case on the board. ``owner`` opened it; ``ground`` and ``notice`` as in ``CaseView``;
    ``footage`` holds what is gone first, soonest first. Authorisations come newest first; of one with more
    than 200 cameras ``camera_ids`` is empty here, and full in the list of authorisations.
    ``infectious_start`` to ``infectious_end``: whole local days, None where the dates do not say."""

    case_id: str
    state: str
    disease: str
    owner: str
    members: tuple[str, ...]
    records: int
    stills: int
    unseconded: int
    ground: str
    notice: str
    notice_due: datetime | None
    sources: tuple[SourceRequestView, ...]
    authorisations: tuple[AuthorisationView, ...]
    trace: TraceView | None
    footage: tuple[FootageDue, ...]
    handover: Kept | None
    version: int = 1
    infectious_start: datetime | None = None
    infectious_end: datetime | None = None


class ScopeLine(Reply, frozen=True, kw_only=True):
    """Minutes of one camera that a trace would open, true time."""

    camera_id: str
    name: str
    start: datetime
    end: datetime


class ScopePreview(Reply, frozen=True, kw_only=True):
    """What an authorisation as asked for would open, and about how long that takes here. Nothing was
    opened or searched for this. ``seconds`` None where nothing was measured on this machine yet;
    ``notes`` are lines about what is left out, and why."""

    cameras: int
    windows: int
    camera_hours: float
    seconds: float | None
    lines: tuple[ScopeLine, ...]
    notes: tuple[str, ...]
