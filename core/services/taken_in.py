"""Bodies that came another way than by the door: read again, or fetched because a push was lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from core.jobs.outbox import enqueue
from core.models import Channel, RawInbox
from core.services.inbox_store import READER, lane_of
from core.tenancy.session import TenantSession


def take_in(session: TenantSession, channel: Channel, bodies: Iterable[bytes]) -> None:
    """Hand bodies to the channel's reader, in this order, behind what waits there.

    Every item is idempotent. Whoever polls a provider writes down how far it read in the same
    transaction: then nothing is lost and nothing read twice.
    """
    rows = [
        RawInbox(channel_id=channel.id, digest=hashlib.sha256(body).hexdigest(), body=body)
        for body in bodies
    ]
    if not rows:
        return
    session.add_all(rows)
    session.flush()
    enqueue(session, READER, {"channel_id": channel.id}, lane=lane_of(channel.id))
