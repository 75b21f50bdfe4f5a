"""What goes in and what came of it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.inbound import Address

FIELDS = ("name", "phone", "email")


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One person of an address book. The first of `addresses` decides who it is.

    The others join the person where nobody has them. An office's number stands in many entries:
    taken for the same person, it would pour them into one.
    """

    addresses: tuple[Address, ...]
    name: str = ""


class BookOutcome(StrEnum):
    """What an entry did to the address book."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field's value and who had set it, before and after. "" as a source: nobody."""

    field: str
    before: str
    after: str
    source_before: str = ""
    source_after: str = ""


@dataclass(slots=True)
class Brought:
    """What became of one entry. `contact_id` is None in the plan of a new one."""

    outcome: BookOutcome
    contact_id: int | None = None
    changes: tuple[FieldChange, ...] = ()
    kept: tuple[str, ...] = ()
    """Fields that stay as a person set them."""
