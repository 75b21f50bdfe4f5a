"""All that decides whether and how a channel takes webhooks, as one text: its stamp.

Equal stamps: same secrets and settings, not archived in between, same switches, same plan.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, Uuid, bindparam, text

STAMPS = """
select
    channel.id,
    channel.tenant_id,
    channel.kind || '|' || channel.own_address || '|' || channel.region
        || '|' || cast(tenant.switch_version as text) || '|' || cast(plan.plugins as text)
        || '|' || coalesce(cast(channel.archived_at as text), '')
        || '|' || channel.sealed || '|' || cast(channel.settings as text) as stamp
from channel
join tenant on tenant.id = channel.tenant_id
join plan on plan.id = tenant.plan_id
"""
"""SQL for both databases: every channel's id, tenant and stamp."""

_BY_UUID = text(f"{STAMPS} where channel.uuid = :uuid").bindparams(bindparam("uuid", type_=Uuid()))


def stamp_of(connection: Connection, uuid: UUID) -> str | None:
    """The stamp of a channel as stored now; None: there is no such channel."""
    row = connection.execute(_BY_UUID, {"uuid": uuid}).first()
    return row.stamp if row is not None else None
