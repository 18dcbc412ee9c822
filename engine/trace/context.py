"""What a trace runs with: the site, the store, the workers and the clocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from engine.domain.authorisation import Role
from engine.domain.camera import Camera, Segment
from engine.domain.case import Case, Disease
from engine.domain.errors import InputError
from engine.domain.exposure import ContactDefinition
from engine.domain.limits import Limits
from engine.domain.place import Place
from engine.domain.source_rule import Level, SourceRule
from engine.domain.street import Street
from engine.domain.trace import Progress
from engine.ports import Clock, Store, WorkerPool
from engine.store.authorisations import Authorisations
from engine.store.cases import Cases
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.traces import Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The fixed facts of an installation. ``face_search`` is "" or what is missing for one here;
    ``people`` says which roles a user of the system has, in the server profile; ``level`` and
    ``sources`` say who the house may ask for what (G2). A case is due for erasure ``case_days`` after it
    was opened. ``places_like`` gives at most so many places of the gazetteer for a text, best first.
    ``witness_silence``: nothing is permitted after so long without a witness (None: there is
    none, as in a rehearsal)."""

    name: str
    rehearsal: bool
    cameras: Mapping[str, Camera]
    labels: Mapping[str, str]
    segments: Callable[[str], Sequence[Segment]]
    diseases: Mapping[str, Disease]
    definitions: tuple[ContactDefinition, ...]
    laws: Mapping[str, str]
    people: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    level: Level = Level.BASIC
    sources: Mapping[str, SourceRule] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    timezone: str = "UTC"
    face_search: str = ""
    models: tuple[str, ...] = ()
    demo_models: bool = False
    case_days: float = 90.0
    streets: tuple[Street, ...] = ()
    places_like: Callable[[str, int], Sequence[Place]] = lambda text, most: ()
    witness_silence: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Shared by every trace of one engine. ``progress`` is a snapshot by trace, never stored."""

    site: Site
    store: Store
    sealer: Sealer
    cases: Cases
    authorisations: Authorisations
    traces: Traces
    reviews: Reviews
    pool: WorkerPool
    clock: Clock
    progress: dict[str, Progress] = field(default_factory=dict)

    def disease_of(self, case: Case) -> Disease:
        """Raises InputError naming the diseases that are defined."""
        disease = self.site.diseases.get(case.disease)
        if disease is None:
            known = ", ".join(sorted(self.site.diseases))
            raise InputError(f"{case.disease!r} is not defined", place="disease", mend=f"known: {known}")
        return disease
