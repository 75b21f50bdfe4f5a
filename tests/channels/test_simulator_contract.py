"""The adapter contract, for the simulator; and what its phone says and gets."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import Any

from core.adapter import Account, OutboundMessage
from core.inbound import (
    Address,
    BadItem,
    IdentityKind,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    Media,
    MessageKind,
    MessageState,
)
from core.testing.adapter_contract import UNUSED_PORT_URL, AdapterContract
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.phone import PhoneSimulator
from plugins.channels.simulator.adapter import SimulatorAdapter


class TestSimulatorContract(AdapterContract):
    adapter = SimulatorAdapter()
    plugin = "plugins.channels.simulator.plugin"
    why_no_echoes = "The simulated phone is a customer's: nobody types on the channel's own."
    secret_names = ("secret",)

    def provider(self) -> PhoneSimulator:
        return PhoneSimulator(secret="phone-secret")

    def account(self, base_url: str) -> Account:
        return Account(
            channel_id=1,
            uuid=uuid.uuid4(),
            kind="simulator",
            own_address="+628999",
            region="ID",
            settings={"phone_url": f"{base_url}/phone"},
            secrets={"secret": "phone-secret"},
        )

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        digest = hmac.new(account.secrets["secret"].encode(), body, hashlib.sha256).hexdigest()
        return {"x-simulator-signature": digest}

    def raw_message(self, provider_id: str, sender: str, text: str) -> dict[str, Any]:
        return {
            "id": provider_id,
            "from": sender,
            "name": "Ani",
            "text": text,
            "sent_at": "2026-11-01T09:00:00+07:00",
        }

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        return self.raw_message(provider_id, sender, "") | {"kind": "hologram"}

    def body(self, groups: list[list[Any]]) -> bytes:
        return json.dumps({"messages": [m for group in groups for m in group]}).encode()

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, PhoneSimulator)
        return [sent["opaque"] for sent in provider.sent]

    def receipt(self, provider_id: str, state: MessageState, opaque: str) -> bytes:
        told = {"id": provider_id, "state": state.value, "opaque": opaque}
        return json.dumps({"statuses": [told | {"at": "2026-11-01T09:00:00Z"}]}).encode()

    def parsed(self, document: dict[str, Any]) -> list[Any]:
        return list(
            self.adapter.parse(self.account(UNUSED_PORT_URL), json.dumps(document).encode())
        )

    def test_a_picture_a_reply_and_a_reaction(self) -> None:
        raw = self.raw_message("m-1", "+6281234567890", "Lihat")
        picture = {"id": "f-1", "mime_type": "image/png", "url": "http://127.0.0.1/f-1"}
        shown, replied, reacted = self.parsed(
            {
                "messages": [
                    raw | {"media": picture},
                    raw | {"reply_to": "m-0"},
                    raw | {"reaction_to": "m-0", "text": "👍"},
                ]
            }
        )
        assert isinstance(shown, InboundMessage)
        assert shown.kind is MessageKind.IMAGE
        assert shown.media == (
            Media(MessageKind.IMAGE, "f-1", "http://127.0.0.1/f-1", "image/png"),
        )
        assert replied.reply_to == "m-0"
        assert isinstance(reacted, InboundReaction)
        assert (reacted.target_id, reacted.emoji) == ("m-0", "👍")

    def test_receipts(self) -> None:
        read, failed, bad = self.parsed(
            {
                "statuses": [
                    {"id": "s-1", "state": "read", "at": "2026-11-01T09:00:00Z", "opaque": "o"},
                    {"id": "s-2", "state": "failed", "at": "2026-11-01T09:00:00Z", "reason": "off"},
                    {"id": "s-3", "state": "eaten", "at": "2026-11-01T09:00:00Z"},
                ]
            }
        )
        assert isinstance(read, InboundStatus)
        assert (read.state, read.opaque, read.error_class) == (MessageState.READ, "o", "")
        assert (failed.error_class, failed.error_reason) == ("recipient", "off")
        assert isinstance(bad, BadItem)

    def test_a_picture_is_sent_whole(self) -> None:
        message = OutboundMessage(
            to=Address(IdentityKind.PHONE, "+6281234567890"),
            opaque="o-1",
            kind=MessageKind.IMAGE,
            text="Ini",
            reply_to="m-0",
            media=Media(MessageKind.IMAGE, mime_type="image/png"),
            media_bytes=b"\x89PNG",
        )
        with self.provider() as phone:
            self.adapter.send(self.account(phone.url), message, self.client())
            assert phone.sent == [
                {
                    "to": "+6281234567890",
                    "opaque": "o-1",
                    "kind": "image",
                    "text": "Ini",
                    "reply_to": "m-0",
                    "media": "data:image/png;base64,iVBORw==",
                }
            ]
