"""The person (customer), the address-book entry (contact), and what reaches it (identity)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import Date, Index, Integer, String, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.inbound import IdentityKind
from core.models.base import (
    Base,
    Json,
    OwnedMixin,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    UuidMixin,
    choice,
    now,
    tenant_fk,
    tenant_table,
)


class FieldSource(StrEnum):
    """Who set a field of a contact. A device never overwrites a person (A12)."""

    PERSON = "person"
    DEVICE = "device"
    IMPORT = "import"
    PROVIDER = "provider"


class Consent(StrEnum):
    """Whether a contact may be written to unasked. Opt-out wins over everything."""

    UNKNOWN = "unknown"
    IN = "in"
    OUT = "out"


class Customer(TenantMixin, UuidMixin, TimesMixin, Base):
    """The person. Alone it is its contact's home; merged, contacts point at a group.

    Addresses and history stay with the contacts. `name`, `phone` and `email` are the profile shown:
    computed from the members (`services.profiles`), never written by hand, so that lists need no
    join. `version` grows with every change of its members: a preview that is older is stale (409).
    """

    __tablename__ = "customer"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        tenant_fk("successor_id", "customer"),
        Index("ix_customer_name", "tenant_id", "name"),
        # for whoever deletes a customer: the database looks for those that point at it
        Index(
            "ix_customer_successor",
            "tenant_id",
            "successor_id",
            sqlite_where=text("successor_id IS NOT NULL"),
            postgresql_where=text("successor_id IS NOT NULL"),
        ),
    )

    name: Mapped[str] = mapped_column(String(160), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")

    is_group: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    successor_id: Mapped[int | None] = mapped_column(Integer)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contacts: Mapped[list[Contact]] = relationship(
        lambda: Contact,
        primaryjoin=lambda: foreign(Contact.customer_id) == Customer.id,
        viewonly=True,
        order_by=lambda: Contact.id,
    )

    def __str__(self) -> str:
        return self.name or self.phone or self.email or f"#{self.id}"


class Label(TenantMixin, Base):
    """A coloured word that people put on contacts."""

    __tablename__ = "label"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "name"))

    name: Mapped[str] = mapped_column(String(40))
    color: Mapped[str] = mapped_column(String(20), default="teal")

    def __str__(self) -> str:
        return self.name


class LabelOnContact(OwnedMixin, Base):
    """A label that a contact wears. Read through this class, written by `services.labels`."""

    __tablename__ = "contact_label"
    __table_args__ = (
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("label_id", "label", ondelete="CASCADE"),
        Index("ix_contact_label_label", "tenant_id", "label_id", "contact_id"),
    )

    tenant_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    label_id: Mapped[int] = mapped_column(Integer, primary_key=True)


contact_label = cast(Table, LabelOnContact.__table__)


class Contact(TenantMixin, UuidMixin, TimesMixin, Base):
    """One address-book entry. `sources` keeps, per field, who set it: `{"name": "person"}`.

    `consent_by` is how the consent was told: keyword, link, person, provider, import.
    """

    __tablename__ = "contact"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        tenant_fk("customer_id", "customer"),
        tenant_fk("home_id", "customer"),
        Index("ix_contact_customer", "tenant_id", "customer_id"),
        Index("ix_contact_home", "tenant_id", "home_id"),
        Index("ix_contact_phone", "tenant_id", "phone"),
        Index("ix_contact_email", "tenant_id", "email"),
    )

    customer_id: Mapped[int] = mapped_column(Integer)
    home_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(160), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    birthday: Mapped[date | None] = mapped_column(Date)
    consent: Mapped[Consent] = mapped_column(choice(Consent), default=Consent.UNKNOWN)
    consent_by: Mapped[str | None] = mapped_column(String(20))
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sources: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    customer: Mapped[Customer] = relationship(
        Customer, primaryjoin=lambda: foreign(Contact.customer_id) == Customer.id
    )
    home: Mapped[Customer] = relationship(
        Customer, primaryjoin=lambda: foreign(Contact.home_id) == Customer.id
    )
    identities: Mapped[list[Identity]] = relationship(
        lambda: Identity,
        primaryjoin=lambda: foreign(Identity.contact_id) == Contact.id,
        viewonly=True,
        order_by=lambda: Identity.id,
    )
    labels: Mapped[list[Label]] = relationship(
        Label,
        secondary=contact_label,
        primaryjoin=lambda: Contact.id == contact_label.c.contact_id,
        secondaryjoin=lambda: Label.id == contact_label.c.label_id,
        viewonly=True,  # a write through it would leave the tenant out
        order_by=Label.name,
    )

    def __str__(self) -> str:
        return self.name or self.phone or self.email or f"#{self.id}"


class Identity(TenantMixin, Base):
    """An address that reaches a contact, unique in (tenant, scope, kind, address).

    `scope` is 0 for phone and e-mail, which hold over all channels, else the channel's id; never
    NULL, which would be unequal to itself in the unique index.
    """

    __tablename__ = "identity"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "scope", "kind", "address"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        Index("ix_identity_contact", "tenant_id", "contact_id"),
    )

    contact_id: Mapped[int] = mapped_column(Integer)
    scope: Mapped[int] = mapped_column(default=0)
    kind: Mapped[IdentityKind] = mapped_column(choice(IdentityKind))
    address: Mapped[str] = mapped_column(String(254))
    is_verified: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Identity.contact_id) == Contact.id
    )

    def __str__(self) -> str:
        return self.address
