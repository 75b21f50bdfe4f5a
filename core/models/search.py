"""What is searched: one row for each word of a message, of a name, of an address.

A word's beginning is a range (`token >= 'lap' and token < 'lap\uffff'`), which is leakproof under
row-level security and the same on SQLite. `ILIKE '%…%'` reads the whole table there. Rows are
written by `services.search_index`, in the transaction of what they are about.

Neither table has a key of its own, nor foreign keys: a message has some eight words, and eight
checks for each would cost more than the message. What goes, goes through `search_index` too.
"""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, OwnedMixin

TOKEN_CHARACTERS = 24

# bytes in order: a range over a language's own order would miss words
Token = String(TOKEN_CHARACTERS).with_variant(String(TOKEN_CHARACTERS, collation="C"), "postgresql")


class MessageToken(OwnedMixin, Base):
    """A word that stands in a message."""

    __tablename__ = "message_token"
    __table_args__ = {"sqlite_with_rowid": False}

    tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(Token, primary_key=True)
    message_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class ContactToken(OwnedMixin, Base):
    """A word of a contact's name or e-mail address, or the end of one of its numbers."""

    __tablename__ = "contact_token"
    __table_args__ = {"sqlite_with_rowid": False}

    tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(Token, primary_key=True)
    contact_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
