"""The fixed facts of an installation, as the engine wants them."""

from datetime import timedelta
from typing import Any

from adapters.definitions import load_definitions, load_limits, load_sources
from adapters.loading import LoadedSite
from engine.domain.authorisation import Role
from engine.domain.source_rule import Level
from engine.trace.context import Site


def facts(site: LoadedSite, workers_say: str, *, made_up: bool = False) -> Site:
    """``workers_say``: "" or why they can search no face; ``made_up``: no model looks at any face."""
    diseases, contacts, laws = load_definitions()
    archive = site.archive
    return Site(
        name=site.settings.name,
        rehearsal=site.rehearsal_sha256 is not None,
        timezone=site.settings.timezone,
        cameras={c.camera_id: c for c in site.cameras.all()},
        labels={p.place_id: p.names[0] for p in site.places.all()},
        streets=site.streets,
        places_like=site.places.like,
        segments=archive.segments if archive else lambda _: (),
        diseases=diseases,
        definitions=contacts,
        laws=laws,
        sources=load_sources(),
        limits=load_limits(),
        **_service_facts(site),
        face_search=site.face_search or workers_say,
        models=tuple(m.name for m in site.models),
        demo_models=made_up or any(m.demo for m in site.models),
    )


def _service_facts(site: LoadedSite) -> dict[str, Any]:
    """What only a server has."""
    service = site.settings.service
    if service is None:
        return {}
    return {
        "people": {name: frozenset(Role(r) for r in roles) for name, roles in service.people.items()},
        "level": Level(service.level),
        "case_days": float(service.retention.case_days),
        "witness_silence": timedelta(hours=service.witness.silent_h),
    }
