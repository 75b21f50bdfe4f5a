"""What every noun stands on: one metadata, one mixin for tenant rows, and our column types."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    Table,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeEngine

from core.lean_fab import Model as FabModel


class Base(DeclarativeBase):
    """The core's own registry on the metadata that FAB's tables use too."""

    metadata = FabModel.metadata


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, on every database. SQLite would hand it back naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An amount with two decimals. SQLite has no exact decimal type: whole cents there."""

    impl = Numeric(18, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return BigInteger() if dialect.name == "sqlite" else Numeric(18, 2)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        value = Decimal(value).quantize(Decimal("0.01"))
        return int(value * 100) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return (Decimal(value) / 100).quantize(Decimal("0.01"))
        return Decimal(value)


Json = JSON().with_variant(JSONB(), "postgresql")


def choice(kind: type[StrEnum]) -> Enum:
    """A column type for a StrEnum: stored as its value, guarded by a CHECK."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=f"{kind.__name__.lower()}_choice",
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


class OwnedMixin:
    """A row with an owner: a tenant's session sees and writes its own tenant's only.

    By itself for the system tables that tenants' sessions may enter too, jobs and raw bodies.
    """

    @declared_attr
    @classmethod
    def tenant_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("tenant.id"), nullable=False, sort_order=-1)


class TenantMixin(OwnedMixin):
    """A row that belongs to one tenant."""

    id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-2)


class UuidMixin:
    """A row that the outside names, by an id that tells nothing."""

    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4)


class TimesMixin:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=now, onupdate=now, sort_order=91
    )


def tenant_table(*constraints: Any) -> tuple[Any, ...]:
    """`__table_args__` of a tenant table: the key that composite foreign keys point at, and ours.

    `sqlite_autoincrement`: SQLite would otherwise hand the id of a deleted row out again.
    """
    return (UniqueConstraint("tenant_id", "id"), *constraints, {"sqlite_autoincrement": True})


def tenant_fk(column: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that can't cross tenants: `(tenant_id, column) → target(tenant_id, id)`.

    `ondelete` may be CASCADE; SET NULL would clear `tenant_id` too.
    """
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete
    )


def is_walled(table: Table) -> bool:
    """True for tables that a tenant's session and row-level security show in part only."""
    is_shared = table.info.get("system") and not table.info.get("row_security")
    return "tenant_id" in table.c and not is_shared


def is_tenant_table(table: Table) -> bool:
    """True for tables whose rows belong to one tenant each, by their column."""
    return "tenant_id" in table.c and not table.info.get("system")
