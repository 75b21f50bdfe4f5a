"""The GOWA simulator answers, and the adapter asks, as GOWA's published OpenAPI says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from core.adapter import OutboundMessage
from core.inbound import Address, IdentityKind, Media, MessageKind
from core.pairing import PairingFailed
from core.testing.providers.base import Answer, Call
from core.testing.providers.gowa import GowaSimulator
from plugins.channels.whatsapp_qr.adapter import WhatsAppQrAdapter
from tests.channels.cloud_account import local_client
from tests.channels.gowa_shapes import ANSWERS, ERROR, REQUESTS, answers, closed, requests
from tests.channels.qr_account import OWN, qr_account

HOOK = "https://sapa.example/webhooks/1"
ANI = Address(IdentityKind.PHONE, "+6281234567890")


@dataclass(eq=False)
class Recorded(GowaSimulator):
    """The simulator, with what it was asked and what it answered."""

    said: list[tuple[Call, Answer]] = field(default_factory=list)

    def answer(self, call: Call) -> Answer:
        answer = super().answer(call)
        self.said.append((call, answer))
        return answer


@pytest.fixture(scope="module")
def gowa() -> Iterator[Recorded]:
    """Everything that the adapter can ask, asked once."""
    adapter, http = WhatsAppQrAdapter(), local_client()
    with Recorded(contacts=[{"jid": "628111@s.whatsapp.net", "name": "Ani"}]) as simulator:
        account = qr_account(simulator.url)
        adapter.pair(account, HOOK, http)
        adapter.pair(account, HOOK, http, by_code=True)
        simulator.scan(OWN)
        with pytest.raises(PairingFailed):
            adapter.pair(account, HOOK, http)
        assert all(f.is_good for f in adapter.check_connection(account, HOOK, http))
        list(adapter.fetch_contacts(account, http))
        for kind in (*adapter.capabilities.media, MessageKind.TEXT):
            is_text = kind is MessageKind.TEXT
            content = (
                {} if is_text else {"media_bytes": b"x", "media": Media(kind, mime_type="a/b")}
            )
            caption = kind in (MessageKind.TEXT, MessageKind.IMAGE)
            adapter.send(
                account,
                OutboundMessage(
                    ANI, "o", kind, text="Halo" if caption else "", reply_to="3EB0", **content
                ),
                http,
            )
        adapter.send(
            account, OutboundMessage(ANI, "o", MessageKind.TEXT, "👍", reaction_to="3EB0"), http
        )
        simulator.keep_media("3EB0", b"a picture")
        media = Media(MessageKind.IMAGE, url="message/3EB0/download?phone=62811@s.whatsapp.net")
        assert adapter.fetch_media(account, media, http) == b"a picture"
        simulator.lose_line()
        adapter.pairing_state(account, http)
        adapter.unpair(account, http)
        for path, method, body in (
            ("message/3EB0/read", "POST", {"phone": "62811"}),
            ("devices", "GET", None),
        ):
            simulator.device.pair(OWN)
            http.request(
                method,
                f"{simulator.url}/{path}",
                json=body,
                headers={"authorization": simulator._basic()},
            )
        yield simulator


def template_of(call: Call, keys: Any) -> tuple[str, str] | None:
    """The (method, path) of a call, its ids put back into braces; the most literal one first."""
    for method, path in sorted(keys, key=lambda key: key[1].count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        if call.method == method and re.fullmatch(pattern, call.path):
            return method, path
    return None


def test_every_answer_validates(gowa: Recorded) -> None:
    schemas = answers()
    seen = set()
    for call, answer in gowa.said:
        if call.path.startswith("/statics/"):
            continue
        key = template_of(call, schemas)
        assert key is not None, f"the adapter asks what GOWA doesn't have: {call.path}"
        schema = schemas[key] if answer.status == 200 else closed(ERROR)
        Draft202012Validator(schema).validate(_document(answer))
        if answer.status == 200:
            seen.add(key)
    assert seen == set(ANSWERS)


def test_every_request_validates(gowa: Recorded) -> None:
    schemas = requests()
    seen = set()
    for call, _answer in gowa.said:
        key = template_of(call, schemas)
        if key is None:
            continue
        # a file is a part of the form, which the published schema calls a binary string
        files = {name: "" for name in call.files if name in schemas[key]["properties"]}
        sent = {**call.form, **files} if call.form else call.json()
        Draft202012Validator(schemas[key]).validate(sent)
        seen.add(key)
    assert seen == set(REQUESTS)


def test_the_schemas_can_refuse() -> None:
    for wrong in ({"code": 5}, {"code": "SUCCESS", "results": {"mesage_id": "3EB0"}}):
        with pytest.raises(ValidationError):
            Draft202012Validator(answers()["POST", "/send/message"]).validate(wrong)


def _document(answer: Answer) -> Any:
    import json

    return json.loads(answer.body)
