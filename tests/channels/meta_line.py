"""A page or an Instagram account of a tenant, connected to its simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.models import Channel
from core.services import channels
from core.testing.installation import Installation
from core.testing.providers.graph_api import Json
from core.testing.providers.messenger import PageSimulator, instagram_simulator


@dataclass
class PlatformLine:
    """A channel of Messenger or Instagram, and the Meta behind it."""

    house: Installation
    meta: PageSimulator
    channel_id: int
    uuid: UUID

    @property
    def path(self) -> str:
        """Where its webhooks go."""
        return f"/webhooks/{self.uuid}"

    def deliver(self, *events: Json) -> None:
        """People write, read and react: one signed body, worked off."""
        assert self.post(self.meta.bodies.body(*events)) == 200
        self.house.work()

    def post(self, body: Json) -> int:
        """The status of a signed body; nothing is worked off."""
        raw = json.dumps(body).encode()
        answer = self.house.client().post(
            self.path, data=raw, headers=self.meta.sign(raw), content_type="application/json"
        )
        return int(answer.status_code)

    def channel(self, session: Any) -> Channel:
        found: Channel = session.get_one(Channel, self.channel_id)
        return found


@contextmanager
def platform_line(
    house: Installation,
    kind: str,
    *,
    name: str = "",
    module_id: int | None = None,
    **simulator: Any,
) -> Iterator[PlatformLine]:
    """A connected channel of `kind` ("messenger" or "instagram")."""
    made = PageSimulator if kind == "messenger" else instagram_simulator
    with made(**simulator) as meta:
        own = "page_id" if kind == "messenger" else "ig_id"
        with house.tenant() as session:
            channel = channels.create_channel(
                session,
                kind=kind,
                name=name or kind.title(),
                module_id=module_id,
                values={
                    own: meta.bodies.own_id,
                    "access_token": meta.access_token,
                    "app_secret": meta.app_secret,
                    "verify_token": "verify-me",
                    "graph_url": meta.graph_url,
                },
            )
            line = PlatformLine(house, meta, channel.id, channel.uuid)
        yield line
