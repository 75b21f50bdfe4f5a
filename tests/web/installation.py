"""A whole installation with one shop: the app, its desk, a simulator channel and its people."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from core.config import Settings
from core.desk import Desk
from core.models import Membership
from core.services import channels, tenants
from core.services.tenants import RoleName
from core.testing.prepared import prepared
from core.testing.working import work_off
from core.web import assets
from core.web.app import create_app
from plugins import BUILTIN
from plugins.channels.simulator.adapter import HEADER, sign

PASSWORD = "rahasia-123"
SECRET = "a-phone-secret"


@dataclass
class Shop:
    """One tenant with an admin, a channel, and whoever `hire` adds."""

    app: Flask
    desk: Desk
    slug: str
    tenant_id: int = 0
    channel_id: int = 0
    channel_uuid: str = ""
    members: dict[str, int] = field(default_factory=dict)
    written: int = 0
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def hire(self, name: str, role: RoleName) -> int:
        """A person `<name>@<slug>.example` with one role; the membership's id."""
        with self.desk.database.system() as session:
            user = tenants.create_user(
                session, f"{name}@{self.slug}.example", password=PASSWORD, first_name=name.title()
            )
            tenant = tenants.find_tenant(session, self.slug)
            assert tenant is not None
            member: Membership = tenants.add_member(session, tenant, user, [role])
            session.flush()
            self.members[name] = member.id
            return member.id

    def client(self, name: str = "rina") -> FlaskClient:
        """A browser that `name` has logged in with; the same each time, logins are limited."""
        if name in self.clients:
            return self.clients[name]
        client = self.app.test_client()
        page = client.get("/login/").get_data(as_text=True)
        form = {
            "username": f"{name}@{self.slug}.example",
            "password": PASSWORD,
            "csrf_token": token_in(page),
        }
        answer = client.post("/login/", data=form)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        self.clients[name] = client
        return client

    def post_webhook(self, document: dict[str, Any]) -> int:
        """Post a signed body to the channel and work it off; the status."""
        body = json.dumps(document).encode()
        answer = self.app.test_client().post(
            f"/webhooks/{self.channel_uuid}", data=body, headers={HEADER: sign(SECRET, body)}
        )
        assert work_off(self.desk)
        return answer.status_code

    def customer_writes(
        self, text: str, number: str = "+6281234567890", name: str = "Dewi Lestari", **more: Any
    ) -> str:
        """A customer's message arrives; its provider id."""
        self.written += 1
        provider_id = f"{self.slug}-in-{self.written}"
        message = {
            "id": provider_id,
            "from": number,
            "name": name,
            "text": text,
            "sent_at": more.pop("sent_at", "2026-11-01T09:00:00+07:00"),
            **more,
        }
        assert self.post_webhook({"messages": [message]}) == 200
        return provider_id


def token_in(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found, "the page has no CSRF token"
    return found[1]


def install(
    home: Path, port: int = 8080, *, plugins: Sequence[str] = BUILTIN, **settings: Any
) -> Flask:
    """A prepared installation on SQLite; its job engine isn't started."""
    own = Settings(home=home, port=port, **settings)
    prepared(own, plugins)
    return create_app(own, plugins)


@contextmanager
def served(home: Path, *, workers: bool = True, **settings: Any) -> Iterator[Flask]:
    """An installation at its own public address: web threads and workers in this process."""
    assets.main()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = install(home, port, **settings)
    desk: Desk = app.extensions["sapa"]
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.daemon_threads = True  # an open stream must not hold up the end
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    if workers:
        desk.jobs.start()
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        if workers:
            desk.jobs.stop(5)
        desk.database.dispose()


def open_shop(app: Flask, slug: str, phone_url: str = "") -> Shop:
    """A tenant `slug` with the admin Rina and a simulator channel."""
    desk: Desk = app.extensions["sapa"]
    shop = Shop(app, desk, slug)
    with desk.database.system() as session:
        shop.tenant_id = tenants.create_tenant(
            session, slug, plan="enterprise", name=slug.title()
        ).id
    shop.hire("rina", RoleName.ADMIN)
    with desk.database.tenant(shop.tenant_id) as session:
        channel = channels.create_channel(
            session,
            kind="simulator",
            name=f"Phone {slug}",
            own_address="+628111111111",
            values={"phone_url": phone_url or "http://127.0.0.1:9/phone", "secret": SECRET},
        )
        shop.channel_id, shop.channel_uuid = channel.id, str(channel.uuid)
        if not phone_url:
            url = f"{desk.settings.public_url}/simulator/phone/{channel.uuid}"
            channels.configure(session, channel, {"phone_url": url})
    return shop
