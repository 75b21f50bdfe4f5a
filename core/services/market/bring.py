"""Bringing an order to where the marketplace has it, by the same moves as a person's buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from decimal import Decimal

from sqlalchemy import select

from core.audit import record
from core.errors import Conflict, Refused
from core.events import ContactCreated, publish, unheard
from core.models import Channel, Contact, FieldSource, Order, OrderStatus, PaymentState
from core.services import addresses, channels, orders
from core.services.customers import bring_back
from core.services.orders.checks import CENT, MOST_LINES
from core.shop_orders import OrderStage, ShopOrder
from core.tenancy.session import TenantSession
from core.words import say

Move = Callable[[], object]


def bring_order(session: TenantSession, channel: Channel, found: ShopOrder) -> Order:
    """Make the order, or move it on. Never back, and never where the state machine forbids.

    What the marketplace says and the desk can't do is written into the order's history. Of several
    steps at once only the last is told to rules: *it was sent* is no news about what has arrived.
    """
    order = _known(session, channel, found.id)
    is_new = order is None
    if order is None:
        is_over = found.stage not in (OrderStage.PLACED, OrderStage.PAID, OrderStage.UNKNOWN)
        order = _create(session, channel, found, is_told=not is_over)
    moves = list(_moves(session, order, found, is_new=is_new))
    news = max((place for place, (_, is_news) in enumerate(moves) if is_news), default=-1)
    for place, (move, _) in enumerate(moves):
        with unheard() if place < news else nullcontext():
            _try(session, order, move)
    if found.stage is OrderStage.UNKNOWN:
        channels.count(session, channel, f"order status {found.status}")
        _note(session, order, say("The shop's status “%(status)s” is new.", status=found.status))
    return order


def source_of(channel: Channel) -> str:
    """What an order of this marketplace has as its `source`; a new name changes nothing there."""
    return f"channel-{channel.id}"


def channel_of(session: TenantSession, key: str) -> Channel | None:
    """The channel that an order with this `source` came over."""
    number = key.removeprefix("channel-")
    if number == key or not number.isdigit():
        return None
    return session.get(Channel, int(number))


def _known(session: TenantSession, channel: Channel, external_id: str) -> Order | None:
    return session.scalar(
        select(Order).where(Order.source == source_of(channel), Order.external_id == external_id)
    )


def _create(session: TenantSession, channel: Channel, found: ShopOrder, *, is_told: bool) -> Order:
    contact = _buyer(session, channel, found)
    number = found.number or found.id
    taken = session.scalar(select(Order.id).where(Order.number == number))
    with nullcontext() if is_told else unheard():
        return orders.create_order(
            session,
            contact,
            number=number if taken is None and len(number) <= 60 else "",
            lines=_lines(found.lines),
            total=_cents(found.total),
            currency=found.currency,
            note=found.note[:5000],
            source=source_of(channel),
            external_id=found.id,
        )


def _buyer(session: TenantSession, channel: Channel, found: ShopOrder) -> Contact:
    """Who ordered: the contact that writes from the buyer's address, else a new one (B3).

    A contact that is there is not changed. A new one is not greeted: an order has a message of its
    own (B1).
    """
    known = addresses.find(session, channel, (found.buyer,))
    if known is not None:
        if known.contact.archived_at is not None:
            bring_back(session, known.contact)
        return known.contact
    contact = addresses.create_contact(
        session, name=found.buyer_name[:160], source=FieldSource.PROVIDER
    )
    addresses.add_missing(session, channel, contact, (found.buyer,))
    publish(session, ContactCreated(contact_id=contact.id, origin="order"))
    return contact


def _moves(
    session: TenantSession, order: Order, found: ShopOrder, *, is_new: bool
) -> Iterator[tuple[Move, bool]]:
    """The steps from where the order stands to where the marketplace has it; which ones are news.

    Sending without a tracking number is tried, to be written down as refused, and is no news.
    """
    is_live = order.status not in (OrderStatus.CANCELLED, OrderStatus.RECEIVED)
    is_sent = found.stage in (OrderStage.SHIPPED, OrderStage.RECEIVED)
    is_off = order.status in (OrderStatus.SHIPPED, OrderStatus.RECEIVED)
    has_number = bool(found.tracking_number or order.tracking_number)
    if not is_new and is_live and order.payment is PaymentState.UNPAID:
        yield lambda: _correct(session, order, found), False
    if found.stage is OrderStage.CANCELLED:
        yield lambda: orders.cancel(session, order), True
        return
    if is_live and found.tracking_number and (is_off or not is_sent):
        yield lambda: _track(session, order, found), False
    if found.is_paid and order.payment is not PaymentState.PAID:
        yield lambda: orders.pay(session, order), True
    if is_sent and not is_off:
        yield lambda: _ship(session, order, found), has_number
    if found.stage is OrderStage.RECEIVED and (is_off or has_number):
        yield lambda: orders.receive_order(session, order), True


def _ship(session: TenantSession, order: Order, found: ShopOrder) -> None:
    orders.ship(session, order, found.carrier or None, found.tracking_number or None)


def _track(session: TenantSession, order: Order, found: ShopOrder) -> None:
    """The carrier and its number, known before the parcel left or corrected after it."""
    orders.change_order(
        session, order, carrier=found.carrier or None, tracking_number=found.tracking_number
    )


def _correct(session: TenantSession, order: Order, found: ShopOrder) -> None:
    lines = _lines(found.lines)
    orders.change_order(session, order, lines=lines or None, total=_cents(found.total))


def _try(session: TenantSession, order: Order, move: Move) -> None:
    """One move, in a savepoint: a refused one is written down, and the next is tried."""
    try:
        with session.begin_nested():
            move()
    except (Refused, Conflict) as refused:
        session.refresh(order)
        _note(session, order, str(refused.message))


def _note(session: TenantSession, order: Order, text: str) -> None:
    record(session, "shop", order, {"note": ("", text[:300])})


def _lines(lines: tuple[orders.Line, ...]) -> list[orders.Line]:
    return [
        orders.Line(line.product.strip()[:200] or "-", max(1, line.quantity), _cents(line.price))
        for line in lines[:MOST_LINES]
    ]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)
