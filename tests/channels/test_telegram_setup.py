"""Connecting a bot: the form, setWebhook, and the test of a connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from core.adapter import Finding
from core.outbound import SendFailed
from core.testing.providers.telegram import TOKEN, TelegramSimulator
from plugins.channels.telegram.adapter import TelegramAdapter
from plugins.channels.telegram.parse import UPDATES
from plugins.channels.telegram.settings import TelegramSettings
from tests.channels.cloud_account import local_client
from tests.channels.telegram_account import SECRET, bot_account

URL = "https://sapa.example/webhooks/0190f5a2-0000-7000-8000-000000000003"


@pytest.fixture
def telegram() -> Iterator[TelegramSimulator]:
    with TelegramSimulator(needs_https=True) as simulator:
        yield simulator


def findings(telegram: TelegramSimulator, url: str = URL) -> list[Finding]:
    account = bot_account(telegram.url)
    return list(TelegramAdapter().check_connection(account, url, local_client()))


def subscribe(telegram: TelegramSimulator, url: str = URL) -> None:
    TelegramAdapter().subscribe(bot_account(telegram.url), url, local_client())


def test_the_form_makes_a_secret_and_hides_both() -> None:
    settings = TelegramSettings(bot_token=f" {TOKEN} ")  # type: ignore[arg-type]  # as typed
    other = TelegramSettings(bot_token=TOKEN)  # type: ignore[arg-type]
    assert settings.bot_token.get_secret_value() == TOKEN
    assert len(settings.webhook_secret.get_secret_value()) >= 32
    assert settings.webhook_secret != other.webhook_secret
    assert TOKEN not in repr(settings)
    assert settings.api_url == "https://api.telegram.org"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bot_token", ""),
        ("bot_token", "@tokomelati_bot"),
        ("bot_token", "123456789"),
        ("webhook_secret", "short"),
        ("webhook_secret", "with spaces in it, which Telegram refuses"),
        ("api_url", "ftp://example.org"),
    ],
)
def test_the_form_refuses_with_its_field_named(field: str, value: str) -> None:
    form: dict[str, Any] = {"bot_token": TOKEN, field: value}
    with pytest.raises(ValidationError) as refused:
        TelegramSettings(**form)
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


def test_telegram_is_told_where_and_what_to_deliver(telegram: TelegramSimulator) -> None:
    subscribe(telegram)
    subscribe(telegram)
    assert telegram.webhook == {
        "url": URL,
        "secret_token": SECRET,
        "allowed_updates": list(UPDATES),
    }


def test_an_address_without_https_is_said_with_its_cure(telegram: TelegramSimulator) -> None:
    with pytest.raises(SendFailed) as failed:
        subscribe(telegram, "http://127.0.0.1:8080/webhooks/x")
    assert "SAPA_BASE_URL" in failed.value.reason


def test_only_our_own_webhook_is_taken_away(telegram: TelegramSimulator) -> None:
    adapter, account, http = TelegramAdapter(), bot_account(telegram.url), local_client()
    subscribe(telegram, "https://elsewhere.example/hook")
    adapter.unsubscribe(account, URL, http)
    assert telegram.webhook["url"] == "https://elsewhere.example/hook"
    subscribe(telegram)
    adapter.unsubscribe(account, URL, http)
    assert telegram.webhook == {}


def test_a_good_connection_is_all_good(telegram: TelegramSimulator) -> None:
    subscribe(telegram)
    found = findings(telegram)
    assert [finding.is_good for finding in found] == [True] * 4
    assert "Toko Melati (@tokomelati_bot)" in found[0].what
    assert telegram.sent == []


def test_a_webhook_elsewhere_and_without_https(telegram: TelegramSimulator) -> None:
    assert [finding.is_good for finding in findings(telegram)] == [True, False]
    assert "press Save" in findings(telegram)[1].advice
    (_bot, delivery) = findings(telegram, "http://127.0.0.1/webhooks/x")
    assert "SAPA_BASE_URL" in delivery.advice


def test_what_telegram_could_not_deliver_is_said(telegram: TelegramSimulator) -> None:
    subscribe(telegram)
    telegram.last_error = (int(time.time()), "Wrong response from the webhook: 502 Bad Gateway")
    assert "502 Bad Gateway" in findings(telegram)[-1].advice
    name, waiting, alert = TelegramAdapter().read_facts(bot_account(telegram.url), local_client())
    assert (name.value, waiting.value) == ("Toko Melati (@tokomelati_bot)", "0")
    assert alert.is_bad
    telegram.last_error = (int(time.time()) - 7200, "long ago")
    assert findings(telegram)[-1].is_good
    telegram.webhook["allowed_updates"] = ["message"]
    assert "edited_message, message_reaction" in findings(telegram)[2].advice


@pytest.mark.parametrize(
    ("status", "what", "words"),
    [
        (401, "Telegram takes the bot token", "@BotFather"),
        (404, "Telegram takes the bot token", "@BotFather"),
        (500, "Telegram answers", "Try again"),
    ],
)
def test_a_fault_is_said_with_its_cure(
    telegram: TelegramSimulator, status: int, what: str, words: str
) -> None:
    telegram.fail_next(status=status)
    (finding,) = findings(telegram)
    assert (finding.what, finding.is_good) == (what, False)
    assert words in finding.advice
