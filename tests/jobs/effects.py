"""A table that counts what handlers did, on a metadata of its own: the product's stays clean."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class EffectBase(DeclarativeBase):
    pass


class Effect(EffectBase):
    """One effect of one job. Nothing is unique: a doubled effect must show as two rows."""

    __tablename__ = "test_effect"
    __table_args__ = ({"info": {"system": True}},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(200))
