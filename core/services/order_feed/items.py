"""The events that a shop may tell, as they stand in a body."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import Invalid
from core.services.orders.checks import MOST_LINES, MOST_MONEY, MOST_PIECES
from core.words import say
from core.words.validation import sentence_of

Name = Annotated[str, Field(max_length=160)]
Amount = Annotated[Decimal, Field(ge=0, le=MOST_MONEY, max_digits=18, decimal_places=2)]
Key = Annotated[str, Field(min_length=1, max_length=190)]


class What(StrEnum):
    """What happened to an order in the shop."""

    CREATED = "created"
    PAID = "paid"
    ESTIMATED = "estimated"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class Buyer(_Part):
    """Who ordered: a phone number or an e-mail address finds them, or makes them a customer."""

    name: Name = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=254)] = ""


class Product(_Part):
    """One line; `price` is of one piece."""

    product: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: Annotated[int, Field(ge=1, le=MOST_PIECES)] = 1
    price: Amount = Decimal(0)


class Told(_Part):
    """The order: `id` is the shop's own, the rest as far as the event needs it."""

    id: Annotated[str, Field(min_length=1, max_length=120)]
    number: Annotated[str, Field(max_length=60)] = ""
    customer: Buyer | None = None
    currency: Annotated[str, Field(pattern="^[A-Za-z]{3}$")] | None = None
    total: Amount | None = None
    lines: Annotated[list[Product], Field(max_length=MOST_LINES)] = []
    note: Annotated[str, Field(max_length=5000)] = ""
    amount: Amount | None = None
    estimated_date: date | None = None
    carrier: Annotated[str, Field(max_length=60)] = ""
    tracking_number: Annotated[str, Field(max_length=80)] = ""

    @field_validator("id", "number", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """Shops count their orders: a number is as good as its digits."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if is_number and abs(value) < 10**100 else value


class Item(_Part):
    """One event. `idempotency_key` defaults to `event_id`: one of them is needed."""

    event: What
    event_id: Key
    idempotency_key: Key
    order: Told

    @field_validator("event", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value.removeprefix("order.") if isinstance(value, str) else value


def read_item(raw: Any) -> Item:
    """One event as it came. Raises Invalid: field → sentences."""
    if not _is_storable(raw):
        raise Invalid({"event": [say("It holds a character that can't be stored.")]})
    if isinstance(raw, dict):
        key = raw.get("idempotency_key") or raw.get("event_id")
        raw = {**raw, "idempotency_key": key, "event_id": raw.get("event_id") or key}
    try:
        return Item.model_validate(raw)
    except ValidationError as error:
        found: dict[str, list[str]] = {}
        for problem in error.errors():
            field = ".".join(str(part) for part in problem["loc"]) or "event"
            found.setdefault(field, []).append(str(sentence_of(problem, of_call=True)))
        raise Invalid(found) from None


def _is_storable(raw: Any) -> bool:
    """PostgreSQL stores no null character and no half of a surrogate pair."""
    try:
        return b"\\u0000" not in json.dumps(raw, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
