"""Which file systems keep a store: local ones. Others promise locks and syncs that they do not hold."""

import re
from pathlib import Path

from engine.domain.errors import InputError

MOUNTINFO = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    {"9p", "afs", "auristorfs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb3", "smbfs", "vboxsf", "vmhgfs"}
)
LOCAL_FUSE = frozenset({"fuseblk", "fuse.fuse-overlayfs"})  # a disk, and the root of a rootless container
_OCTAL = re.compile(r"\\([0-7]{3})")


def check_local(folder: Path, mountinfo: Path = MOUNTINFO) -> None:
    """Raises InputError where ``folder`` lies on a network file system, or on one in user space of
    which nobody knows what is behind it. Says nothing where the kernel does not tell."""
    kind = kind_of(folder, mountinfo)
    if kind in NETWORK or (kind.startswith("fuse") and kind not in LOCAL_FUSE):
        raise InputError(
            f"lies on a network file system ({kind}), which does not keep what it confirmed",
            file=str(folder),
            mend="name a state folder on a disk of this machine with --state",
        )


def kind_of(folder: Path, mountinfo: Path = MOUNTINFO) -> str:
    """Type of the file system that holds ``folder`` as the kernel names it, "" where it does not.

    Format: proc(5), /proc/pid/mountinfo. The longest mount point wins, among equals the last mounted.
    """
    try:
        lines = mountinfo.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    wanted, found, longest = folder.resolve(), "", -1
    for line in lines:
        left, _, right = line.partition(" - ")
        fields, kind = left.split(" "), right.partition(" ")[0]
        if len(fields) < 5:
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        if wanted.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = kind, len(point.parts)
    return found
