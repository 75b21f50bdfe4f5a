"""What the author of an adapter supplies, and the small helpers that the tests share."""

from __future__ import annotations

import base64
import dataclasses
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest

from core.adapter import Account, Adapter, OutboundMessage, WebhookRequest
from core.inbound import Address, Item, MessageKind, MessageState
from core.outbound import OutboundClient
from core.testing.providers.base import ProviderSimulator

BASE_URL = "https://sapa.example"
WEBHOOK_URL = f"{BASE_URL}/webhooks/0190f5a2-0000-7000-8000-000000000001"
UNUSED_PORT_URL = "http://127.0.0.1:9"  # the discard port: nothing listens there
ANI = "+6281234567890"


class Supplied:
    """Supply the first group; override the second where your provider differs."""

    adapter: ClassVar[Adapter]
    plugin: ClassVar[str]
    secret_names: ClassVar[tuple[str, ...]]
    why_no_opaque_id: ClassVar[str] = ""
    why_no_batches: ClassVar[str] = ""
    why_no_receipts: ClassVar[str] = ""
    why_no_echoes: ClassVar[str] = ""
    why_body_unsigned: ClassVar[str] = ""
    why_no_webhooks: ClassVar[str] = ""

    def provider(self) -> AbstractContextManager[ProviderSimulator]:
        """Your provider's simulator, not yet started."""
        raise AssertionError("supply provider()")

    def account(self, base_url: str) -> Account:
        """A connected account whose provider listens at `base_url`."""
        raise AssertionError("supply account()")

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        """The headers (lower case) with which the provider proves `body`."""
        raise AssertionError("supply signature()")

    def raw_message(self, provider_id: str, sender: str, text: str) -> dict[str, Any]:
        """One text message as the provider writes it; `sender` is `+` and digits."""
        raise AssertionError("supply raw_message()")

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        """A message of a kind that doesn't exist yet."""
        raise AssertionError("supply raw_unknown()")

    def body(self, groups: list[list[dict[str, Any]]]) -> bytes:
        """A body with these messages: each group in a part of its own, if there are any."""
        raise AssertionError("supply body()")

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        """The opaque ids in the order in which the provider got them.

        With `why_no_opaque_id`: the texts instead.
        """
        raise AssertionError("supply sent_opaques()")

    def receipt(self, provider_id: str, state: MessageState, opaque: str) -> bytes:
        """A body that tells how far our message got: sent, delivered, read or failed.

        Not needed with `why_no_receipts`.
        """
        raise AssertionError("supply receipt(), or say why_no_receipts")

    def echo(self, provider_id: str, to: str, text: str) -> bytes:
        """A body with a message that the account's owner typed on the phone, to `to`.

        Not needed with `why_no_echoes`.
        """
        raise AssertionError("supply echo(), or say why_no_echoes")

    # Override these where your provider differs.

    def id_of(self, given: str) -> str:
        """What the adapter calls the message that `raw_message` was asked for as `given`."""
        return given

    def address_of(self, sender: str) -> str:
        """The address that the adapter gives to the person asked for as `sender`."""
        return sender

    def client(self) -> OutboundClient:
        """An outbound client that may reach 127.0.0.1 and gives up within a second."""
        return OutboundClient(private_hosts=("127.0.0.1",), connect=0.5, read=0.5, total=2.0)

    def credential_error(self, provider: ProviderSimulator) -> None:
        """Make the provider refuse the next call for its credentials."""
        provider.fail_next(status=401)

    def address(self) -> Address:
        """An address that the adapter can send to."""
        return Address(self.adapter.capabilities.identity_kinds[0], ANI)

    def bad_messages(self) -> list[Any]:
        """Messages that can't be read or stored. Add your provider's own."""
        whole = self.raw_message("m-bad", ANI, "Halo")
        return [
            None,
            "a text",
            {},
            [whole],
            {**whole, "id": None},
            {**whole, "id": 7},
            self.raw_message("m-\x00", ANI, "Halo"),
            self.raw_message("m-bad", ANI, "Ha\x00lo"),
            self.raw_message("m-bad", ANI, "Ha\ud800lo"),
            self.raw_message("m" * 100_000, ANI, "Halo"),
            self.raw_message("m-bad", "nobody", "Halo"),
        ]

    def carried(self, provider: ProviderSimulator, content: bytes) -> bool:
        """Whether these bytes came to the provider: as a file, as text, or in base64."""
        encoded = base64.b64encode(content).rstrip(b"=")
        return any(
            content in part or encoded in part
            for call in provider.calls
            for part in (
                call.body,
                *(value.encode() for value in (*call.form.values(), *call.query.values())),
                call.path.encode(),
                *(data for _, _, data in call.files.values()),
            )
        )

    def pushed(self) -> bytes:
        """A body with a change of the address book, for an adapter that claims `contact_push`."""
        raise AssertionError("supply pushed(), or don't claim contact_push")

    # What the tests share.

    @pytest.fixture
    def running(self) -> Iterator[ProviderSimulator]:
        """The provider, listening."""
        with self.provider() as provider:
            yield provider

    def message(self, **changes: Any) -> OutboundMessage:
        """A text that no other test sends."""
        opaque = str(uuid.uuid4())
        message = OutboundMessage(
            to=self.address(), opaque=opaque, kind=MessageKind.TEXT, text=f"Halo {opaque[:8]}"
        )
        return dataclasses.replace(message, **changes)

    def mark(self, message: OutboundMessage) -> str:
        """What tells this message apart at the provider."""
        return message.text if self.why_no_opaque_id else message.opaque

    def request(self, body: bytes, headers: dict[str, str]) -> WebhookRequest:
        """The call that brings `body`."""
        return WebhookRequest("POST", WEBHOOK_URL, headers, {}, body)

    def items(self, groups: list[list[dict[str, Any]]]) -> list[Item]:
        """What the adapter makes of these messages."""
        found: list[Item] = []
        for body in self.bodies(groups):
            self.adapter.check(body)
            found.extend(self.adapter.parse(self.account(UNUSED_PORT_URL), body))
        return found

    def bodies(self, groups: list[list[dict[str, Any]]]) -> list[bytes]:
        """These messages in one body, or where the provider never batches in one each."""
        if self.why_no_batches:
            return [self.body([[raw]]) for group in groups for raw in group]
        return [self.body(groups)]

    def one_body(self) -> bytes:
        """A body with one message."""
        return self.body([[self.raw_message("m-1", ANI, "Halo")]])
