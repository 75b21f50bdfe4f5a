"""Tenants, who works in them, and what their plan lets them switch on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    choice,
    now,
    tenant_table,
)


class NumberStyle(StrEnum):
    """How a tenant reads phone numbers: `62821…` or `+62821…`."""

    PLAIN = "plain"
    PLUS = "plus"


class Plan(Base):
    """What a tenant pays for: which plugins it may switch on, and its limits."""

    __tablename__ = "plan"
    __table_args__ = ({"info": {"system": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(80))
    plugins: Mapped[list[str]] = mapped_column(Json, default=list)
    limits: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    rank: Mapped[int] = mapped_column(default=0)

    def __str__(self) -> str:
        return self.title


class Tenant(TimesMixin, Base):
    """A business that uses this installation.

    `switch_version` grows with every plugin switch, so that each process sees it at once.
    `limits_agents`: agents see and get only the channels that they are allocated to. It becomes
    true with the first allocation and stays so: taking the last one away must not open the rest.
    `stop_words`, `start_words`: what opts a customer out and in again; None is our own list.
    """

    __tablename__ = "tenant"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    time_zone: Mapped[str] = mapped_column(String(60), default="Asia/Jakarta")
    default_region: Mapped[str] = mapped_column(String(2), default="ID")
    number_style: Mapped[NumberStyle] = mapped_column(choice(NumberStyle), default=NumberStyle.PLUS)
    locale: Mapped[str] = mapped_column(String(10), default="en")
    is_active: Mapped[bool] = mapped_column(default=True)
    switch_version: Mapped[int] = mapped_column(default=0)
    limits_agents: Mapped[bool] = mapped_column(default=False)
    stop_words: Mapped[list[str] | None] = mapped_column(Json, default=None)
    start_words: Mapped[list[str] | None] = mapped_column(Json, default=None)

    plan: Mapped[Plan] = relationship(Plan, lazy="joined")

    def __str__(self) -> str:
        return self.name


class Presence(StrEnum):
    """What a person says of themselves. Who has no page open is offline, whatever they said."""

    ONLINE = "online"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


DEFAULT_CAPACITY = 20


class Membership(TenantMixin, TimesMixin, Base):
    """A person in a tenant, with that tenant's roles. Work is assigned to memberships.

    `presence` is what they chose, `seen_at` when a page of theirs last gave a sign of life.
    `capacity`: how many conversations that aren't closed routing may give them. `open_count` is how
    many they have: a trigger on `conversation` keeps it, whoever writes there. `promised` are those
    that a running transaction gives by `services.giving`, `beyond` those over capacity that people
    gave, or that came back by themselves.
    """

    __tablename__ = "membership"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "user_id"),
        CheckConstraint("open_count + promised <= capacity + beyond", name="within_capacity"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    roles: Mapped[list[str]] = mapped_column(Json, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    presence: Mapped[Presence] = mapped_column(choice(Presence), default=Presence.ONLINE)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    capacity: Mapped[int] = mapped_column(default=DEFAULT_CAPACITY)
    open_count: Mapped[int] = mapped_column(default=0)
    promised: Mapped[int] = mapped_column(default=0)
    beyond: Mapped[int] = mapped_column(default=0)

    user: Mapped[User] = relationship(
        User, primaryjoin=lambda: foreign(Membership.user_id) == User.id, lazy="joined"
    )

    @property
    def name(self) -> str:
        return f"{self.user.first_name} {self.user.last_name}".strip() or self.user.username

    def __str__(self) -> str:
        return self.name


class PluginSwitch(TenantMixin, Base):
    """One plugin in one tenant: on or off, and its settings. No row: the plugin's default."""

    __tablename__ = "plugin_switch"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "plugin"))

    plugin: Mapped[str] = mapped_column(String(40))
    is_enabled: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


class ApiToken(TenantMixin, Base):
    """A program's key to one tenant: only its digest is kept, its scopes are enforced."""

    __tablename__ = "api_token"
    __table_args__ = tenant_table()

    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    scopes: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.name


class UserState(Base):
    """What FAB's user row has no place for: the session version that a logout ends, and the locale.

    Tokens and cookies carry `session_version`; a mismatch means signed out.
    """

    __tablename__ = "user_state"
    __table_args__ = ({"info": {"system": True}},)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True
    )
    session_version: Mapped[int] = mapped_column(BigInteger, default=0)
    last_tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id"))
    locale: Mapped[str | None] = mapped_column(String(10))


class SecurityVersion(Base):
    """One row whose number grows with every change of a role's permissions."""

    __tablename__ = "security_version"
    __table_args__ = ({"info": {"system": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=1)
