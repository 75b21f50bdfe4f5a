"""A raw row of an address book, and its two hashes: whose it is, and all it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from core.api import Address, IdentityKind, ListedContact

MOST_RAW = 300
_LINE = "\x1f"


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it came. `numbers` are texts in the device's own spelling, with their kind.

    `is_wa`: numbers are WhatsApp's, which dials some that phonenumbers takes for invalid.
    """

    name: str
    numbers: tuple[tuple[str, str], ...]
    raw: str = ""
    is_wa: bool = True

    def said(self) -> dict[str, Any]:
        """As JSON, to be staged."""
        return {"n": self.name, "a": self.numbers, "r": self.raw[:MOST_RAW], "w": self.is_wa}


def row_of_said(said: dict[str, Any]) -> Row:
    """The row that was staged."""
    numbers = tuple((str(kind), str(text)) for kind, text in said.get("a", ()))
    return Row(str(said.get("n", "")), numbers, str(said.get("r", "")), bool(said.get("w")))


def row_of(listed: ListedContact) -> Row:
    """What a provider's address book says."""
    address = listed.address
    numbers = ((address.kind.value, address.value),) if address is not None else ()
    return Row(listed.name, numbers, listed.raw)


def digest_of_listed(listed: ListedContact) -> str:
    """Straight from what was listed: most rows are never looked at again."""
    said = f"{_own_name(listed)}{_LINE}{listed.name}"
    return blake2b(said.encode(), digest_size=16).hexdigest()


def key_of_listed(listed: ListedContact) -> str:
    """Whose entry it is."""
    return key_of(_own_name(listed))


def hashes_of_pushed(kind: str, address: str, name: str) -> tuple[str, str]:
    """(key, digest) of an entry that was pushed: a list that says the same changes nothing."""
    listed = ListedContact(Address(IdentityKind(kind), address), name)
    return key_of_listed(listed), digest_of_listed(listed)


def digest_of_row(row: Row) -> str:
    """For files, whose rows have no name of their own: all that a row says is its name, too."""
    said = _LINE.join([row.name, *(text for pair in row.numbers for text in pair), row.raw])
    return blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()


def key_of_row(row: Row) -> str:
    """Whose row it is: a changed one is another's."""
    return key_of(digest_of_row(row))


def _own_name(listed: ListedContact) -> str:
    address = listed.address
    return f"{address.kind.value}:{address.value}" if address is not None else f"raw:{listed.raw}"


def key_of(name: str) -> str:
    """A device's name for an entry as a hash: what is erased leaves no number behind."""
    return blake2b(name.encode(), digest_size=16, person=b"sapa sync key").hexdigest()


def first_of(numbers: Sequence[tuple[str, str]], kind: IdentityKind) -> str:
    """The first text of a kind, "" without."""
    return next((text for each, text in numbers if each == kind.value), "")
