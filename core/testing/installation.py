"""One whole installation for a test: a desk or an application on a database, a tenant, a channel.

    with installation(settings, BUILTIN) as house, house.cloud() as line:
        line.meta.inject(text("6281234567890", "Halo"))

`core.testing.world` is the other one: two tenants full of rows, for attacks. This one starts empty,
and its channels talk to simulators of their providers.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.boot import open_desk
from core.config import Settings
from core.desk import Desk
from core.host.host import PluginHost
from core.migrations.current import is_current
from core.migrations.of_plugins import plugin_migrations
from core.migrations.runner import migrate
from core.models import Channel, Module, Tenant
from core.services import channels, tenants
from core.services.plans import ensure_plans
from core.tenancy.session import TenantSession
from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_bodies import CloudBodies, Json
from core.web.app import create_app

PLAN = "enterprise"


@dataclass
class CloudLine:
    """A WhatsApp number of the tenant, connected to `meta`, its provider."""

    house: Installation
    meta: CloudSimulator
    channel_id: int
    uuid: UUID

    @property
    def path(self) -> str:
        """Where its webhooks go."""
        return f"/webhooks/{self.uuid}"

    def post(self, body: Json | bytes, **headers: str) -> TestResponse:
        """Deliver a body to the application's own client, signed unless a signature is given."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer: TestResponse = self.house.client().post(
            self.path,
            data=raw,
            headers=headers or self.meta.sign(raw),
            content_type="application/json",
        )
        return answer

    def messages(self, *messages: Json) -> Json:
        """A body in which people write."""
        return self.meta.numbers.body(self.meta.numbers.messages(*messages))

    def statuses(self, *statuses: Json) -> Json:
        """A body of receipts."""
        return self.meta.numbers.body(self.meta.numbers.statuses(*statuses))

    def channel(self, session: TenantSession) -> Channel:
        """Its row."""
        return session.get_one(Channel, self.channel_id)


@dataclass
class Installation:
    """A desk with one tenant. `app` only where it was asked for."""

    desk: Desk
    tenant_id: int
    app: Flask | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def tenant(self, *, write: bool = True) -> AbstractContextManager[TenantSession]:
        """One transaction of the tenant."""
        return self.desk.database.tenant(self.tenant_id, write=write)

    def client(self) -> Any:
        """A client of the application, without a login."""
        assert self.app is not None, "ask for installation(…, web=True)"
        return self.app.test_client()

    def work(self) -> int:
        """Do all background work that is due, here and now; how many attempts that took."""
        return self.desk.jobs.run_pending()

    def add_tenant(self, slug: str, plan: str = PLAN) -> Installation:
        """Another tenant of the same desk."""
        with self.desk.database.system() as session:
            tenant = tenants.create_tenant(session, slug, plan=plan)
            return Installation(self.desk, tenant.id, self.app, self._numbers)

    @contextmanager
    def cloud(
        self, *, module: str = "Sales", graph_url: str = "", **simulator: Any
    ) -> Iterator[CloudLine]:
        """A Cloud channel, and the Meta behind it; unknown senders get a card in `module`.

        `graph_url`: the channel sends there, to a simulator that is a process of its own, and
        `meta` only finds words and signs them.
        """
        n = next(self._numbers)
        numbers = simulator.pop("numbers", None) or CloudBodies(
            phone_number_id=f"10654035224{n:04}",
            display_phone_number=f"62811000{n:04}",
            waba_id=f"10229012934{n:04}",
        )
        with CloudSimulator(numbers=numbers, **simulator) as meta:
            with self.tenant() as session:
                channel = channels.create_channel(
                    session,
                    kind="whatsapp_cloud",
                    name=f"WhatsApp {n}",
                    own_address=f"+{numbers.display_phone_number}",
                    module_id=_module(session, module),
                    values={
                        "phone_number_id": numbers.phone_number_id,
                        "waba_id": numbers.waba_id,
                        "access_token": meta.access_token,
                        "app_secret": meta.app_secret,
                        "verify_token": "verify-me",
                        "graph_url": graph_url or meta.graph_url,
                    },
                )
                line = CloudLine(self, meta, channel.id, channel.uuid)
            yield line


@contextmanager
def installation(
    settings: Settings,
    builtin: Iterable[str],
    *,
    web: bool = False,
    app: Flask | None = None,
    slug: str = "toko",
) -> Iterator[Installation]:
    """An installation on an empty database, or on one that this made before; its plugins' tables
    are made. With `web` the app.

    `app` is one that was made before with the same settings, whose database was emptied since.
    """
    own = settings.model_copy(update={"private_hosts": (*settings.private_hosts, "127.0.0.1")})
    builtin = tuple(builtin)
    is_lasting = app is not None
    if app is None and web:
        _bring_up(own, PluginHost.load(builtin))
        app = create_app(own, builtin)
    desk: Desk = app.extensions["sapa"] if app is not None else open_desk(own, builtin)
    if is_lasting or not web:
        _bring_up(own, desk.host)
    try:
        with desk.database.system() as session:
            ensure_plans(session)
            known = session.scalar(select(Tenant).where(Tenant.slug == slug))
            tenant_id = (known or tenants.create_tenant(session, slug, plan=PLAN)).id
        yield Installation(desk, tenant_id, app)
    finally:
        desk.host.switches.forget()  # the next tenant has the same id
        if not is_lasting:
            desk.outbound.close()
        desk.database.dispose()


def _bring_up(settings: Settings, host: PluginHost) -> None:
    """Make the plugins' tables. Asked first: raising the walls again takes 300 statements."""
    tables = plugin_migrations(host)
    if not is_current(settings, tables):
        migrate(settings, tables)


def _module(session: TenantSession, name: str) -> int | None:
    if not name:
        return None
    module = session.scalar(select(Module).where(Module.name == name)) or Module(name=name)
    session.add(module)
    session.flush()
    return module.id
