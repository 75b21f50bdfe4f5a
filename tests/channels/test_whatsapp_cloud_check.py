"""Testing a connection to Meta: what is wrong is named, with what to do about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.adapter import Account, Finding
from core.testing.providers.whatsapp_cloud import ALL_FIELDS, CloudSimulator
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import SECRETS, cloud_account, local_client

HERE = "https://sapa.example/webhooks/x"


def simulated(**changes: Any) -> CloudSimulator:
    return CloudSimulator(**({"callback_url": HERE} | changes))


def findings(account: Account) -> list[Finding]:
    return list(WhatsAppCloudAdapter().check_connection(account, HERE, local_client()))


def fault(account: Account) -> Finding:
    (wrong,) = [finding for finding in findings(account) if not finding.is_good]
    return wrong


def test_a_good_connection_has_no_fault() -> None:
    with simulated() as meta:
        found = findings(cloud_account(meta.url))
    assert [(f.is_good, f.advice) for f in found] == [(True, "")] * 7
    assert {call.method for call in meta.calls} == {"GET"}


def test_a_token_that_ended_is_named() -> None:
    with simulated() as meta:
        account = replace(cloud_account(meta.url), secrets={"access_token": "old"})
        assert "Generate token" in fault(account).advice
        assert "Generate token" in fault(replace(account, secrets={})).advice


def test_an_unknown_phone_number_id_is_named() -> None:
    with simulated() as meta:
        wrong = fault(cloud_account(meta.url, phone_number_id="1"))
        assert wrong.what == "Meta knows the phone number ID"
        assert "API Setup" in wrong.advice


def test_another_number_s_id_is_named() -> None:
    with simulated() as meta:
        wrong = fault(replace(cloud_account(meta.url), own_address="+6281234567890"))
        assert meta.numbers.display_phone_number in wrong.advice


@pytest.mark.parametrize(
    ("status", "cure"),
    [("PENDING", "register it"), ("DISCONNECTED", "register it"), ("BANNED", "Account quality")],
)
def test_a_number_that_is_not_registered_is_named(status: str, cure: str) -> None:
    with simulated(number={"status": status}) as meta:
        wrong = fault(cloud_account(meta.url))
    assert wrong.what == "The number is registered with the Cloud API"
    assert cure in wrong.advice


def test_another_app_s_secret_is_named_before_any_webhook_is_refused() -> None:
    with simulated() as meta:
        wrong = fault(replace(cloud_account(meta.url), secrets=SECRETS | {"app_secret": "other"}))
    assert wrong.what == "The app secret belongs to the app of the token"
    assert "App settings > Basic" in wrong.advice


def test_a_missing_permission_is_named() -> None:
    with simulated(scopes=("whatsapp_business_messaging",)) as meta:
        wrong = fault(cloud_account(meta.url))
    assert "whatsapp_business_management" in wrong.advice
    assert "whatsapp_business_messaging" not in wrong.advice


def test_an_app_that_is_not_subscribed_is_named() -> None:
    with simulated(is_subscribed=False) as meta:
        assert "Verify and save" in fault(cloud_account(meta.url)).advice
        assert "Business Account ID" in fault(cloud_account(meta.url, waba_id="1")).advice


def test_an_app_without_a_webhook_is_named() -> None:
    with simulated(webhook_fields=None) as meta:
        assert fault(cloud_account(meta.url)).what == "The app has a webhook"


def test_a_webhook_that_leads_elsewhere_is_named() -> None:
    with simulated(callback_url="https://old.example/hook") as meta:
        wrong = fault(cloud_account(meta.url))
    assert "https://old.example/hook" in wrong.advice
    assert HERE in wrong.advice


def test_missing_webhook_fields_are_named() -> None:
    fields = tuple(name for name in ALL_FIELDS if name not in ("messages", "history"))
    with simulated(webhook_fields=fields) as meta:
        wrong = fault(cloud_account(meta.url))
        assert wrong.advice.startswith("Missing: messages.")
        meta.number = {"is_on_biz_app": True}  # coexistence: its own fields are needed, too
        assert "messages, history" in fault(cloud_account(meta.url)).advice


def test_a_wanted_field_that_is_missing_is_a_hint() -> None:
    fields = tuple(name for name in ALL_FIELDS if name != "account_update")
    with simulated(webhook_fields=fields) as meta:
        found = findings(cloud_account(meta.url))
    assert all(finding.is_good for finding in found)
    assert "account_update" in found[-1].advice


def test_a_meta_that_is_down_is_named() -> None:
    with simulated() as meta:
        meta.fail_next(status=503)
        assert fault(cloud_account(meta.url)).what == "Meta answers"
    assert fault(cloud_account()).what == "Meta answers"
