"""What matching keeps: keys, what is compared, pairs that may be one person, and the weights.

Keys and entries have no foreign keys, as the search tables have none: a contact has some seven
keys, and as many checks would cost more than writing it. An erased contact's go by its event.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, UniqueConstraint, desc
from sqlalchemy.orm import Mapped, mapped_column

from core.api import OwnedMixin, TenantMixin, UtcDateTime, now, tenant_fk, tenant_table
from plugins.merge.matching.keys import LONGEST
from plugins.merge.models import Base, Json

Key = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")


class MatchKey(OwnedMixin, Base):
    """A key and a contact that has it (`matching.keys`)."""

    __tablename__ = "merge_match_key"
    __table_args__ = {"sqlite_with_rowid": False}

    tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    contact_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class MatchCrowd(OwnedMixin, Base):
    """A key that more contacts have than are worth reading; `size` as of when it was counted."""

    __tablename__ = "merge_match_crowd"
    __table_args__ = {"sqlite_with_rowid": False}

    tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    size: Mapped[int] = mapped_column(Integer)


class MatchEntry(OwnedMixin, Base):
    """A contact as it is compared (`matching.entries`), ready to be read in one go."""

    __tablename__ = "merge_match_entry"
    __table_args__ = {"sqlite_with_rowid": False}

    tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry: Mapped[dict[str, Any]] = mapped_column(Json)


class MatchPair(TenantMixin, Base):
    """Two contacts that may be one person: the review queue. `contact_id` is the lower id.

    `bits` is the weight of all evidence, 0 for as likely as not; `evidence` holds codes.
    `skipped_at`: somebody looked and left it for later.
    """

    __tablename__ = "merge_match_pair"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "contact_id", "other_id"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("other_id", "contact", ondelete="CASCADE"),
        Index("ix_merge_match_pair_other", "tenant_id", "other_id"),
        Index("ix_merge_match_pair_bits", "tenant_id", desc("bits"), "id"),
    )

    contact_id: Mapped[int] = mapped_column(Integer)
    other_id: Mapped[int] = mapped_column(Integer)
    bits: Mapped[float]
    evidence: Mapped[list[str]] = mapped_column(Json, default=list)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    skipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MatchLink(TenantMixin, Base):
    """A provider said that these two are one account. `contact_id` is the lower id."""

    __tablename__ = "merge_match_link"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "contact_id", "other_id"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("other_id", "contact", ondelete="CASCADE"),
        Index("ix_merge_match_link_other", "tenant_id", "other_id"),
    )

    contact_id: Mapped[int] = mapped_column(Integer)
    other_id: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class MergeDigest(TenantMixin, Base):
    """A morning's digest: `merges` of the day before that needed nobody, told once."""

    __tablename__ = "merge_digest"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "due_at"))

    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    merges: Mapped[int]
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MatchModel(TenantMixin, Base):
    """What a night's estimation found. The newest one weighs; the older ones can be looked at.

    `weights` is `matching.weighing.stored`. `contacts`: how many there were; `pairs`: how many
    candidate pairs taught it.
    """

    __tablename__ = "merge_match_model"
    __table_args__ = tenant_table()

    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    contacts: Mapped[int]
    pairs: Mapped[int]
    weights: Mapped[dict[str, Any]] = mapped_column(Json)
