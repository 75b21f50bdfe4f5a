"""Orders. Their status and payment can't be written, only moved by operations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Money,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    UuidMixin,
    choice,
    tenant_fk,
    tenant_table,
)
from core.models.contact import Contact


class OrderStatus(StrEnum):
    """new (a draft) → processing → shipped → received, or cancelled."""

    NEW = "new"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class PaymentState(StrEnum):
    """How much of the invoice is verified as paid."""

    UNPAID = "unpaid"
    PART = "part"
    PAID = "paid"


class Order(TenantMixin, UuidMixin, TimesMixin, Base):
    """An order of a contact, with its invoice.

    `episode` grows when a payment is reversed or the order reopened (B12).
    """

    __tablename__ = "order"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "source", "external_id"),
        tenant_fk("contact_id", "contact"),
        Index("ix_order_contact", "tenant_id", "contact_id"),
    )

    number: Mapped[str] = mapped_column(String(60), default="")
    contact_id: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(String(3), default="IDR")
    total: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    paid: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    status: Mapped[OrderStatus] = mapped_column(choice(OrderStatus), default=OrderStatus.NEW)
    payment: Mapped[PaymentState] = mapped_column(choice(PaymentState), default=PaymentState.UNPAID)
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    estimated_date: Mapped[date | None] = mapped_column(Date)
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking_number: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(40), default="desk")
    external_id: Mapped[str | None] = mapped_column(String(120))
    episode: Mapped[int] = mapped_column(default=1)
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Order.contact_id) == Contact.id
    )
    lines: Mapped[list[OrderLine]] = relationship(
        lambda: OrderLine,
        primaryjoin=lambda: foreign(OrderLine.order_id) == Order.id,
        viewonly=True,
        order_by=lambda: OrderLine.id,
    )

    @property
    def is_draft(self) -> bool:
        """Whether it is only written down: nobody was told of it yet."""
        return self.status is OrderStatus.NEW

    def __str__(self) -> str:
        return self.number


class OrderLine(TenantMixin, Base):
    """One product of an order."""

    __tablename__ = "order_line"
    __table_args__ = tenant_table(tenant_fk("order_id", "order", ondelete="CASCADE"))

    order_id: Mapped[int] = mapped_column(Integer)
    product: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int] = mapped_column(default=1)
    price: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))

    order: Mapped[Order] = relationship(
        Order, primaryjoin=lambda: foreign(OrderLine.order_id) == Order.id
    )

    def __str__(self) -> str:
        return self.product
