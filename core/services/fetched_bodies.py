"""What a plugin asked its provider for, kept as a webhook's body is: raw, and read in a job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from core.jobs.outbox import enqueue
from core.models import Channel, RawInbox
from core.services.inbox_store import READER, lane_of
from core.tenancy.session import TenantSession


def keep_fetched(session: TenantSession, channel: Channel, bodies: Iterable[bytes]) -> None:
    """Keep bodies in this order, in the session's transaction, and the job that reads them.

    For a provider that is polled. Write down how far you read in the same transaction: then nothing
    is lost and nothing read twice. The channel's adapter parses them, in that order.
    """
    rows = [
        RawInbox(
            tenant_id=session.tenant_id,
            channel_id=channel.id,
            digest=hashlib.sha256(body).hexdigest(),
            body=body,
        )
        for body in bodies
    ]
    if not rows:
        return
    session.add_all(rows)
    enqueue(session, READER, {"channel_id": channel.id}, lane=lane_of(channel.id))
