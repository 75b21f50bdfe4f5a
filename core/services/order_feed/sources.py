"""Shops: connecting one, its address and its secret."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from core.audit import record
from core.errors import Conflict, Refused
from core.models import OrderSource
from core.tenancy.session import SystemSession, TenantSession
from core.words import say


def create_source(session: TenantSession, name: str, currency: str) -> OrderSource:
    """Connect a shop; it gets a secret. Refused, field `name`: none, too long, taken."""
    source = OrderSource(name=_checked(session, name, None), currency=currency)
    session.add(source)
    session.flush()
    _seal(session, source)
    record(session, "connect", source)
    return source


def change_source(session: TenantSession, source: OrderSource, name: str, currency: str) -> None:
    """Rename a shop, or change what its orders are counted in. Refused as above."""
    before = (source.name, source.currency)
    source.name, source.currency = _checked(session, name, source), currency
    session.flush()
    record(
        session,
        "change",
        source,
        {"name": (before[0], source.name), "currency": (before[1], source.currency)},
    )


def new_secret(session: TenantSession, source: OrderSource) -> None:
    """From now on only the new secret signs. Deliveries under the old one are refused at once."""
    _seal(session, source)
    record(session, "new secret", source)


def secret_of(session: TenantSession | SystemSession, source: OrderSource) -> str:
    """The shop's secret, opened. "" where there is none: then nothing is proven by it."""
    if not source.sealed:
        return ""
    return session.desk.box.open(source.sealed, context=_context(source)).get("secret", "")


def source_of(session: TenantSession, key: str) -> OrderSource | None:
    """The shop that an order with this `source` came from; None for one that came otherwise."""
    number = key.removeprefix("shop-")
    if number == key or not number.isdigit():
        return None
    return session.get(OrderSource, int(number))


def source_address(session: TenantSession, source: OrderSource) -> str:
    """Where the shop posts."""
    return f"{session.desk.settings.public_url}/webhooks/orders/{source.uuid}"


def _seal(session: TenantSession, source: OrderSource) -> None:
    values = {"secret": secrets.token_urlsafe(32)}
    source.sealed = session.desk.box.seal(values, context=_context(source))
    session.flush()


def _context(source: OrderSource) -> str:
    return f"order_source:{source.uuid}"


def _checked(session: TenantSession, name: str, mine: OrderSource | None) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise Refused(say("Give the shop a name of up to 80 characters."), "name")
    taken = session.scalar(select(OrderSource).where(OrderSource.name == name))
    if taken is not None and taken is not mine:
        raise Conflict(
            say("A shop named “%(name)s” exists already: choose another name.", name=name), "name"
        )
    return name
