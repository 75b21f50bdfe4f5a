"""One row of every tenant table, each text in it marked with whose it is and where it stands.

Made from the tables themselves, so that a new noun, a plugin's too, is in the world the day it is
mapped. What can't be guessed (a role, a phone number) stands in `KNOWN`; a plugin's model says it
beside its column, `mapped_column(info={"example": …})`, or its test through `build_world(known=…)`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    Uuid,
)

from core.models.base import Money, UtcDateTime

FAR_AHEAD = timedelta(days=365)


@dataclass(frozen=True)
class Owner:
    """Whose rows: every key of theirs is `key`, every uuid `uuid`, every text begins with `mark`.

    One number for all tables means that an attack with it hits whatever table a route reads.
    """

    mark: str
    key: int
    slug: str
    phone: str

    @property
    def uuid(self) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"sapa:{self.mark}")

    @property
    def email(self) -> str:
        return f"{self.mark.lower()}@example.com"

    def text(self, column: Column[Any]) -> str:
        """`LEAK-B-order-note`, cut to what the column holds."""
        made = f"{self.mark}-{column.table.name}-{column.name}"
        length = getattr(column.type, "length", None)
        return made[:length] if length else made


Value = Callable[[Owner], Any]
Known = Mapping[str, Value]


KNOWN: Known = {
    "api_token.digest": lambda owner: (owner.uuid.hex * 2)[:64],
    "attachment.kind": lambda _: "image",
    "attachment.mime_type": lambda _: "image/png",
    "attachment.state": lambda _: "stored",
    "channel.reason": lambda _: "",
    "channel.region": lambda _: "ID",
    "channel.state": lambda _: "connected",
    "channel.filter_numbers": lambda owner: [owner.phone],
    "contact.email": lambda owner: owner.email,
    "contact_token.token": lambda owner: owner.mark.lower(),
    "contact.phone": lambda owner: owner.phone,
    "contact.sources": lambda _: {"name": "person"},
    "conversation.window_until": lambda _: datetime.now(UTC) + FAR_AHEAD,
    "customer.email": lambda owner: owner.email,
    "customer.phone": lambda owner: owner.phone,
    "customer_choice.pins": lambda owner: {"name": owner.key},
    "customer_merge.after": lambda owner: _picture(owner),
    "customer_merge.before": lambda owner: _picture(owner),
    "division.rules": lambda owner: [{"criterion": "keyword", "value": owner.mark}],
    "identity.address": lambda owner: owner.phone,
    "identity.kind": lambda _: "phone",
    "job.state": lambda _: "dead",
    "label.color": lambda _: "teal",
    "membership.roles": lambda _: ["Tenant admin"],
    "message_token.token": lambda owner: owner.mark.lower(),
    "message.direction": lambda _: "in",
    "message.sender": lambda _: "customer",
    "message.state": lambda _: "received",
    "raw_inbox.channel_id": lambda owner: owner.key,
    "order.currency": lambda _: "IDR",
    "order.status": lambda _: "processing",
    "order_source.currency": lambda _: "IDR",
    "plugin_switch.is_enabled": lambda _: True,
    "plugin_switch.plugin": lambda _: "merge",
    "plugin_switch.settings": lambda _: {},
    "profile_rule.field": lambda _: "name",
    "profile_rule.rule": lambda _: "longest",
    "template.language": lambda _: "en",
}
"""`table.column` → what stands there, where the column's type doesn't say it."""


def _picture(owner: Owner) -> dict[str, Any]:
    """What a merge event touched: `core.services.groups.picture`."""
    state: dict[str, Any] = {"successor": None, "main": None, "pins": {}}
    return {"contacts": {str(owner.key): owner.key}, "customers": {str(owner.key): state}}


def row_of(table: Table, owner: Owner, known: Known) -> dict[str, Any]:
    """A row of `table` for `owner`, ready to insert. ValueError names what can't be guessed."""
    return {column.name: _value(column, owner, known) for column in table.columns}


def _value(column: Column[Any], owner: Owner, known: Known) -> Any:
    given = known.get(f"{column.table.name}.{column.name}")
    if given is not None:
        return given(owner)
    if "example" in column.info:
        return column.info["example"]
    if column.primary_key or column.name == "tenant_id":
        return owner.key
    if column.foreign_keys:
        itself = any(key.column.table is column.table for key in column.foreign_keys)
        return None if itself else owner.key
    guess = _GUESSES.get(type(column.type))
    if guess is None:
        guess = next((g for kind, g in _GUESSES.items() if isinstance(column.type, kind)), None)
    if guess is None:
        raise ValueError(f"{column}: say in `known` what a test's row should hold there.")
    return guess(column, owner)


def _default(column: Column[Any]) -> Any:
    """The column's own default, called where it is a function; None without."""
    if column.default is None:
        return None
    made: Any = column.default.arg  # type: ignore[attr-defined]  # of both kinds of default
    return made(None) if callable(made) else made


def _least(column: Column[Any]) -> int:
    """What the table's own checks ask of a number: `minutes >= 5`; 0 where they ask nothing."""
    for check in column.table.constraints:
        if isinstance(check, CheckConstraint):
            asked = re.search(rf"\b{column.name} >= (\d+)", str(check.sqltext))
            if asked:
                return int(asked[1])
    return 0


def _moment(column: Column[Any], _owner: Owner) -> Any:
    # "when it was archived, closed, revoked": a living row has none
    return None if column.nullable else datetime.now(UTC)


def _json(column: Column[Any], owner: Owner) -> Any:
    marked = owner.text(column)
    return [marked] if isinstance(_default(column), list) else {"text": marked}


def _enum(column: Column[Any], _owner: Owner) -> Any:
    kind: Any = column.type
    return _default(column) or next(iter(kind.enum_class or kind.enums))


def _text(column: Column[Any], owner: Owner) -> Any:
    return owner.text(column)


_GUESSES: dict[type[Any], Callable[[Column[Any], Owner], Any]] = {
    Enum: _enum,
    String: _text,
    JSON: _json,
    Uuid: lambda _, owner: owner.uuid,
    UtcDateTime: _moment,
    DateTime: _moment,
    Date: lambda column, _: None if column.nullable else date.today(),
    Boolean: lambda column, _: bool(_default(column)),
    Integer: lambda column, _: _default(column) or _least(column),
    Money: lambda *_: Decimal("1000.00"),
    Numeric: lambda *_: Decimal("1.00"),
    Float: lambda *_: 1.0,
    LargeBinary: lambda column, owner: owner.text(column).encode(),
}
