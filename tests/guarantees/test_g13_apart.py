"""G13: a witness remembers what the data does not decide about: who puts back a disk of yesterday puts back
no witness with it."""

from pathlib import Path

import pytest

from adapters.assembly.volumes import check_volumes
from adapters.settings import Keys, Service, SiteFile, Witnessed
from engine.domain.errors import InputError


def test_g13_a_witness_on_the_volume_of_the_data_is_none(tmp_path: Path) -> None:
    witness = Witnessed(file=str(tmp_path / "witness"))
    service = Service(level="basic", people={}, keys=Keys(unseal="credential"), witness=witness)
    site = SiteFile(name="a", profile="server", cameras="c", places="p", service=service)
    with pytest.raises(InputError, match="lies on the same volume as the data"):
        check_volumes(site, tmp_path)
