"""The page and the Instagram account that these tests connect."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import Any

from core.adapter import Account
from core.inbound import MessageState
from core.testing.adapter_contract import ANI, AdapterContract
from core.testing.providers.messenger_bodies import PlatformBodies, milliseconds

PAGE = PlatformBodies()
GRAM = PlatformBodies("17841400000000001", "instagram")
SECRETS = {"access_token": "access-token", "app_secret": "app-secret", "verify_token": "a-word"}
PERSON = ANI.removeprefix("+")


def page_account(base_url: str = "http://127.0.0.1:9", **settings: Any) -> Account:
    """An account of the simulator's default page."""
    return _account("messenger", base_url, {"page_id": PAGE.own_id, **settings})


def gram_account(base_url: str = "http://127.0.0.1:9", **settings: Any) -> Account:
    """An account of the simulator's default Instagram account."""
    return _account("instagram", base_url, {"ig_id": GRAM.own_id, "page_id": "", **settings})


def _account(kind: str, base_url: str, settings: dict[str, Any]) -> Account:
    return Account(
        channel_id=1,
        uuid=uuid.UUID("0190f5a2-0000-7000-8000-000000000002"),
        kind=kind,
        own_address="",
        region="ID",
        settings={"graph_url": f"{base_url}/v25.0", **settings},
        secrets=SECRETS,
    )


class PlatformContract(AdapterContract):
    """The adapter contract as both channels of the platform keep it; `bodies` are the channel's."""

    __test__ = False
    secret_names = ("app_secret",)
    bodies_: PlatformBodies

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        key = account.secrets["app_secret"].encode()
        digest = hmac.new(key, body, hashlib.sha256).hexdigest()
        return {"x-hub-signature-256": f"sha256={digest}"}

    def raw_message(self, provider_id: str, sender: str, text: str) -> dict[str, Any]:
        return self.bodies_.text(sender.removeprefix("+"), text, mid=provider_id)

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        content = {"mid": provider_id, "hologram": {"shape": "cube"}}
        return self.bodies_.event(sender.removeprefix("+"), message=content)

    def address_of(self, sender: str) -> str:
        return sender.removeprefix("+")

    def bad_messages(self) -> list[Any]:
        whole = self.raw_message("m-bad", ANI, "Halo")
        message = whole["message"]
        return [
            *super().bad_messages()[:4],
            *(
                {**whole, "message": message | change}
                for change in (
                    {"mid": None},
                    {"mid": 7},
                    {"text": 5},
                    {"text": {"body": "Halo"}},
                    {"attachments": "x"},
                    {"attachments": [None]},
                    {"attachments": [{"type": 5}]},
                    {"reply_to": "x"},
                    {"reply_to": {"mid": 5}},
                )
            ),
            *(whole | {"timestamp": time} for time in (None, "soon", -5, 5, True, 10**18, "1780")),
            whole | {"sender": None},
            whole | {"sender": {"id": 62812}},
            whole | {"recipient": {}},
            whole | {"message": ["x"]},
            *super().bad_messages()[6:],
        ]

    def body(self, groups: list[list[dict[str, Any]]]) -> bytes:
        """A group each in an entry of its own."""
        return json.dumps(self.bodies_.entries(*groups)).encode()

    def receipt(self, provider_id: str, state: MessageState, opaque: str) -> bytes:
        """Meta tells of no sending and no failure after it took a message: nothing is in those."""
        now, bodies = milliseconds(), self.bodies_
        events = {
            MessageState.DELIVERED: [bodies.delivered(PERSON, provider_id, watermark=now)],
            MessageState.READ: [bodies.read(PERSON, mid=provider_id)],
        }
        return json.dumps(bodies.body(*events.get(state, []))).encode()

    def echo(self, provider_id: str, to: str, text: str) -> bytes:
        return json.dumps(
            self.bodies_.body(self.bodies_.echo(to.removeprefix("+"), text, mid=provider_id))
        ).encode()
