"""Who is on the other side of a message: from the message itself and the profiles beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.api import Address
from plugins.channels.whatsapp_cloud.reading import (
    MAX_NAME,
    MAX_TEXT,
    Unreadable,
    address,
    optional_mapping,
    optional_string,
    refuse_unstorable,
)


@dataclass(frozen=True)
class Profile:
    """An element of `contacts`: the number and the BSUID, either may be empty, and a name."""

    wa_id: str
    user_id: str
    name: str


@dataclass(frozen=True)
class Origin:
    """What the surrounding change says about its messages. `thread`: a history thread's party."""

    profiles: tuple[Profile, ...] = ()
    is_echo: bool = False
    is_history: bool = False
    thread: str = ""


@dataclass(frozen=True)
class Party:
    """The other person: addresses, the best to answer first, and the name they gave themselves."""

    addresses: tuple[Address, ...]
    name: str


def read_profiles(contacts: Any) -> tuple[Profile, ...]:
    """Read the profiles that can be read. A broken one costs a name, not the message beside it."""
    profiles = []
    for contact in contacts if isinstance(contacts, list) else []:
        if not isinstance(contact, dict):
            continue
        try:
            profiles.append(_profile(contact))
        except Unreadable:
            continue
    return tuple(profiles)


def other_party(item: dict[str, Any], origin: Origin) -> Party:
    """Name the other side of a message. Phone first: not every template may go to a BSUID.

    A profile belongs to the message whose number or BSUID it bears; a message that names neither
    (a person with a username) belongs to the only profile of the change. Never by position: a
    wrong guess would join two people.
    """
    side = "to" if origin.is_echo else "from"
    phone = optional_string(item, side) or origin.thread
    user = optional_string(item, f"{side}_user_id")
    profile = _match(phone, user, origin.profiles)
    values = (phone or profile.wa_id, user or profile.user_id)
    addresses = tuple(dict.fromkeys(address(value) for value in values if value))
    if not addresses:
        raise Unreadable("The message doesn't say whom it is from or to.")
    return Party(addresses, profile.name)


def _match(phone: str, user: str, profiles: tuple[Profile, ...]) -> Profile:
    for profile in profiles:
        if (phone and profile.wa_id == phone) or (user and profile.user_id == user):
            return profile
    if not phone and not user and len(profiles) == 1:
        return profiles[0]
    return Profile("", "", "")


def _profile(contact: dict[str, Any]) -> Profile:
    refuse_unstorable(contact)
    profile = optional_mapping(contact, "profile")
    name = optional_string(profile, "name", limit=MAX_TEXT) or optional_string(profile, "username")
    return Profile(
        wa_id=optional_string(contact, "wa_id"),
        user_id=optional_string(contact, "user_id"),
        name=name[:MAX_NAME],
    )
