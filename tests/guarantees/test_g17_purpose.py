"""G17: one purpose. Attacked with other purposes, and with a search for whoever was at a place."""

from pathlib import Path

import msgspec
import pytest

from engine.api import case_schema, forms, schema, site_schema
from engine.api.schema import Request
from engine.domain.authorisation import Purpose
from engine.domain.errors import Refused
from engine.policy.roles import MATRIX
from tests.guarantees.house import a_house
from tests.guarantees.server_house import KIM, a_case, an_order, answered, wanted


@pytest.mark.parametrize(
    "purpose", ["missing child", "crime", "", "INFECTION_CONTROL", "infection_control ", "infection control"]
)
async def test_g17_every_other_purpose_is_refused(tmp_path: Path, purpose: str) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await answered(house, "A", "footage", "province")
        with pytest.raises(Refused, match="not infection control") as no:
            await house.authorise.request(KIM, wanted(purpose=purpose))
        assert no.value.rule == "G17"


def test_g17_there_is_one_purpose() -> None:
    assert [str(purpose) for purpose in Purpose] == ["infection_control"]


def test_g17_no_request_can_ask_who_was_at_a_place() -> None:
    """Whatever is asked for belongs to a case: no request names a place or a camera without one."""
    asked_for = {
        kind.__name__: {field.name for field in msgspec.structs.fields(kind)}
        for module in (schema, forms, case_schema, site_schema)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Request) and kind is not Request
    }
    assert asked_for  # the enumeration itself works
    for name, fields in asked_for.items():
        about_places = fields & {"place", "place_id", "camera", "camera_id", "cameras", "lat", "lon", "face"}
        if about_places:
            assert "case_id" in fields, f"{name} asks about {about_places} without a case"


def test_g17_no_route_leads_from_places_or_faces_to_people() -> None:
    for route in MATRIX:
        assert not any(word in route for word in ("place", "face", "person", "search", "camera", "watch"))


def test_g17_the_gazetteer_and_the_map_tell_of_places_and_cameras_and_of_nobody() -> None:
    """They can be asked without a case, so they hold what is in the public registers and not a word more."""
    told = {
        kind: set(kind.__struct_fields__)
        for kind in (site_schema.PlaceFound, site_schema.Street, site_schema.CameraPlace)
    }
    position = {"lat", "lon", "radius_m"}
    assert told[site_schema.PlaceFound] == {"place_id", "name", "address", "kind", *position}
    assert told[site_schema.Street] == {"name", "line"}
    assert told[site_schema.CameraPlace] == {
        "camera_id", "name", "lat", "lon", "range_m", "azimuth_deg", "hfov_deg",
    }  # fmt: skip
    assert {"map", "gazetteer.find"} <= MATRIX.keys()
