"""What Meta says of the account, the number and the templates, in words and facts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.inbound import BadItem, ChannelChanged, TemplateChanged
from core.listed_templates import TemplateState
from core.testing.providers.whatsapp_cloud_rules import Template
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import NUMBERS, cloud_account

PAID = Template("order_paid", "id")


def told(field: str, value: dict[str, Any]) -> Any:
    raw = json.dumps(NUMBERS.body(NUMBERS.change(field, value))).encode()
    (item,) = WhatsAppCloudAdapter().parse(cloud_account(), raw)
    return item


def facts_of(item: ChannelChanged) -> dict[str, tuple[str, bool]]:
    return {fact.name: (fact.value, fact.is_bad) for fact in item.facts}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"event": "ACCOUNT_DELETED"}, "down"),
        ({"event": "PARTNER_REMOVED"}, "down"),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, "down"),
        (
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}},
            "bad",
        ),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, "up"),
        (
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}],
            },
            "bad",
        ),
        (
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [
                    {"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}
                ],
            },
            "down",
        ),
        (
            {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ALCOHOL"}},
            "bad",
        ),
        ({"event": "VERIFIED_ACCOUNT"}, "told"),
        ({"event": 5, "ban_info": "x", "restriction_info": 7}, "told"),
    ],
)
def test_what_happens_to_an_account(value: dict[str, Any], outcome: str) -> None:
    item = told("account_update", value)
    assert isinstance(item, ChannelChanged)
    flags = {"down": item.is_down, "up": item.is_up, "bad": item.is_bad and not item.is_down}
    assert [name for name, flag in flags.items() if flag] == (
        [outcome] if outcome != "told" else []
    )
    if outcome in ("down", "bad"):
        assert "Account quality" in item.reason  # the way back
        assert facts_of(item)["account_state"][1]


@pytest.mark.parametrize(
    ("value", "facts", "is_bad"),
    [
        (
            {"event": "FLAGGED", "current_limit": "TIER_1K"},
            {"messaging_limit": ("1,000 customers a day", False), "quality": ("Low", True)},
            True,
        ),
        (
            {"event": "DOWNGRADE", "max_daily_conversations_per_business": "TIER_250"},
            {"messaging_limit": ("250 customers a day", True)},
            True,
        ),
        (
            {"event": "UPGRADE", "max_daily_conversations_per_business": "TIER_UNLIMITED"},
            {"messaging_limit": ("Unlimited", False)},
            False,
        ),
        ({"event": "ONBOARDING", "current_limit": None}, {}, False),
    ],
)
def test_the_number_s_quality_and_limit(
    value: dict[str, Any], facts: dict[str, Any], is_bad: bool
) -> None:
    own = {"display_phone_number": NUMBERS.display_phone_number}
    item = told("phone_number_quality_update", own | value)
    assert (facts_of(item), item.is_bad, item.is_down) == (facts, is_bad, False)


def test_limits_of_the_portfolio_come_as_numbers_or_tiers() -> None:
    for value, words in ((2000, "2,000 customers a day"), (-1, "Unlimited")):
        item = told("business_capability_update", {"max_daily_conversations_per_business": value})
        assert facts_of(item) == {"messaging_limit": (words, False)}
    assert told("business_capability_update", {"max_phone_numbers_per_waba": 25}).facts == ()


def test_the_name_that_customers_see() -> None:
    own = {"display_phone_number": NUMBERS.display_phone_number}
    wanted = own | {"requested_verified_name": "Toko Melati"}
    agreed = told("phone_number_name_update", wanted | {"decision": "APPROVED"})
    assert facts_of(agreed) == {"verified_name": ("Toko Melati", False)}
    refused = told(
        "phone_number_name_update",
        wanted | {"decision": "REJECTED", "rejection_reason": "NAME_EXISTING"},
    )
    assert (refused.is_bad, refused.facts) == (True, ())
    assert "name existing" in refused.reason


def test_alerts_say_how_grave_they_are() -> None:
    alert = {"alert_type": "OBA_DENIED", "alert_description": "Not eligible"}
    for severity, is_bad in (("CRITICAL", True), ("WARNING", True), ("INFORMATIONAL", False)):
        item = told("account_alerts", {"alert_info": alert | {"alert_severity": severity}})
        assert (item.is_bad, item.reason) == (is_bad, "Oba denied: Not eligible")


@pytest.mark.parametrize(
    ("event", "reason", "state", "words"),
    [
        ("APPROVED", "NONE", TemplateState.APPROVED, ""),
        ("REJECTED", "INVALID_FORMAT", TemplateState.REJECTED, "formatting"),
        ("PAUSED", "NONE", TemplateState.PAUSED, "paused for 3 hours"),
        ("FLAGGED", "NONE", TemplateState.APPROVED, ""),
        ("DISABLED", "NONE", TemplateState.DISABLED, ""),
        ("PENDING_DELETION", "NONE", TemplateState.GONE, ""),
        ("SOMETHING_OF_2030", "NONE", TemplateState.PENDING, ""),
    ],
)
def test_decisions_on_templates(event: str, reason: str, state: TemplateState, words: str) -> None:
    more = {"other_info": {"title": "FIRST_PAUSE", "description": "paused for 3 hours"}}
    value = PAID.update(event, reason, **(more if event == "PAUSED" else {}))
    item = told("message_template_status_update", value)
    assert isinstance(item, TemplateChanged)
    assert (item.provider_id, item.state) == (PAID.id, state)
    assert words in item.reason


def test_quality_and_category_of_templates() -> None:
    about = {"message_template_id": int(PAID.id), "message_template_name": PAID.name}
    better = told("message_template_quality_update", about | {"new_quality_score": "YELLOW"})
    assert (better.quality, better.state) == ("yellow", None)
    moved = told("template_category_update", about | {"new_category": "MARKETING"})
    assert moved.category == "marketing"


def test_a_decision_on_no_template_is_a_bad_item() -> None:
    assert isinstance(told("message_template_status_update", {"event": "APPROVED"}), BadItem)
    about = {"message_template_id": 1, "message_template_name": "x"}
    assert isinstance(told("template_category_update", about), BadItem)
