"""G22: values at the edge of what their type can hold are refused plainly, like any other mistake."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from engine.api.routes import ROUTES
from engine.api.schema import Problem
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import CASE
from tests.guarantees.test_g22_requests import NAMES_IN_PATH, PLENTY, VALID

NAMES = ["%ff", "%00", "%ED%A0%80", "%F0%9F%98%80", "%2e%2e", "%2F%2F", "a%0d%0ab", "x" * 4000]
FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, limits=PLENTY) as opened:
        await opened.client.import_case(CASE)
        yield opened


def keyed(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"edge-{number:08d}", "If-Match": '"1"'}


@pytest.mark.parametrize("name", NAMES)
async def test_g22_no_name_in_an_address_is_an_error_of_ours(house: House, name: str) -> None:
    for number, route in enumerate(ROUTES):
        if "{" not in route.path:
            continue
        content = msgspec.json.encode(VALID[route.name]) if route.name in VALID else b""
        path = NAMES_IN_PATH.sub(name, route.path)
        answer = await house.raw.request(route.method, path, content=content, headers=keyed(number))
        assert 400 <= answer.status_code < 500, (route.name, name, answer.content)
        assert msgspec.json.decode(answer.content, type=Problem).message.isprintable()


@pytest.mark.parametrize("at", [FIRST, LAST])
async def test_g22_no_time_is_an_error_of_ours(house: House, at: str) -> None:
    notice = {"sent_at": at, "means": "post", "document_sha256": "a" * 64, "collected": []}
    wanted = {
        "case_id": "case-1",
        "purpose": "infection_control",
        "cameras": [],
        "sources": [],
        "start": at,
        "end": at,
        "expires_at": at,
    }
    order = {
        "number": "1",
        "authority": "p",
        "disease": "test-fever",
        "document_sha256": "a" * 64,
        "start": at,
        "end": at,
    }
    bodies = (
        ("/cases/case-1/notice", notice),
        ("/authorisations", wanted),
        ("/emergencies", {"wanted": wanted, "reason": "a hundred people wait"}),
        ("/orders", order),
    )
    for number, (path, body) in enumerate(bodies):
        answer = await house.raw.request(
            "POST", path, content=msgspec.json.encode(body), headers=keyed(number)
        )
        assert 400 <= answer.status_code < 500, (path, answer.content)


@pytest.mark.parametrize("folder", ["/a\0b", "/" + "x" * 5000, "/dev/null/x", "/proc/1/x"])
async def test_g22_no_folder_of_a_backup_is_an_error_of_ours(house: House, folder: str) -> None:
    content = msgspec.json.encode({"folder": folder})
    answer = await house.raw.request("POST", "/backup", content=content, headers=keyed(1))
    assert 400 <= answer.status_code < 500, answer.content
