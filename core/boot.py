"""Putting an installation together, without a web server."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import TYPE_CHECKING

import core.services.search_index  # noqa: F401 - listens to what sessions write
from core.config import Settings
from core.db import Database
from core.desk import Desk
from core.host.attach import attach
from core.host.host import PluginHost
from core.jobs.engine import JobEngine
from core.jobs.registry import JobRegistry
from core.live import Elsewhere, LiveHub
from core.media import MediaStore
from core.outbound import OutboundClient
from core.secrets import SecretBox, key_from_text, load_or_create_key
from core.services.jobs import CORE_JOBS

if TYPE_CHECKING:
    from redis import Redis


def open_desk(settings: Settings | None = None, builtin: Iterable[str] = ()) -> Desk:
    """Everything that a process of Sapa needs; the job engine is not started yet.

    `builtin` names the plugin modules that ship with Sapa; installed ones are found by themselves.
    """
    settings = settings or Settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings)
    host = PluginHost.load(builtin)
    registry = JobRegistry()
    for spec in CORE_JOBS:
        registry.register("core", spec)
    for owner, job in host.job_specs():
        registry.register(owner, job)
    redis = _connect(settings.redis_url)
    namespace = f"sapa:{derived_secret(settings, 'redis namespace')[:12]}"
    desk = Desk(
        settings=settings,
        database=database,
        host=host,
        jobs=JobEngine(
            database,
            registry,
            is_open=lambda tenant_id, plugin: desk.is_on(tenant_id, plugin),
            threads=settings.worker_threads,
            redis=None if settings.is_embedded else redis,
            namespace=namespace,
        ),
        box=SecretBox(installation_key(settings)),
        outbound=OutboundClient(private_hosts=(*settings.private_hosts, *settings.own_hosts)),
        live=LiveHub(max_streams=settings.web_streams),
        media=MediaStore(settings.home / "media"),
        redis=redis,
    )
    database.desk = desk
    if redis is not None:
        desk.live.elsewhere = _live_line(redis, namespace, desk.live)
    attach(database, host)
    host.settings.box = desk.box
    host.switches.disabled = lambda tenant_id, _plugins: desk.live.close(tenant_id)
    host.switches.unpark = lambda session, plugins: _unpark(desk, session, plugins)
    return desk


def _connect(url: str) -> Redis | None:
    """A pool that connects at its first use: Redis may come later than we do, and may go."""
    if not url:
        return None
    from redis import Redis  # embedded mode starts without it

    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, health_check_interval=30)


def _live_line(redis: Redis, namespace: str, hub: LiveHub) -> Elsewhere:
    from core.live_redis import RedisLine  # embedded mode starts without it

    return RedisLine(redis, namespace, hub)


def installation_key(settings: Settings) -> bytes:
    """The one secret of an installation: set by the operator, else made once and kept in `home`."""
    if settings.secret_key:
        return key_from_text(settings.secret_key)
    return load_or_create_key(settings.home / "secret.key")


def derived_secret(settings: Settings, purpose: str) -> str:
    """A secret for one purpose, so that a leak of it tells nothing of the others."""
    return hmac.new(installation_key(settings), purpose.encode(), hashlib.sha256).hexdigest()


def _unpark(desk: Desk, session: object, plugins: Iterable[str]) -> None:
    for plugin in sorted(plugins):
        desk.jobs.unpark(session, plugin)  # type: ignore[arg-type]  # a TenantSession, by contract
