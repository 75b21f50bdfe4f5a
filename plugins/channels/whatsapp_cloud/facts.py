"""How the number stands at Meta, asked for: quality, limit, name, whether it is registered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.api import Account, Fact, OutboundClient
from plugins.channels.whatsapp_cloud.events import limit_word, quality_fact
from plugins.channels.whatsapp_cloud.graph import call, node

FIELDS = (
    "display_phone_number,verified_name,quality_rating,status,platform_type,"
    "code_verification_status,name_status,is_on_biz_app,whatsapp_business_manager_messaging_limit"
)
WORKING = frozenset({"CONNECTED", "FLAGGED"})


def ask(account: Account, http: OutboundClient, **request: Any) -> dict[str, Any]:
    """The number as Meta describes it. Raises SendFailed, OutcomeUnknown."""
    number = node(str(account.settings.get("phone_number_id", "")))
    return call(account, http, "GET", f"{number}?fields={FIELDS}", **request)


def read_facts(account: Account, http: OutboundClient) -> Sequence[Fact]:
    """What Meta says of the number now. Raises SendFailed, OutcomeUnknown."""
    found = ask(account, http)
    facts = [quality_fact(found.get("quality_rating"))]
    if limit := limit_word(found.get("whatsapp_business_manager_messaging_limit")):
        facts.append(Fact("messaging_limit", limit))
    name = found.get("verified_name")
    if isinstance(name, str) and name:
        facts.append(Fact("verified_name", name[:160]))
    state = found.get("status")
    if isinstance(state, str) and state:
        words = state.replace("_", " ").capitalize()
        facts.append(Fact("number_state", words, is_bad=state not in WORKING))
    return [fact for fact in facts if fact is not None]
