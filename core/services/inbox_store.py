"""Storing a webhook's raw body, before it is answered: nothing is parsed here."""

from __future__ import annotations

import hashlib

from core.jobs.outbox import enqueue
from core.models import Channel, RawInbox
from core.tenancy.session import SystemSession


def store(session: SystemSession, channel: Channel, body: bytes) -> None:
    """Keep a proven body and the job that reads it, in one transaction."""
    session.add(
        RawInbox(
            tenant_id=channel.tenant_id,
            channel_id=channel.id,
            digest=hashlib.sha256(body).hexdigest(),
            body=body,
        )
    )
    session.flush()
    enqueue(
        session,
        "core.process_inbox",
        {"channel_id": channel.id},
        tenant_id=channel.tenant_id,
        lane=lane_of(channel.id),
    )


def lane_of(channel_id: int) -> str:
    """A channel's bodies are read one job after another, in the order in which they came."""
    return f"inbox:{channel_id}"
