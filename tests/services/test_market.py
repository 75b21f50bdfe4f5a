"""What of a marketplace's order is told to rules: the news, never the past."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from core.config import Settings
from core.inbound import Address, IdentityKind
from core.models import Channel, Job, Order
from core.services import orders
from core.services.market import bring_order, channel_of
from core.shop_orders import OrderStage, ShopOrder
from core.tenancy.session import TenantSession
from core.testing.installation import Installation, installation
from plugins import BUILTIN


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    with installation(settings, (*BUILTIN, "tests.services.listening")) as built:
        yield built


@pytest.fixture
def session(house: Installation) -> Iterator[TenantSession]:
    with house.tenant() as opened:
        yield opened


@pytest.fixture
def channel(session: TenantSession) -> Channel:
    made = Channel(kind="shopee", name="Toko")
    session.add(made)
    session.flush()
    return made


def found(stage: OrderStage, **changes: Any) -> ShopOrder:
    values: dict[str, Any] = {
        "id": "220810QSK8S7BX",
        "buyer": Address(IdentityKind.SHOPEE_USER, "165105353"),
        "stage": stage,
        "status": stage.name,
        "is_paid": stage in (OrderStage.PAID, OrderStage.SHIPPED, OrderStage.RECEIVED),
        "total": Decimal("100.00"),
        "currency": "IDR",
        "buyer_name": "dewi.l",
        "tracking_number": "JNE1",
    }
    return ShopOrder(**values | changes)


def told(session: TenantSession) -> list[str]:
    session.flush()
    jobs = session.scalars(
        select(Job).where(Job.actor.startswith("listening.")).order_by(Job.id)
    ).all()
    return [job.actor.removeprefix("listening.on_order_") for job in jobs]


@pytest.mark.parametrize(
    ("stage", "news"),
    [
        (OrderStage.PLACED, ["created"]),
        (OrderStage.PAID, ["created", "paid"]),
        (OrderStage.SHIPPED, ["shipped"]),
        (OrderStage.RECEIVED, ["received"]),
        (OrderStage.CANCELLED, ["cancelled"]),
        (OrderStage.UNKNOWN, ["created"]),
    ],
)
def test_D14_an_order_first_heard_of_late_tells_where_it_is(
    session: TenantSession, channel: Channel, stage: OrderStage, news: list[str]
) -> None:
    order = bring_order(session, channel, found(stage))
    assert told(session) == news
    assert channel_of(session, order.source) is channel


def test_each_step_is_told_once(session: TenantSession, channel: Channel) -> None:
    stages = (OrderStage.PLACED, OrderStage.PAID, OrderStage.SHIPPED, OrderStage.RECEIVED)
    for stage in stages:
        for _ in range(2):
            bring_order(session, channel, found(stage))
    assert told(session) == ["created", "paid", "shipped", "received"]


def test_a_shop_corrects_an_unpaid_order(session: TenantSession, channel: Channel) -> None:
    bring_order(session, channel, found(OrderStage.PLACED))
    lines = (orders.Line("Soap", 2, Decimal("60.00")),)
    total = Decimal("120.00")
    order = bring_order(session, channel, found(OrderStage.PLACED, lines=lines, total=total))
    assert (order.total, [line.product for line in order.lines]) == (total, ["Soap"])


def test_a_number_that_is_taken_gives_way(session: TenantSession, channel: Channel) -> None:
    first = bring_order(session, channel, found(OrderStage.PLACED, number="42"))
    other = bring_order(session, channel, found(OrderStage.PLACED, id="2", number="42"))
    assert (first.number, other.number != "42", bool(other.number)) == ("42", True, True)
    found_ids = session.scalars(select(Order.external_id).order_by(Order.id)).all()
    assert found_ids == [first.external_id, "2"]
