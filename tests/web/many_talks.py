"""A shop with thousands of conversations, written at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from core.inbound import IdentityKind
from core.models import Contact, Conversation, Customer, Identity
from core.models.base import now
from tests.web.installation import Shop


def fill(shop: Shop, count: int) -> None:
    """`count` conversations, each with its customer, contact and address."""
    start, tenant = now() - timedelta(days=30), shop.tenant_id
    with shop.desk.database.tenant(tenant) as session:
        for first in range(1, count + 1, 1000):
            numbers = range(first, min(first + 1000, count + 1))
            rows: list[tuple[Any, list[dict[str, Any]]]] = [
                (Customer, [{"id": n, "name": f"Pelanggan {n}"} for n in numbers]),
                (
                    Contact,
                    [
                        {"id": n, "customer_id": n, "home_id": n, "name": f"Pelanggan {n}"}
                        for n in numbers
                    ],
                ),
                (
                    Identity,
                    [
                        {
                            "id": n,
                            "contact_id": n,
                            "kind": IdentityKind.PHONE,
                            "address": f"+62812{n:08}",
                        }
                        for n in numbers
                    ],
                ),
                (
                    Conversation,
                    [
                        {
                            "channel_id": shop.channel_id,
                            "identity_id": n,
                            "contact_id": n,
                            "preview": f"Halo kak, pesanan nomor {n} sudah dikirim belum ya?",
                            "unread": n % 3,
                            "last_at": start + timedelta(seconds=n),
                            "waiting_since": start + timedelta(seconds=n) if n % 2 else None,
                        }
                        for n in numbers
                    ],
                ),
            ]
            for kind, values in rows:
                session.execute(
                    insert(kind.__table__),
                    [{"tenant_id": tenant, **each} for each in values],
                    execution_options={"tenant_unsafe": True},
                )
