"""The adapter contract, for SMS through Twilio."""

from __future__ import annotations

from typing import Any

from core.adapter import Account
from core.inbound import MessageState
from core.testing.adapter_contract import ANI, WEBHOOK_URL, AdapterContract
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.twilio import TwilioSimulator
from core.testing.providers.twilio_bodies import ACCOUNT_SID, encoded, inbound, status
from plugins.channels.sms.twilio.adapter import TwilioSmsAdapter
from plugins.channels.sms.twilio.form import pairs_of
from plugins.channels.sms.twilio.signature import sign
from tests.channels.sms_account import twilio_account


class TestTwilioContract(AdapterContract):
    adapter = TwilioSmsAdapter()
    plugin = "plugins.channels.sms.plugin"
    secret_names = ("auth_token",)
    why_no_opaque_id = "Twilio's messages have no field for an id of ours."
    why_no_batches = "Twilio posts every message and every status on its own."
    why_no_echoes = "Nobody types on a number at Twilio: what goes out is ours."

    def provider(self) -> TwilioSimulator:
        return TwilioSimulator()

    def account(self, base_url: str) -> Account:
        return twilio_account(base_url)

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        token = account.secrets["auth_token"]
        return {"x-twilio-signature": sign(token, WEBHOOK_URL, pairs_of(body)).decode()}

    def raw_message(self, provider_id: str, sender: str, text: str) -> dict[str, Any]:
        return inbound(sender, text, MessageSid=provider_id)

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        return inbound(sender, "", MessageSid=provider_id, Hologram="cube")

    def body(self, groups: list[list[Any]]) -> bytes:
        ((form,),) = groups
        return encoded({"AccountSid": ACCOUNT_SID, **form})

    def receipt(self, provider_id: str, state: MessageState, opaque: str) -> bytes:
        return encoded(status(provider_id, state.value, ANI, 30003))

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, TwilioSimulator)
        return [sent.text for sent in provider.sent]

    def bad_messages(self) -> list[Any]:
        whole = self.raw_message("m-bad", ANI, "Halo")
        return [
            {},
            whole | {"MessageSid": ""},
            whole | {"MessageSid": "m" * 100_000},
            whole | {"MessageSid": "m-\x00"},
            whole | {"Body": "Ha\x00lo"},
            whole | {"Body": "x" * 100_000},
            whole | {"From": ""},
            whole | {"NumMedia": "many"},
            whole | {"NumMedia": "9999"},
            whole | {"NumMedia": "1"},
            whole | {"NumMedia": "-1"},
            {"MessageStatus": "sent"},
        ]
