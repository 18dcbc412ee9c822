from pathlib import Path

import pytest

from engine.api.client import EngineAway, EngineClient, until_answering
from engine.domain.errors import InputError
from tests.end_to_end.house import House
from tui.commands.engine_process import come_back, default_state, end_engine, private_engine, shared_engine


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path / "town")
    made.add_clip("cam1", b"never opened")
    return made


async def test_a_private_engine_answers_and_is_gone_afterwards(house: House, tmp_path: Path) -> None:
    with private_engine(house.site, tmp_path / "state", workers=1) as socket:
        async with EngineClient(socket) as client:
            assert (await until_answering(client, 10.0)).site == "Test town"
        assert socket.stat().st_mode & 0o007 == 0
    assert not socket.exists()
    async with EngineClient(socket) as client:
        with pytest.raises(EngineAway):
            await client.hello()


def test_without_a_state_folder_nothing_is_kept(house: House) -> None:
    with private_engine(house.site, workers=1) as socket:
        folder = socket.parent
        assert (folder / "tracedesk.sqlite").exists()
    assert not folder.exists()


def test_an_engine_that_cannot_start_says_why(house: House, tmp_path: Path) -> None:
    house.cameras.unlink()
    with (
        pytest.raises(InputError, match=r"cameras\.toml: there is no such file; "),
        private_engine(house.site, tmp_path / "state"),
    ):
        pytest.fail("it started")


def test_a_state_folder_serves_one_engine_at_a_time(house: House, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with private_engine(house.site, state, workers=1) as socket:
        with (
            pytest.raises(InputError, match="another engine is using this state folder; "),
            private_engine(house.site, state, workers=1),
        ):
            pytest.fail("two engines on one folder")
        assert shared_engine(house.site, state) == socket, "the one that runs is used"


@pytest.mark.parametrize("spoilt", ["tracedesk.sqlite", "keys.json"])
def test_a_damaged_state_folder_is_named_and_left_as_it_is(house: House, tmp_path: Path, spoilt: str) -> None:
    state = tmp_path / "state"
    with private_engine(house.site, state, workers=1):
        pass
    (state / spoilt).write_bytes(b"damaged " * 100)
    with pytest.raises(InputError, match=str(state)), private_engine(house.site, state, workers=1):
        pytest.fail("it started")
    assert (state / spoilt).read_bytes() == b"damaged " * 100


def test_every_site_has_a_state_folder_of_its_own(tmp_path: Path) -> None:
    one, other = default_state(tmp_path / "a" / "site.toml"), default_state(tmp_path / "b" / "site.toml")
    assert one != other
    assert one == default_state(tmp_path / "a" / ".." / "a" / "site.toml")


def test_the_way_back_to_a_desk_names_its_site_and_its_state(tmp_path: Path) -> None:
    site = tmp_path / "my site" / "site.toml"
    assert come_back(site, None) == f"tracedesk --site '{site}'"
    assert come_back(site, tmp_path / "kept") == f"tracedesk --site '{site}' --state {tmp_path / 'kept'}"


def test_an_engine_that_was_ended_is_gone_and_can_be_started_again(house: House, tmp_path: Path) -> None:
    state = tmp_path / "state"
    socket = shared_engine(house.site, state)
    end_engine(socket)
    assert not socket.exists()
    end_engine(shared_engine(house.site, state))
    assert not socket.exists()
