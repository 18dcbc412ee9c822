from pathlib import Path

import pytest

from adapters.assembly.volumes import check_volumes
from adapters.settings import Keys, Service, SiteFile, Witnessed
from engine.domain.errors import InputError

BESIDE, APART, ELSEWHERE = "beside", "apart", "elsewhere"


def a_server(folder: Path, *, witness: str = "", epoch: str = "", copy: str = "") -> SiteFile:
    def named(where: str) -> str:
        return str(folder / where / "not there yet") if where else ""

    keys = Keys(unseal="credential", name="unseal", epoch_folder=named(epoch), copy_folder=named(copy))
    service = Service(level="basic", people={}, keys=keys, witness=Witnessed(file=named(witness)))
    return SiteFile(name="a", profile="server", cameras="c", places="p", service=service)


def volume(path: Path) -> int:
    return {APART: 2, ELSEWHERE: 3}.get(path.name, 1)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    for name in ("state", BESIDE, APART, ELSEWHERE):
        (tmp_path / name).mkdir()
    return tmp_path / "state"


def test_keys_and_witness_on_volumes_of_their_own_are_as_they_should_be(state: Path) -> None:
    site = a_server(state.parent, witness=ELSEWHERE, epoch=APART, copy=ELSEWHERE)
    assert check_volumes(site, state, volume=volume) == ()


def test_a_server_that_names_none_of_them_has_nothing_beside_its_data(state: Path) -> None:
    assert check_volumes(a_server(state.parent), state, volume=volume) == ()


@pytest.mark.parametrize(("where", "place"), [("witness", "witness.file"), ("copy", "keys.copy_folder")])
def test_what_shares_the_fate_of_the_data_is_refused(state: Path, where: str, place: str) -> None:
    site = a_server(state.parent, **{where: BESIDE})
    with pytest.raises(InputError, match="same volume as the data") as no:
        check_volumes(site, state, volume=volume)
    assert f"service.{place}" in str(no.value)


def test_epoch_keys_beside_the_data_are_warned_of(state: Path) -> None:
    (warning,) = check_volumes(a_server(state.parent, epoch=BESIDE), state, volume=volume)
    assert "service.keys.epoch_folder" in warning
    assert "mount the small volume there" in warning


def test_a_rehearsal_keeps_everything_in_one_place(state: Path) -> None:
    site = SiteFile(name="a", profile="rehearsal", cameras="c", places="p")
    assert check_volumes(site, state, volume=volume) == ()


def test_the_device_number_of_the_folder_itself_decides(state: Path) -> None:
    with pytest.raises(InputError, match="same volume"):
        check_volumes(a_server(state.parent, witness=APART), state)
