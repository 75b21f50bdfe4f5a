"""Testing a connection to Meta: what is wrong is named, with what to do about it."""

from __future__ import annotations

from dataclasses import replace

from core.adapter import Account, Finding
from core.testing.providers.whatsapp_cloud import CloudSimulator
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import cloud_account, local_client


def findings(account: Account) -> list[Finding]:
    adapter = WhatsAppCloudAdapter()
    return list(adapter.check_connection(account, "https://sapa.example/x", local_client()))


def fault(account: Account) -> Finding:
    (wrong,) = [finding for finding in findings(account) if not finding.is_good]
    return wrong


def test_a_good_connection_has_no_fault() -> None:
    with CloudSimulator() as meta:
        assert [finding.is_good for finding in findings(cloud_account(meta.url))] == [True] * 3


def test_a_token_that_ended_is_named() -> None:
    with CloudSimulator() as meta:
        account = replace(cloud_account(meta.url), secrets={"access_token": "old"})
        assert "Generate token" in fault(account).advice
        assert "Generate token" in fault(replace(account, secrets={})).advice


def test_an_unknown_phone_number_id_is_named() -> None:
    with CloudSimulator() as meta:
        wrong = fault(cloud_account(meta.url, phone_number_id="1"))
        assert wrong.what == "Meta knows the phone number ID"
        assert "API Setup" in wrong.advice


def test_another_number_s_id_is_named() -> None:
    with CloudSimulator() as meta:
        wrong = fault(replace(cloud_account(meta.url), own_address="+6281234567890"))
        assert meta.numbers.display_phone_number in wrong.advice


def test_an_app_that_is_not_subscribed_is_named() -> None:
    with CloudSimulator(is_subscribed=False) as meta:
        assert "Verify and save" in fault(cloud_account(meta.url)).advice
        assert "Business Account ID" in fault(cloud_account(meta.url, waba_id="1")).advice


def test_a_meta_that_is_down_is_named() -> None:
    with CloudSimulator() as meta:
        meta.fail_next(status=503)
        assert fault(cloud_account(meta.url)).what == "Meta answers"
    assert fault(cloud_account()).what == "Meta answers"
