"""Connecting a number: what the form takes, and the handshake with Meta."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from core.adapter import SignatureRefused, WebhookRequest
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from plugins.channels.whatsapp_cloud.settings import CloudSettings
from tests.channels.cloud_account import cloud_account

FORM = {
    "own_number": "+62 812-3456-7890",
    "phone_number_id": "106540352242922",
    "waba_id": "102290129340398",
    "access_token": " EAAG-token ",
    "app_secret": "secret",
    "verify_token": "a-word",
}


def handshake(account: Any = None, **query: str) -> str | None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "a-word", "hub.challenge": "1158201444"}
    request = WebhookRequest("GET", "", {}, asked | query, b"")
    return WhatsAppCloudAdapter().handshake(account or cloud_account(), request)


def test_the_challenge_is_answered_as_it_came() -> None:
    assert handshake() == "1158201444"


@pytest.mark.parametrize(
    "query",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "é\udcff"},
        {"hub.mode": "unsubscribe"},
    ],
)
def test_another_handshake_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        handshake(**query)


def test_no_verify_token_refuses_the_empty_one_too() -> None:
    bare = replace(cloud_account(), secrets={"verify_token": ""})
    with pytest.raises(SignatureRefused) as refused:
        handshake(bare, **{"hub.verify_token": ""})
    assert refused.value.is_unconfigured


def test_D4_the_form_keeps_the_number_with_its_prefix_and_hides_secrets() -> None:
    settings = CloudSettings(**FORM)
    assert settings.own_number == "+6281234567890"
    assert settings.access_token.get_secret_value() == "EAAG-token"
    assert "EAAG" not in repr(settings)
    assert settings.graph_url == "https://graph.facebook.com/v25.0"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("own_number", "081234567890"),
        ("own_number", "+62"),
        ("phone_number_id", "+62 812"),
        ("waba_id", ""),
        ("access_token", "  "),
        ("app_secret", ""),
        ("graph_url", "ftp://example.org"),
    ],
)
def test_D4_the_form_refuses_with_its_field_named(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CloudSettings(**FORM | {field: value})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


def test_every_field_has_a_title_and_a_description() -> None:
    for field in CloudSettings.model_fields.values():
        assert field.title
        assert field.description
    secret = [n for n, f in CloudSettings.model_fields.items() if f.annotation is SecretStr]
    assert secret == ["access_token", "app_secret", "verify_token"]
