"""Everything that was said with a person, over all contacts and channels, in the order it came."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from core.models import Message
from core.tenancy.session import TenantSession


def message_ids(
    session: TenantSession,
    owners: Sequence[ColumnElement[bool]],
    *conditions: ColumnElement[bool],
    newest: bool,
    limit: int,
) -> list[int]:
    """The ids of messages of any of `owners`, the newest or the oldest first.

    Each owner's are read by its own index and merged here: one statement over all members makes
    PostgreSQL sort everything that eleven people ever wrote.
    """
    order = Message.id.desc() if newest else Message.id
    found: list[int] = []
    for owner in owners:
        query = select(Message.id).where(owner, *conditions).order_by(order).limit(limit)
        found.extend(session.scalars(query))
    return sorted(found, reverse=newest)[:limit]


def timeline(
    session: TenantSession, contact_ids: Collection[int], *, before: int | None = None, limit: int
) -> list[Message]:
    """The messages of these contacts with their channels, newest first; `before` is an id."""
    owners = [Message.contact_id == each for each in contact_ids]
    earlier = () if before is None else (Message.id < before,)
    ids = message_ids(session, owners, *earlier, newest=True, limit=limit)
    if not ids:
        return []
    query = select(Message).where(Message.id.in_(ids)).options(joinedload(Message.channel))
    return list(session.scalars(query.order_by(Message.id.desc())))
