"""How far each folder of a mailbox was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import TenantMixin, UtcDateTime, now, plugin_registry, tenant_fk, tenant_table


class Base(DeclarativeBase):
    """The plugin's own base: a fault here can't break the core's mappers."""

    registry = plugin_registry("email")


class MailFolder(TenantMixin, Base):
    """One folder: all up to `last_uid` was read, while the server calls its numbers `uid_validity`.

    `mailbox` is whose it is: of another account the numbers mean something else.
    `failures`: how often reading it went wrong since it last went well. `is_down`: the channel was
    stopped for it.
    """

    __tablename__ = "email_folder"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id", "name"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(255))
    mailbox: Mapped[str] = mapped_column(String(255), default="")
    uid_validity: Mapped[int] = mapped_column(BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    failures: Mapped[int] = mapped_column(default=0)
    is_down: Mapped[bool] = mapped_column(default=False)
