"""Whose messages a channel ignores (D13): nothing of them is kept but a counter."""

from __future__ import annotations

from collections.abc import Iterable

from core.inbound import Address, IdentityKind
from core.models import Channel, ChannelFilter, Contact
from core.phones import match_set
from core.services.addresses import Found


def is_ignored(channel: Channel, written: Iterable[Address], found: Found | None) -> bool:
    """Whether the channel's filter leaves out who is behind these addresses."""
    if channel.filter is ChannelFilter.KNOWN:
        return found is None
    if channel.filter is ChannelFilter.EXCEPT:
        return is_listed(channel, written, found.contact if found else None)
    return False


def is_listed(channel: Channel, written: Iterable[Address], contact: Contact | None) -> bool:
    """Whether a number is on the list *everyone except*: as written, or as the contact's own.

    A person who writes from a username, or in the other spelling of the same line, is meant too.
    """
    if channel.filter is not ChannelFilter.EXCEPT:
        return False
    numbers = {address.value for address in written if address.kind is IdentityKind.PHONE}
    if contact is not None:
        numbers |= {i.address for i in contact.identities if i.kind is IdentityKind.PHONE}
    listed = {spelling for number in channel.filter_numbers for spelling in match_set(number)}
    return any(not listed.isdisjoint(match_set(number)) for number in numbers)
