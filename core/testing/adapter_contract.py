"""What every channel adapter keeps, as tests: subclass `AdapterContract` and say how yours is fed.

    class TestMyAdapter(AdapterContract):
        adapter = MyAdapter()
        ...

The answers marked *provide* below are all that it needs. Every test here runs against a provider
that speaks real HTTP (`core.testing.providers`), through the core's own outbound client.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest

from core.adapter import (
    Account,
    Adapter,
    MalformedBody,
    OutboundMessage,
    SignatureRefused,
    WebhookRequest,
)
from core.inbound import Address, BadItem, Counted, InboundMessage, Item, MessageKind
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.testing.providers.base import ProviderSimulator

WEBHOOK_URL = "https://sapa.example/webhooks/0190f5a2-0000-7000-8000-000000000001"
UNUSED_PORT_URL = "http://127.0.0.1:9"  # the discard port: nothing listens there


class AdapterContract:
    """The tests. `secret_names` are the account's secrets that `verify` needs.

    Two exemptions, each with its reason: `why_no_opaque_id` for a provider without a field for our
    id, whose sends are told apart by their text here; `why_no_batches` for one that never puts two
    events into one body, whose items then come of a body each.
    """

    adapter: ClassVar[Adapter]
    secret_names: ClassVar[tuple[str, ...]]
    why_no_opaque_id: ClassVar[str] = ""
    why_no_batches: ClassVar[str] = ""

    # Provide these.

    def provider(self) -> AbstractContextManager[ProviderSimulator]:
        """Provide the provider's simulator, not yet started."""
        raise AssertionError("provide provider()")

    def account(self, base_url: str) -> Account:
        """Provide a connected account whose provider listens at `base_url`."""
        raise AssertionError("provide account()")

    def client(self) -> OutboundClient:
        """Provide an outbound client that may reach 127.0.0.1 and gives up within a second."""
        raise AssertionError("provide client()")

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        """Provide the headers (lower case) with which the provider proves `body`."""
        raise AssertionError("provide signature()")

    def raw_message(self, provider_id: str, sender: str, text: str) -> dict[str, Any]:
        """Provide one text message as the provider writes it; `sender` is `+` and digits."""
        raise AssertionError("provide raw_message()")

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        """Provide a message of a kind that doesn't exist yet."""
        raise AssertionError("provide raw_unknown()")

    def body(self, groups: list[list[dict[str, Any]]]) -> bytes:
        """Provide a body with these messages: each group in a part of its own, if there are any."""
        raise AssertionError("provide body()")

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        """Provide the opaque ids in the order in which the provider got them.

        With `why_no_opaque_id`: the texts instead.
        """
        raise AssertionError("provide sent_opaques()")

    def credential_error(self, provider: ProviderSimulator) -> None:
        """Make the provider refuse the next call for its credentials."""
        provider.fail_next(status=401)

    def address(self) -> Address:
        """An address that the adapter can send to."""
        return Address(self.adapter.capabilities.identity_kinds[0], "+6281234567890")

    # What is run.

    @pytest.fixture
    def running(self) -> Iterator[ProviderSimulator]:
        with self.provider() as provider:
            yield provider

    def message(self, **changes: Any) -> OutboundMessage:
        opaque = str(uuid.uuid4())
        message = OutboundMessage(
            to=self.address(), opaque=opaque, kind=MessageKind.TEXT, text=f"Halo {opaque[:8]}"
        )
        return dataclasses.replace(message, **changes)

    def mark(self, message: OutboundMessage) -> str:
        """What tells this message apart at the provider."""
        return message.text if self.why_no_opaque_id else message.opaque

    def request(self, body: bytes, headers: dict[str, str]) -> WebhookRequest:
        return WebhookRequest("POST", WEBHOOK_URL, headers, {}, body)

    def items(self, groups: list[list[dict[str, Any]]]) -> list[Item]:
        if self.why_no_batches:
            bodies = [self.body([[raw]]) for group in groups for raw in group]
        else:
            bodies = [self.body(groups)]
        found: list[Item] = []
        for body in bodies:
            self.adapter.check(body)
            found.extend(self.adapter.parse(self.account(UNUSED_PORT_URL), body))
        return found

    def one_body(self) -> bytes:
        return self.body([[self.raw_message("m-1", "+6281234567890", "Halo")]])

    # Webhooks: proof.

    def test_a_signed_body_is_taken(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        self.adapter.verify(account, self.request(body, self.signature(account, body)))
        assert self.secret_names, "an adapter that needs no secret proves nothing"

    def test_verify_fails_closed_without_a_secret(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        headers = self.signature(account, body)
        for secrets in ({}, dict.fromkeys(self.secret_names, "")):
            bare = dataclasses.replace(account, secrets=secrets)
            with pytest.raises(SignatureRefused) as refused:
                self.adapter.verify(bare, self.request(body, headers))
            assert refused.value.is_unconfigured

    def test_an_empty_secret_does_not_take_its_own_signature(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        bare = dataclasses.replace(account, secrets=dict.fromkeys(self.secret_names, ""))
        with pytest.raises(SignatureRefused):
            self.adapter.verify(bare, self.request(body, self.signature(bare, body)))

    def test_a_wrong_secret_is_refused(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        other = dataclasses.replace(account, secrets=dict.fromkeys(self.secret_names, "other"))
        with pytest.raises(SignatureRefused):
            self.adapter.verify(account, self.request(body, self.signature(other, body)))

    def test_a_missing_signature_is_refused(self) -> None:
        with pytest.raises(SignatureRefused):
            self.adapter.verify(self.account(UNUSED_PORT_URL), self.request(self.one_body(), {}))

    def test_a_truncated_signature_is_refused(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        whole = self.signature(account, body)
        for length in (0, 1, 8, -1):
            cut = {name: value[:length] for name, value in whole.items()}
            with pytest.raises(SignatureRefused):
                self.adapter.verify(account, self.request(body, cut))

    def test_a_signature_in_no_ascii_is_refused(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        odd = dict.fromkeys(self.signature(account, body), "sha256=é\udcff")
        with pytest.raises(SignatureRefused):
            self.adapter.verify(account, self.request(body, odd))

    def test_a_changed_body_is_refused(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        headers = self.signature(account, body)
        for changed in (body + b" ", body[:-1], body.replace(b"Halo", b"Hola"), b""):
            with pytest.raises(SignatureRefused):
                self.adapter.verify(account, self.request(changed, headers))

    # Webhooks: what is in them.

    def test_every_item_of_a_batch_is_read(self) -> None:
        groups = [
            [self.raw_message(f"m-{g}-{i}", f"+62812345678{g}{i}", f"Nr {g}.{i}") for i in range(3)]
            for g in range(4)
        ]
        items = self.items(groups)
        assert [item.provider_id for item in items if isinstance(item, InboundMessage)] == [
            f"m-{g}-{i}" for g in range(4) for i in range(3)
        ]
        assert [item.text for item in items if isinstance(item, InboundMessage)] == [
            f"Nr {g}.{i}" for g in range(4) for i in range(3)
        ]
        assert len(items) == 12

    def test_each_message_keeps_its_own_sender(self) -> None:
        senders = [f"+62812345678{i}" for i in range(3)]
        items = self.items([[self.raw_message(f"m{s}", s, "Halo") for s in senders]])
        found = [item.addresses[0].value for item in items if isinstance(item, InboundMessage)]
        assert found == senders

    def test_a_duplicate_has_the_same_id(self) -> None:
        raw = self.raw_message("m-1", "+6281234567890", "Halo")
        first, second = self.items([[raw], [raw]])
        assert first == second
        assert isinstance(first, InboundMessage)

    def test_times_are_aware(self) -> None:
        (item,) = self.items([[self.raw_message("m-1", "+6281234567890", "Halo")]])
        assert isinstance(item, InboundMessage)
        assert item.sent_at.utcoffset() is not None

    def test_an_unknown_kind_is_a_placeholder_with_its_payload(self) -> None:
        (item,) = self.items([[self.raw_unknown("m-1", "+6281234567890")]])
        assert isinstance(item, InboundMessage)
        assert item.kind is MessageKind.PLACEHOLDER
        assert item.raw

    def test_a_bad_item_harms_nothing_beside_it(self) -> None:
        good = [self.raw_message(f"m-{i}", "+6281234567890", "Halo") for i in range(2)]
        for bad in self.bad_messages():
            first, spoilt, last = self.items([[good[0], bad, good[1]]])
            assert isinstance(first, InboundMessage)
            assert isinstance(last, InboundMessage)
            assert isinstance(spoilt, BadItem), ascii(bad)[:200]
            assert spoilt.reason
            assert "\x00" not in json.dumps(spoilt.raw, ensure_ascii=False)

    def bad_messages(self) -> list[Any]:
        """Messages that can't be read or stored. Add your provider's own."""
        whole = self.raw_message("m-bad", "+6281234567890", "Halo")
        return [
            None,
            "a text",
            {},
            [whole],
            {**whole, "id": None},
            {**whole, "id": 7},
            self.raw_message("m-\x00", "+6281234567890", "Halo"),
            self.raw_message("m-bad", "+6281234567890", "Ha\x00lo"),
            self.raw_message("m-bad", "+6281234567890", "Ha\ud800lo"),
            self.raw_message("m" * 100_000, "+6281234567890", "Halo"),
            self.raw_message("m-bad", "nobody", "Halo"),
        ]

    def test_a_body_that_is_none_is_malformed(self) -> None:
        deep = b"[" * 100_000 + b"]" * 100_000
        for body in (b"", b"{", b"\xff\xfe", b"null", b"[]", b'"x"', b"{}", deep, b'{"entry": 1}'):
            with pytest.raises(MalformedBody):
                self.adapter.check(body)
            items = list(self.adapter.parse(self.account(UNUSED_PORT_URL), body))
            assert all(isinstance(item, BadItem | Counted) for item in items), body

    # Sends.

    def send(self, provider: ProviderSimulator, message: OutboundMessage) -> str:
        account = self.account(provider.url)
        return self.adapter.send(account, message, self.client()).provider_id

    def refusal(self, provider: ProviderSimulator) -> SendFailed:
        with pytest.raises(SendFailed) as failed:
            self.send(provider, self.message())
        assert failed.value.reason
        return failed.value

    def test_a_send_returns_the_provider_s_id(self, running: ProviderSimulator) -> None:
        first, second = (self.send(running, self.message()) for _ in range(2))
        assert first
        assert second
        assert first != second

    def test_a_send_bears_our_opaque_id(self, running: ProviderSimulator) -> None:
        messages = [self.message(text=f"Nr {i}") for i in range(3)]
        for message in messages:
            self.send(running, message)
        assert self.adapter.capabilities.opaque_id is not bool(self.why_no_opaque_id)
        assert self.sent_opaques(running) == [self.mark(message) for message in messages]

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_busy_provider_means_retry(self, running: ProviderSimulator, status: int) -> None:
        running.fail_next(status=status)
        assert self.refusal(running).error_class == "retry"
        assert self.sent_opaques(running) == []

    def test_a_pause_asked_for_is_passed_on(self, running: ProviderSimulator) -> None:
        running.fail_next(status=429, retry_after="17")
        assert self.refusal(running).retry_after == 17

    def test_refused_credentials_stop_the_channel(self, running: ProviderSimulator) -> None:
        self.credential_error(running)
        assert self.refusal(running).error_class == "channel"

    def test_a_time_out_is_unknown(self, running: ProviderSimulator) -> None:
        running.hang_next(is_processed=True)
        message = self.message()
        with pytest.raises(OutcomeUnknown):
            self.send(running, message)
        assert self.sent_opaques(running) == [
            self.mark(message)
        ]  # it arrived: a retry would double it

    def test_a_cut_line_is_unknown(self, running: ProviderSimulator) -> None:
        running.drop_next(is_processed=True)
        message = self.message()
        with pytest.raises(OutcomeUnknown):
            self.send(running, message)
        assert self.sent_opaques(running) == [self.mark(message)]

    def test_an_answer_without_an_id_is_unknown(self, running: ProviderSimulator) -> None:
        for garbage in (b"<html>", b"", b"[]", b"{}", b'{"id": 5}', b'{"messages": [{}]}'):
            running.garbage_next(body=garbage)
            with pytest.raises(OutcomeUnknown) as unknown:
                self.send(running, self.message())
            assert unknown.value.reason

    def test_nobody_listening_means_retry(self) -> None:
        with pytest.raises(SendFailed) as failed:
            self.adapter.send(self.account(UNUSED_PORT_URL), self.message(), self.client())
        assert failed.value.error_class == "retry"

    def test_no_secret_shows_in_an_error(self, running: ProviderSimulator) -> None:
        running.fail_next(status=400)
        account = self.account(running.url)
        with pytest.raises(SendFailed) as failed:
            self.adapter.send(account, self.message(), self.client())
        shown = repr(failed.value) + str(failed.value) + repr(account)
        assert not [secret for secret in account.secrets.values() if secret in shown]
