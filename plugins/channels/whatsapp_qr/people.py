"""Who is on the other side: JIDs in a payload, and which chats are nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.api import Address, IdentityKind, Jid, careful, match_set, read_jid

KINDS = {"phone": IdentityKind.PHONE, "lid": IdentityKind.LID}


@dataclass(frozen=True)
class Chat:
    """The chat of one event. `counted` says what it is where it is no person: it makes no customer.

    `addresses` are the other party's: the number first, for a LID can't be dialled.
    """

    addresses: tuple[Address, ...] = ()
    counted: str = ""


def chat_of(payload: dict[str, Any], own: str) -> Chat:
    """Read `chat_id` and the JIDs beside it. Raises careful.Unreadable for what is no JID.

    `own` is the channel's number: a chat with oneself is a notebook, not a customer. On a message
    of the owner's, `from` is the owner; the chat is always the other party.
    """
    text = careful.string(payload, "chat_id")
    jid = read_jid(text)
    if counted := _nobody(text, jid):
        return Chat(counted=counted)
    if not jid.is_person:
        raise careful.Unreadable(f"{text[:60]!r} is no address of a person.")
    found = [jid]
    keys = ["chat_lid"]
    if payload.get("is_from_me") is not True:
        keys += ["from", "from_lid"]
    for key in keys:
        other = read_jid(careful.optional_string(payload, key))
        if other.is_person and other.kind not in [each.kind for each in found]:
            found.append(other)
    found.sort(key=lambda each: each.kind == "lid")
    if any(each.kind == "phone" and is_same_line(each.address, own) for each in found):
        return Chat(counted="note_to_self")
    return Chat(tuple(Address(KINDS[each.kind], each.address) for each in found))


def is_same_line(one: str, other: str) -> bool:
    """Whether two numbers (`+` and digits) are one line, Brazil's ninth digit and so on aside."""
    return bool(one) and bool(other) and bool(set(match_set(one)) & set(match_set(other)))


def number_of(jid: str) -> str:
    """The number in a JID as `+` and digits; "" where it holds none."""
    read = read_jid(jid)
    return read.address if read.kind == "phone" else ""


def jid_of(address: Address) -> str:
    """The JID to send to; "" for a kind that WhatsApp doesn't reach."""
    if address.kind is IdentityKind.PHONE:
        return f"{address.value.removeprefix('+')}@s.whatsapp.net"
    if address.kind is IdentityKind.LID:
        return f"{address.value}@lid"
    return ""


def _nobody(text: str, jid: Jid) -> str:
    if jid.kind in ("group", "status", "newsletter", "bot"):
        return jid.kind
    return "broadcast" if text.strip().lower().endswith("@broadcast") else ""
