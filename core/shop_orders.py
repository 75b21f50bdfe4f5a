"""Orders of a marketplace: a webhook says that one changed, an adapter fetches what it is now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from core.adapter import Account
from core.inbound import Address
from core.outbound import OutboundClient
from core.services.orders.checks import Line


class OrderStage(StrEnum):
    """How far an order got, in the order in which it gets there. `unknown`: a word of the
    marketplace's that its adapter doesn't know: it moves nothing and is kept."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ShopOrder:
    """An order as the marketplace has it now.

    `buyer` is what the marketplace calls its buyer: the address that they write from where it is
    the same (then order and chat are one customer's), else one of its own kind. `status` is the
    marketplace's own word. `is_paid` says it by itself: what is paid on delivery is shipped first.
    """

    id: str
    buyer: Address
    stage: OrderStage
    status: str
    is_paid: bool
    total: Decimal
    currency: str
    number: str = ""
    buyer_name: str = ""
    lines: tuple[Line, ...] = ()
    carrier: str = ""
    tracking_number: str = ""
    note: str = ""


@runtime_checkable
class FetchesOrders(Protocol):
    """An adapter that yields `OrderPushed` items and can fetch the orders they name."""

    def fetch_order(self, account: Account, order_id: str, http: OutboundClient) -> ShopOrder:
        """Ask for one order. Raises SendFailed, OutcomeUnknown (it is a GET).

        Called outside any transaction.
        """
        ...
