"""A contact as matching sees it: what is compared, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.api import match_set
from plugins.merge.matching.mailboxes import canonical_mailbox
from plugins.merge.matching.names import read_name

WRITTEN, VERIFIED, WHATSAPP = 0, 1, 2
"""How sure an address is: written down by somebody, verified by a channel, and by WhatsApp."""

MOST_ADDRESSES = 12
"""Of one kind; whoever has more numbers than that is no person."""


@dataclass(frozen=True)
class Entry:
    """One contact. `phones` and `mailboxes` map a canonical address to how sure it is; `accounts`
    are those that a provider says it shares with another contact (`links`).
    """

    words: tuple[str, ...] = ()
    city: str = ""
    phones: dict[str, int] | None = None
    mailboxes: dict[str, int] | None = None
    accounts: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be found by."""
        return not (self.words or self.phones or self.mailboxes or self.accounts)

    def stored(self) -> dict[str, Any]:
        """What JSON can hold; `of_stored` makes the same entry of it."""
        kept = {"w": self.words, "c": self.city, "p": self.phones or {}, "m": self.mailboxes or {}}
        return {**kept, "a": self.accounts} if self.accounts else kept

    @classmethod
    def of_stored(cls, kept: dict[str, Any]) -> Entry:
        """An entry that was kept, by this version or an older one."""
        return cls(
            tuple(kept.get("w") or ()),
            kept.get("c") or "",
            kept.get("p") or {},
            kept.get("m") or {},
            tuple(kept.get("a") or ()),
        )


def entry_of(
    name: str,
    phones: Iterable[tuple[str, int]],
    emails: Iterable[tuple[str, int]],
    accounts: Iterable[str] = (),
) -> Entry:
    """From a contact's name and its (address, how sure) pairs, fields and identities alike."""
    named = read_name(name)
    return Entry(
        named.words,
        named.city,
        _surest((canonical_phone(phone), sure) for phone, sure in phones),
        _surest((canonical_mailbox(email), sure) for email, sure in emails),
        tuple(accounts)[:MOST_ADDRESSES],
    )


def canonical_phone(address: str) -> str:
    """One spelling for a line that has several (Brazil's ninth digit …); "" for no number."""
    digits = address.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return ""
    return min(match_set(f"+{digits}"))


def _surest(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    surest: dict[str, int] = {}
    for address, sure in found:
        if address and (address in surest or len(surest) < MOST_ADDRESSES):
            surest[address] = max(sure, surest.get(address, WRITTEN))
    return surest
