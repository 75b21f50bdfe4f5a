"""Who takes part in a conversation: webhooks name nobody."""

from __future__ import annotations

from core.api import Account, Address, IdentityKind, OutboundClient
from plugins.channels.tiktok_shop.calls import call, segment

VERSION = "202601"
"""The first that tells who takes part."""


def fetch_name(account: Account, address: Address, http: OutboundClient) -> str:
    """The buyer's nickname, or "". Raises SendFailed, OutcomeUnknown."""
    if address.kind is not IdentityKind.TIKTOK_IM:
        return ""
    path = f"/customer_service/{VERSION}/conversations/{segment(address.value)}"
    talk = call(account, http, "GET", path, total=15.0).get("conversation")
    people = talk.get("participants") if isinstance(talk, dict) else None
    for person in people if isinstance(people, list) else []:
        if isinstance(person, dict) and person.get("role") == "BUYER":
            name = person.get("nickname")
            return name if isinstance(name, str) else ""
    return ""
