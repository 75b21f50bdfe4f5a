"""Who is behind an id of the Messenger Platform: its webhooks bear no names."""

from __future__ import annotations

from core.adapter import Account
from core.inbound import Address
from core.meta.dialect import Dialect
from core.meta.graph import node
from core.outbound import OutboundClient

PERSON_FIELDS = ("name", "first_name", "last_name", "username")


def fetch_name(dialect: Dialect, account: Account, address: Address, http: OutboundClient) -> str:
    """The name that somebody goes by, "" where Meta tells none. Raises SendFailed, OutcomeUnknown.

    Meta tells it of people who wrote to the page, as far as the app may know (the feature
    *Business Asset User Profile Access*).
    """
    asked = ",".join(dialect.name_fields)
    found = dialect.graph.call(account, http, "GET", node(address.value), params={"fields": asked})
    told = {
        field: value.strip()
        for field in PERSON_FIELDS
        if isinstance(value := found.get(field), str)
    }
    full = told.get("name") or " ".join(
        filter(None, (told.get("first_name"), told.get("last_name")))
    )
    return full or told.get("username", "")
