"""Testing a connection of Messenger and Instagram: what is wrong is named, with its cure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.adapter import Account, Adapter, ChecksConnection, Finding
from core.outbound import SendFailed
from core.testing.providers.messenger import FIELDS, PageSimulator, instagram_simulator
from plugins.channels.instagram.adapter import InstagramAdapter
from plugins.channels.messenger.adapter import MessengerAdapter
from tests.channels.cloud_account import local_client
from tests.channels.meta_accounts import SECRETS, gram_account, page_account

HERE = "https://sapa.example/webhooks/x"


def findings(adapter: Adapter, account: Account) -> list[Finding]:
    assert isinstance(adapter, ChecksConnection)
    return list(adapter.check_connection(account, HERE, local_client()))


def faults(account: Account, adapter: Adapter | None = None) -> list[str]:
    found = findings(adapter or MessengerAdapter(), account)
    return [f"{each.what}: {each.advice}" for each in found if not each.is_good]


def simulated(**changes: Any) -> PageSimulator:
    return PageSimulator(**({"callback_url": HERE} | changes))


def test_a_good_page_and_a_good_account_have_no_fault() -> None:
    with simulated() as page, instagram_simulator(callback_url=HERE) as gram:
        good = findings(MessengerAdapter(), page_account(page.url))
        good += findings(InstagramAdapter(), gram_account(gram.url))
        assert [(each.is_good, each.advice) for each in good] == [(True, "")] * 12
        assert {call.method for call in [*page.calls, *gram.calls]} == {"GET"}


def test_an_account_that_is_linked_to_a_page() -> None:
    with instagram_simulator(
        callback_url=HERE,
        node="104",
        scopes=("instagram_manage_messages", "pages_manage_metadata"),
    ) as gram:
        account = gram_account(gram.url, page_id="104")
        assert faults(account, InstagramAdapter()) == []
        gram.linked_id = "17841400000000999"
        (wrong,) = faults(account, InstagramAdapter())
        assert "17841400000000999" in wrong


def test_a_token_that_ended_is_named() -> None:
    with simulated() as page:
        old = replace(page_account(page.url), secrets=SECRETS | {"access_token": "old"})
        (wrong,) = faults(old)
        assert "Access tokens > Generate" in wrong


def test_a_token_of_somebody_else_is_named() -> None:
    with simulated() as page, instagram_simulator(callback_url=HERE) as gram:
        wrong = faults(page_account(page.url, page_id="5"))
        assert "104857600000001" in wrong[0]
        assert "178" in faults(gram_account(gram.url, ig_id="5"), InstagramAdapter())[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scopes": ("pages_messaging",)}, "pages_manage_metadata"),
        ({"subscribed": None}, "Meta delivers nothing"),
        ({"subscribed": ("message_echoes",)}, "Missing: messages"),
        ({"webhook_fields": None}, "enter the webhook address"),
        ({"callback_url": "https://old.example/"}, "https://old.example/"),
        ({"webhook_fields": FIELDS[1:]}, "Missing: messages"),
    ],
)
def test_what_is_missing_is_named(change: dict[str, Any], said: str) -> None:
    with simulated(**change) as page:
        (wrong,) = faults(page_account(page.url))
        assert said in wrong


def test_another_app_s_secret_is_named() -> None:
    with simulated() as page:
        account = replace(page_account(page.url), secrets=SECRETS | {"app_secret": "other"})
        assert "App settings > Basic" in faults(account)[0]


def test_a_meta_that_is_down_is_named() -> None:
    assert faults(page_account())[0].startswith("Meta answers")
    with simulated() as page:
        page.fail_next(status=400, code=100)
        assert faults(page_account(page.url))[0].startswith("Messenger")


def test_the_page_is_subscribed_and_let_go() -> None:
    with simulated(subscribed=None) as page:
        adapter, account = MessengerAdapter(), page_account(page.url)
        adapter.subscribe(account, HERE, local_client())
        assert page.subscribed == FIELDS
        page.fail_next(status=403, code=200)  # it may write and not subscribe: the guide's step
        adapter.subscribe(account, HERE, local_client())
        page.fail_next(status=401, code=190)
        with pytest.raises(SendFailed):
            adapter.subscribe(account, HERE, local_client())
        adapter.unsubscribe(account, HERE, local_client())
        assert page.subscribed is None
