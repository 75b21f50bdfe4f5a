"""The disk under SAPA_HOME: of the right kind, and with room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from core.doctor.finding import Finding, Patient

MOUNTS = Path("/proc/mounts")
ROOM = 1024**3  # bytes; a busy day writes as much
# SQLite's locks and its shared memory don't work across machines (sqlite.org/useovernet.html)
NETWORK_DISKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
    | {"fuse.glusterfs", "fuse.s3fs", "lustre", "gfs2", "ocfs2"}
)


def look(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    kind = disk_kind(settings.home) if settings.is_sqlite else ""
    if kind in NETWORK_DISKS:
        yield Finding(
            "disk",
            f"SQLite's file is on a network disk ({kind}), where its locks don't hold.",
            "Set SAPA_HOME to a folder on a local disk, or use PostgreSQL.",
        )
    place = settings.home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < ROOM:
        yield Finding(
            "disk space",
            f"The disk of {settings.home} has {free // 1024**2} MB left: once it is full, nothing "
            "that comes in can be stored.",
            "Make room, or set SAPA_HOME to a folder on a larger disk and move its content there.",
        )


def disk_kind(path: Path) -> str:
    """The file system's type that `path` is on, "" where the system doesn't tell."""
    try:
        rows = [line.split() for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return ""
    best, kind = "", ""
    for _, mount, filesystem, *_ in rows:
        if path.is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, filesystem
    return kind
