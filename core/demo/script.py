"""The shape of a story: who wrote what when, and what came of it. Content lives beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from core.models import OrderStatus


@dataclass(frozen=True)
class Say:
    """One message, `ago` before the demo was made. `by` is an agent's first name; "" a customer's.

    `seen` is how far an agent's message got: delivered or read.
    """

    ago: timedelta
    text: str
    by: str = ""
    seen: str = "read"


@dataclass(frozen=True)
class Deal:
    """An order. `estimate` is in days from now; paid is the part that was verified, 0 to 1."""

    product: str
    quantity: int
    price: Decimal
    status: OrderStatus = OrderStatus.PROCESSING
    paid: Decimal = Decimal(1)
    estimate: int | None = None
    tracking: str = ""


@dataclass(frozen=True)
class Guest:
    """One customer. `phone` in E.164; with `says` the customer came in by writing to `line`."""

    name: str
    phone: str = ""
    email: str = ""
    line: str = ""
    says: tuple[Say, ...] = ()
    note: str = ""
    agent: str = ""
    division: str = ""
    labels: tuple[str, ...] = ()
    module: str = ""
    stage: str = ""
    is_closed: bool = False
    opted_out: bool = False
    deals: tuple[Deal, ...] = ()
    todo: str = ""


@dataclass(frozen=True)
class Shop:
    """One tenant's story. `lines` are its channels: name → own number."""

    slug: str
    name: str
    plan: str
    time_zone: str
    region: str
    locale: str
    currency: str
    lines: dict[str, str]
    labels: dict[str, str]
    divisions: tuple[str, ...]
    modules: dict[str, tuple[str, ...]]
    templates: dict[str, str]
    quick_replies: dict[str, str]
    carrier: str
    guests: tuple[Guest, ...]


def days(number: float) -> timedelta:
    """That many days, as the scripts count."""
    return timedelta(days=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
