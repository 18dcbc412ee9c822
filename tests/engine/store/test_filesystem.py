from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.store.filesystem import check_local, kind_of

ROOT = "21 1 254:0 / / rw,relatime - ext4 /dev/root rw\n"


def mounts(tmp_path: Path, *points: tuple[str, str], root: str = ROOT) -> Path:
    lines = [
        f"{n} 21 0:{n} / {point} rw shared:1 - {kind} x rw\n" for n, (point, kind) in enumerate(points, 30)
    ]
    path = tmp_path / "mountinfo"
    path.write_text(root + "".join(lines))
    return path


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "lustre", "fuse.sshfs"])
def test_a_network_file_system_is_refused_by_its_name(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError, match=rf"network file system \({kind}\).*--state"):
        check_local(tmp_path, mounts(tmp_path, (str(tmp_path), kind)))


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuse.fuse-overlayfs"])
def test_a_disk_of_this_machine_and_the_root_of_a_container_are_not(tmp_path: Path, kind: str) -> None:
    check_local(tmp_path, mounts(tmp_path, (str(tmp_path), kind)))


def test_the_innermost_mount_counts_and_of_two_at_one_point_the_last(tmp_path: Path) -> None:
    inner = tmp_path / "inner" / "state"
    inner.mkdir(parents=True)
    told = mounts(tmp_path, (str(tmp_path), "nfs"), (str(inner.parent), "nfs"), (str(inner.parent), "xfs"))
    assert kind_of(inner, told) == "xfs"
    assert kind_of(tmp_path, told) == "nfs"


def test_a_folder_is_not_taken_for_one_whose_name_begins_alike(tmp_path: Path) -> None:
    (tmp_path / "state2").mkdir()
    assert kind_of(tmp_path / "state2", mounts(tmp_path, (str(tmp_path / "state"), "nfs"))) == "ext4"


def test_a_mount_point_with_a_space_in_its_name_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "my files"
    folder.mkdir()
    assert kind_of(folder, mounts(tmp_path, (str(folder).replace(" ", "\\040"), "cifs"))) == "cifs"


def test_a_link_to_a_network_file_system_does_not_hide_it(tmp_path: Path) -> None:
    far, link = tmp_path / "far", tmp_path / "link"
    far.mkdir()
    link.symlink_to(far)
    assert kind_of(link, mounts(tmp_path, (str(far), "nfs4"))) == "nfs4"


def test_without_the_kernels_list_nothing_is_claimed(tmp_path: Path) -> None:
    assert kind_of(tmp_path, tmp_path / "not-there") == ""
    check_local(tmp_path, tmp_path / "not-there")


def test_the_kernel_of_this_machine_is_understood(tmp_path: Path) -> None:
    assert kind_of(tmp_path) not in ("", "proc")
    assert kind_of(Path("/proc")) == "proc"
