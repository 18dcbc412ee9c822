"""The example of a server, and the units that run it: what they say is known, and fits together."""

import configparser
import importlib.util
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

import configs
from adapters.loading import check_settings
from adapters.settings import Service, SiteFile, load_toml
from engine.domain.authorisation import Role
from engine.domain.checkpoint import Checkpoint
from engine.domain.errors import InputError

CONFIGS = Path(next(iter(configs.__path__)))
SERVER = CONFIGS / "server" / "server.toml"
SYSTEMD = CONFIGS / "systemd"
UNITS = sorted(path for path in SYSTEMD.iterdir() if path.suffix in (".service", ".timer"))
SERVICES = [path for path in UNITS if path.suffix == ".service"]
HIGHEST_EXPOSURE = 2.0


@pytest.fixture
def settings() -> SiteFile:
    found: SiteFile = load_toml(SERVER, SiteFile)
    check_settings(found, SERVER)
    return found


@pytest.fixture
def service(settings: SiteFile) -> Service:
    assert settings.service is not None
    return settings.service


def test_an_auditor_has_no_other_role(settings: SiteFile, service: Service) -> None:
    """They would read the first answers before they give the second (G10)."""
    people = service.people | {"kang": ("auditor", "investigator")}
    both = msgspec.structs.replace(settings, service=msgspec.structs.replace(service, people=people))
    with pytest.raises(InputError, match="audits their own"):
        check_settings(both, SERVER)


def unit(name: str) -> dict[str, list[tuple[str, str]]]:
    """Sections of a unit, each a list of keys and values; a key may be there more than once."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for line in (SYSTEMD / name).read_text("utf-8").splitlines():
        if line.startswith("["):
            inside = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            inside.append((key, value))
    return sections


def all_of(name: str, key: str) -> list[str]:
    return [value for section in unit(name).values() for k, value in section if k == key]


def value_of(name: str, key: str) -> str:
    (value,) = all_of(name, key)
    return value


# --- the settings -------------------------------------------------------------------------------


def test_it_is_a_server_and_everything_in_it_is_known(settings: SiteFile) -> None:
    assert settings.profile == "server"
    assert settings.rehearsal_statement == ""


def test_every_table_and_key_of_a_service_is_shown(service: Service) -> None:
    text = SERVER.read_text("utf-8")
    for table in ("", "keys", "witness", "socket", "retention"):
        kind = type(getattr(service, table)) if table else Service
        for key in kind.__struct_fields__:
            assert re.search(rf"^(# )?(\[service\.)?{key}( =|\])", text, flags=re.M), f"{table}.{key}"


def test_a_key_that_is_not_known_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "server.toml"
    wrong.write_text(SERVER.read_text("utf-8").replace("case_days = 90", "case_years = 1"), encoding="utf-8")
    with pytest.raises(InputError, match="case_years"):
        load_toml(wrong, SiteFile)


@pytest.mark.parametrize("key", ["silent_h", "case_days"])
@pytest.mark.parametrize("value", ["0", "-1", "1e9", "1000000000", "nan", "inf"])
def test_a_time_that_undoes_its_rule_is_refused(tmp_path: Path, key: str, value: str) -> None:
    """No witness that may be silent for ever, no case that is kept for ever or erased at once."""
    wrong = tmp_path / "server.toml"
    text, changed = re.subn(rf"^{key} = [0-9.]+", f"{key} = {value}", SERVER.read_text("utf-8"), flags=re.M)
    assert changed == 1
    wrong.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=key):
        load_toml(wrong, SiteFile)


def choices() -> list[tuple[int, str]]:
    """Lines that are commented out, to be taken in the place of others: number and line."""
    lines = SERVER.read_text("utf-8").splitlines()
    return [(n, line[2:]) for n, line in enumerate(lines) if re.match(r"# [a-z_]+ = ", line)]


@pytest.mark.parametrize(("number", "choice"), choices(), ids=lambda value: str(value)[:20])
def test_a_line_that_stands_there_as_a_choice_is_known_too(number: int, choice: str, tmp_path: Path) -> None:
    lines = SERVER.read_text("utf-8").splitlines()
    lines[number] = choice
    key = choice.partition(" ")[0]
    table = max(n for n in range(number) if n == 0 or lines[n].startswith("["))
    for n in range(table, number):
        if lines[n].startswith(f"{key} = "):
            lines[n] = ""
    other = tmp_path / "server.toml"
    other.write_text("\n".join(lines), encoding="utf-8")
    load_toml(other, SiteFile)


def test_there_are_such_lines() -> None:
    assert {choice.partition(" ")[0] for _, choice in choices()} == {
        "mappings",
        "unseal",
        "name",
        "file",
    }


def test_every_role_is_held_and_two_eyes_can_become_four(service: Service) -> None:
    held = [role for roles in service.people.values() for role in roles]
    assert set(held) == set(Role)
    assert held.count(Role.INVESTIGATOR) >= 2  # one brings a photograph, the other stands behind it
    assert held.count(Role.AUTHORISER) >= 2  # an order has one who proposes and one who approves
    assert all(len(roles) == 1 for roles in service.people.values())


def test_the_witness_can_know_it_by_its_name(settings: SiteFile) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert Checkpoint(origin=settings.name, size=1, root=b"\0" * 32, at=at).text()


def test_keys_lie_apart_from_the_data_and_from_each_other(service: Service) -> None:
    keys = service.keys
    folders = [Path(keys.epoch_folder), Path(keys.copy_folder), Path("/var/lib/tracedesk")]
    assert all(folder.is_absolute() for folder in folders)
    assert len({folder.parents[-3] for folder in folders}) == len(folders)


def test_no_secret_stands_in_it() -> None:
    assert not re.search(r"(?i)(password|secret|token)\s*=", SERVER.read_text("utf-8"))


# --- the units ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_has_no_key_outside_a_section_and_no_line_that_is_none(path: Path) -> None:
    reader = configparser.RawConfigParser(strict=False, interpolation=None, delimiters=("=",))
    reader.read_string(path.read_text("utf-8"))
    assert set(reader.sections()) <= {"Unit", "Service", "Timer", "Install"}


def test_the_unit_and_the_settings_say_the_same(settings: SiteFile, service: Service) -> None:
    start = value_of("tracedesk.service", "ExecStart")
    assert "--site /etc/tracedesk/server.toml" in start
    state = Path(start.split("--state ")[1])
    assert state == Path("/var/lib") / value_of("tracedesk.service", "StateDirectory")
    assert value_of("tracedesk.service", "Group") == service.socket.group
    folder = Path("/run") / value_of("tracedesk.service", "RuntimeDirectory")
    assert Path(service.socket.path).parent == folder
    assert value_of("tracedesk.service", "RuntimeDirectoryMode") == "0750"
    writable = [Path(path) for path in value_of("tracedesk.service", "ReadWritePaths").split()]
    for keys in (service.keys.epoch_folder, service.keys.copy_folder):
        assert any(Path(keys).is_relative_to(path) for path in writable)
    mounted = Path(value_of("tracedesk.service", "AssertPathIsMountPoint"))
    assert Path(service.keys.epoch_folder).is_relative_to(mounted)
    credential, _, sealed = value_of("tracedesk.service", "LoadCredentialEncrypted").partition(":")
    assert (service.keys.unseal, service.keys.name) == ("credential", credential)
    assert not any(Path(sealed).is_relative_to(path) for path in writable)


def test_the_account_of_the_backup_is_a_custodian_and_writes_nothing_itself(service: Service) -> None:
    user = value_of("tracedesk-backup.service", "User")
    assert service.people[user] == (Role.CUSTODIAN,)
    assert value_of("tracedesk-backup.timer", "Unit") == "tracedesk-backup.service"
    assert all_of("tracedesk-backup.service", "ReadWritePaths") == []


def test_the_modules_that_the_units_start_are_in_the_package() -> None:
    for path in SERVICES:
        for module in re.findall(r"-m ([\w.]+)", value_of(path.name, "ExecStart")):
            assert importlib.util.find_spec(module) is not None, module


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_has_no_powers_no_cores_and_no_network_but_what_is_named(path: Path) -> None:
    name = path.name
    assert value_of(name, "CapabilityBoundingSet") == ""
    assert value_of(name, "NoNewPrivileges") == "yes"
    assert value_of(name, "LimitCORE") == "0"
    assert value_of(name, "UMask") == "0077"
    assert value_of(name, "ProtectSystem") == "strict"
    assert value_of(name, "IPAddressDeny") == "any"
    assert all_of(name, "IPAddressAllow") == []


def test_the_engine_never_swaps_and_may_still_tell_who_is_asking() -> None:
    assert value_of("tracedesk.service", "MemorySwapMax") == "0"
    for blinding in ("PrivateUsers", "ProtectProc", "ProcSubset"):
        assert all_of("tracedesk.service", blinding) == []


def test_a_worker_may_step_out_of_the_network_and_into_no_other_namespace() -> None:
    assert value_of("tracedesk.service", "RestrictNamespaces").split() == ["user", "net"]


def test_a_broken_store_is_started_again_and_a_wrong_setting_is_not() -> None:
    assert value_of("tracedesk.service", "Restart") == "on-failure"
    assert value_of("tracedesk.service", "RestartPreventExitStatus") == "2"


def analysed(*words: str) -> str:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([tool, *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault_in_a_unit(path: Path) -> None:
    said = analysed("verify", "--man=no", str(path)).splitlines()
    not_installed = re.compile(r"Command /opt/tracedesk/\S+ is not executable")
    assert [line for line in said if path.name in line and not not_installed.search(line)] == []


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_systemd_rates_its_exposure_as_low(path: Path) -> None:
    said = analysed("security", "--offline=true", "--no-pager", str(path))
    found = re.search(r"exposure level for \S+: (\d+\.\d)", said)
    if found is None and "unrecognized option" in said:
        pytest.skip("this systemd-analyze is older than 250")
    assert found is not None, said
    assert float(found[1]) <= HIGHEST_EXPOSURE


# --- sshd and the folders -----------------------------------------------------------------------


def blocks() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    inside: dict[str, str] = {}
    for line in (SYSTEMD / "sshd_tracedesk.conf").read_text("utf-8").splitlines():
        words = line.split("#")[0].split(None, 1)
        if not words:
            continue
        if words[0] == "Match":
            inside = found.setdefault(words[1], {})
        else:
            inside[words[0]] = words[1]
    return found


def test_people_get_a_forced_command_and_nothing_is_forwarded(service: Service) -> None:
    group = service.socket.group
    handing_in, desk = blocks()[f"Group {group} LocalPort 2222"], blocks()[f"Group {group}"]
    for block in (handing_in, desk):
        assert block["DisableForwarding"] == "yes"
        assert block["PermitTunnel"] == "no"
        assert block["PermitUserRC"] == "no"
        assert block["X11Forwarding"] == "no"
    assert desk["ForceCommand"] == "/opt/tracedesk/bin/tracedesk login"
    assert desk["PermitTTY"] == "yes"
    assert handing_in["ForceCommand"].startswith("internal-sftp")


def test_sshd_understands_it(tmp_path: Path) -> None:
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    keygen = shutil.which("ssh-keygen")
    if sshd is None or keygen is None:
        pytest.skip("sshd is not installed")
    key = tmp_path / "key"
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    config = tmp_path / "sshd_config"
    example = (SYSTEMD / "sshd_tracedesk.conf").read_text("utf-8")
    config.write_text(f"HostKey {key}\n{example}", encoding="utf-8")
    done = subprocess.run([sshd, "-t", "-f", str(config)], capture_output=True, text=True, check=False)
    if "Missing privilege separation directory" in done.stderr:
        pytest.skip("sshd was never started here, and checks nothing before that")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_was_handed_in_in_plain_goes_after_a_day_and_a_backup_after_a_month() -> None:
    lines = (SYSTEMD / "tracedesk.tmpfiles.conf").read_text("utf-8").splitlines()
    ages = {words[1]: words[5] for line in lines if (words := line.split()) and words[0] in "de"}
    assert ages["/srv/tracedesk-inbox/*"] == "1d"
    assert ages["/srv/tracedesk-backup"] == "m:30d"
    inbox = blocks()["Group tracedesk-people LocalPort 2222"]["ChrootDirectory"]
    assert f"{inbox}/*" in ages
