"""The adapter contract, for e-mail: over a real SMTP server, with mails instead of webhooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from core.adapter import Account, SignatureRefused
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind
from core.models import Attachment
from core.outbound import OutboundClient
from core.testing.contract.in_the_desk import Desk, DeskContract
from core.testing.contract.reading import ReadingContract
from core.testing.contract.sends import SendContract
from core.testing.contract.supplied import ANI, UNUSED_PORT_URL
from core.testing.providers.smtp_server import SmtpServer
from plugins.channels.email.adapter import EmailAdapter
from plugins.channels.email.envelope import Envelope, pack
from tests.channels.mail_account import OWN, mail_account
from tests.channels.mail_servers import client, trust


class TestEmailContract(ReadingContract, SendContract, DeskContract):
    adapter = EmailAdapter()
    plugin = "plugins.channels.email.plugin"
    why_no_webhooks = "Mail is fetched, never delivered here."
    why_no_batches = "Every mail is kept by itself."
    why_no_receipts = "Mail has no receipts that can be relied on; bounces are tested beside this."

    def provider(self) -> Any:
        return SmtpServer(trust())

    def account(self, base_url: str) -> Account:
        where = urlsplit(base_url)
        return mail_account(smtp=(where.hostname, where.port))

    def client(self) -> OutboundClient:
        return client(connect=0.5, read=0.5, total=2.0)

    def signature(self, account: Account, body: bytes) -> dict[str, str]:
        return {}

    def address_of(self, sender: str) -> str:
        return f"{sender.removeprefix('+')}@pembeli.example" if "@" not in sender else sender

    def id_of(self, given: str) -> str:
        return f"<{given}@pembeli.example>"

    def address(self) -> Address:
        return Address(IdentityKind.EMAIL, self.address_of(ANI))

    def raw_message(self, provider_id: str, sender: str, text: str) -> dict[str, Any]:
        return {
            "From": self.address_of(sender),
            "To": OWN,
            "Message-ID": self.id_of(provider_id),
            "Date": "Sun, 01 Nov 2026 09:00:00 +0000",
            "Content-Type": "text/plain; charset=utf-8",
            "": text,
        }

    def raw_unknown(self, provider_id: str, sender: str) -> dict[str, Any]:
        whole = self.raw_message(provider_id, sender, "kubus")
        return {**whole, "Content-Type": "hologram/cube; name=kubus.holo"}

    def body(self, groups: list[list[dict[str, Any]]]) -> bytes:
        ((mail,),) = groups
        head = "".join(f"{name}: {value}\r\n" for name, value in mail.items() if name)
        return pack(Envelope(uid_validity=1, uid=1), f"{head}\r\n{mail.get('', '')}".encode())

    def bad_messages(self) -> list[Any]:
        return [{}, {"Subject": "Tanpa pengirim"}, {"From": "bukan alamat"}, {"From": "a@"}]

    def echo(self, provider_id: str, to: str, text: str) -> bytes:
        called = provider_id if provider_id.startswith("<") else self.id_of(provider_id)
        head = f"From: {OWN}\r\nTo: {self.address_of(to)}\r\nMessage-ID: {called}\r\n\r\n"
        return pack(Envelope(uid_validity=1, uid=9, is_sent=True), f"{head}{text}".encode())

    def sent_opaques(self, provider: Any) -> list[str]:
        return [sent.opaque for sent in provider.sent]

    def test_whatever_is_delivered_is_refused(self) -> None:
        account = self.account(UNUSED_PORT_URL)
        with pytest.raises(SignatureRefused) as refused:
            self.adapter.verify(account, self.request(self.one_body(), {}))
        assert refused.value.is_unconfigured

    def test_a_pause_asked_for_is_passed_on(self, running: Any) -> None:
        """SMTP names no seconds; *enough for today* means an hour."""
        running.faults.append(("550 5.4.5 Daily sending quota exceeded", False))
        refusal = self.refusal(running)
        assert (refusal.error_class, refusal.retry_after) == ("retry", 3600)

    def test_an_unknown_kind_is_a_placeholder_with_its_payload(self) -> None:
        """A part of a type that nobody knows is a file."""
        (item,) = self.items([[self.raw_unknown("m-1", ANI)]])
        assert isinstance(item, InboundMessage)
        assert item.kind is MessageKind.DOCUMENT
        assert [file.filename for file in item.media] == ["kubus.holo"]

    def test_an_unknown_kind_is_seen_as_a_placeholder(self, desk: Desk) -> None:
        desk.write(self.raw_unknown("m-1", ANI))
        assert desk.count(Attachment, Attachment.name == "kubus.holo") == 1

    @pytest.mark.parametrize(
        ("status", "error_class"), [(550, "recipient"), (552, "payload"), (400, "payload")]
    )
    def test_a_refusal_names_whose_fault_it_is(
        self, running: Any, status: int, error_class: str
    ) -> None:
        running.fail_next(status=status)
        assert self.refusal(running).error_class == error_class
