from pathlib import Path

import pytest

from tui.commands.address import VARIABLE, server_socket, socket_of
from tui.commands.engine_process import SOCKET, default_state
from tui.commands.sample import SAMPLE_SITE


def test_a_named_folder_comes_before_a_site_and_a_site_before_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "service.sock"))
    site = tmp_path / "site.toml"
    assert socket_of(tmp_path, site) == tmp_path / SOCKET
    assert socket_of(None, site) == default_state(site) / SOCKET
    assert socket_of() == tmp_path / "service.sock"


def test_without_a_service_it_is_the_engine_of_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if server_socket() is None:  # no service runs on this machine
        assert socket_of() == default_state(SAMPLE_SITE) / SOCKET
