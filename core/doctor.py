"""`sapa doctor`: what would go wrong later, found now, each with its cure."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.boot import installation_key
from core.config import Settings
from core.db import Database
from core.host.host import PluginHost
from core.host.record import PluginStatus
from core.migrations.of_plugins import plugin_migrations
from core.migrations.plugin import MigrationFailed
from core.migrations.roles import UnsafeRole, refuse_unbound_role
from core.migrations.runner import pending
from core.secrets import KeyUnusable

VENDOR = Path(__file__).resolve().parent / "web" / "static" / "vendor"
TOLERANCE = timedelta(seconds=5)  # tokens, windows and signatures are counted in minutes
MOUNTS = Path("/proc/mounts")
# SQLite's locks and its shared memory don't work across machines (sqlite.org/useovernet.html)
NETWORK_DISKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
    | {"fuse.glusterfs", "fuse.s3fs", "lustre", "gfs2", "ocfs2"}
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a sentence on it, and one on what to do."""

    check: str
    problem: str
    cure: str


def examine(settings: Settings, builtin: Iterable[str] = ()) -> list[Finding]:
    """All findings, in the order in which to cure them; empty: all is well. Changes nothing."""
    host = PluginHost.load(builtin)
    found = list(_database(settings, host))
    for check in CHECKS:
        found += check(settings)
    found += _plugins(host)
    return found


def _database(settings: Settings, host: PluginHost) -> Iterator[Finding]:
    try:
        waiting = pending(settings, plugin_migrations(host))
    except MigrationFailed as error:
        yield Finding("migrations", str(error), "Install that version, or restore a backup.")
        return
    except (SQLAlchemyError, OSError) as error:
        yield Finding(
            "database",
            f"The database doesn't answer: {_first_line(error)}",
            "Start it, or correct SAPA_DATABASE_URL.",
        )
        return
    if waiting:
        count = sum(len(revisions) for revisions in waiting.values())
        yield Finding(
            "migrations",
            f"{count} migrations are pending ({', '.join(sorted(waiting))}).",
            "Run `sapa migrate`.",
        )
        return
    database = Database(settings)
    try:
        refuse_unbound_role(database)
    except UnsafeRole as error:
        problem, _, cure = str(error).partition(". ")
        yield Finding("database role", f"{problem}.", cure or "Run `sapa migrate`.")
    except SQLAlchemyError as error:
        yield Finding(
            "database role",
            f"The system's database role can't log in: {_first_line(error)}",
            "Correct SAPA_SYSTEM_DATABASE_URL, or run `sapa migrate`.",
        )
    finally:
        database.dispose()


def _secrets(settings: Settings) -> Iterator[Finding]:
    for name in ("secret.key", "database.json"):
        path = settings.home / name
        if path.exists() and path.stat().st_mode & 0o077:
            yield Finding(
                "secret",
                f"Other users of this machine can read {path}.",
                f"Run: chmod 600 {path}",
            )
    if not settings.secret_key and not (settings.home / "secret.key").exists():
        return  # made at the first start
    try:
        installation_key(settings)
    except KeyUnusable as error:
        yield Finding("secret", error.message, "Set the key that sealed this installation's data.")


def _base_url(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.public_url)
    if parts.scheme == "https" and _is_public_name(parts.hostname or ""):
        return
    yield Finding(
        "base URL",
        f"Providers can't post webhooks to {settings.public_url}: it is no public https address.",
        "Put a reverse proxy with a certificate before Sapa and set SAPA_BASE_URL=https://your.host",
    )


def _is_public_name(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost", ".lan"))


def _disk(settings: Settings) -> Iterator[Finding]:
    kind = disk_kind(settings.home) if settings.is_sqlite else ""
    if kind in NETWORK_DISKS:
        yield Finding(
            "disk",
            f"SQLite's file is on a network disk ({kind}), where its locks don't hold.",
            "Set SAPA_HOME to a folder on a local disk, or use PostgreSQL.",
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


def _assets(settings: Settings) -> Iterator[Finding]:
    if not (VENDOR / "fingerprint").exists():
        yield Finding(
            "assets",
            "The browser's parts are missing: pages would be bare.",
            "In a checkout run `make assets`; otherwise install the wheel again.",
        )


def _redis(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        return
    from redis import Redis, RedisError

    try:
        Redis.from_url(settings.redis_url, socket_connect_timeout=3, socket_timeout=3).ping()
    except (RedisError, ValueError, OSError) as error:
        yield Finding(
            "redis",
            f"Redis doesn't answer: {_first_line(error)}",
            "Start it, correct SAPA_REDIS_URL, or unset that to run embedded.",
        )


def _clock(settings: Settings) -> Iterator[Finding]:
    cure = "Let the system keep its time (systemd-timesyncd, chrony)."
    if settings.is_sqlite:
        file = settings.home / "sapa.db"
        ahead = file.stat().st_mtime - time.time() if file.exists() else 0
        if ahead > TOLERANCE.total_seconds():
            yield Finding("clock", "The clock was set back since the last write.", cure)
        return
    engine = create_engine(settings.app_url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            theirs = connection.execute(select(func.clock_timestamp())).scalar_one()
    except SQLAlchemyError:
        return  # said already
    apart = abs(theirs - datetime.now(UTC))
    if apart > TOLERANCE:
        yield Finding(
            "clock",
            f"This machine's clock and the database's are {apart.total_seconds():.0f} s apart.",
            cure,
        )


def _plugins(host: PluginHost) -> Iterator[Finding]:
    for record in host.records:
        if record.status is not PluginStatus.ACTIVE:
            yield Finding(
                "plugin", f"The plugin {record.title} can't run: {record.error}", "Repair it."
            )


def _first_line(error: Exception) -> str:
    """What the driver said, without the statement."""
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _secrets,
    _base_url,
    _disk,
    _assets,
    _redis,
    _clock,
)
