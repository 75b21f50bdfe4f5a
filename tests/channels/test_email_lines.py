"""Connections to mail servers: who may be called, what is proven, what a test of them says."""

from __future__ import annotations

import ssl
import uuid
from typing import Any

import pytest

from core.adapter import Account, OutboundMessage
from core.inbound import Address, IdentityKind, Media, MessageKind
from core.outbound import OutboundClient, SendFailed
from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.mail_server import Dovecot
from core.testing.providers.smtp_server import SmtpServer
from plugins.channels.email import check, lines, media, names
from plugins.channels.email.lines import imap
from plugins.channels.email.send import send
from tests.channels.mail_account import SECRETS, mail_account
from tests.channels.mail_servers import client, letter

U1 = "0190f5a2-aaaa-7000-8000-000000000001"


def at(imap_server: Dovecot, smtp_server: SmtpServer, **changes: Any) -> Account:
    return mail_account(
        imap=("127.0.0.1", imap_server.port), smtp=("127.0.0.1", smtp_server.port), **changes
    )


def message(**changes: Any) -> OutboundMessage:
    to = Address(IdentityKind.EMAIL, "ani@pembeli.example")
    return OutboundMessage(
        **{"to": to, "opaque": U1, "kind": MessageKind.TEXT, "text": "Halo"} | changes
    )


def refusal(account: Account, http: OutboundClient) -> SendFailed:
    with pytest.raises(SendFailed) as failed, imap(account, http):
        pass
    return failed.value


def test_the_test_of_a_connection_finds_both_servers_well(
    imap_server: Dovecot, smtp_server: SmtpServer
) -> None:
    imap_server.empty()
    found = list(check.check_connection(at(imap_server, smtp_server), client()))
    assert [(finding.is_good, finding.advice) for finding in found] == [(True, "")] * 4
    assert found[1].what.endswith("Terkirim")
    assert smtp_server.sent == []


def test_the_test_of_a_connection_says_what_to_do(
    imap_server: Dovecot, smtp_server: SmtpServer
) -> None:
    account = at(imap_server, smtp_server, secrets={**SECRETS, "password": "salah"})
    read, sent = check.check_connection(account, client())
    assert not read.is_good
    assert not sent.is_good
    for finding in (read, sent):
        assert "app password" in finding.advice
        assert "salah" not in finding.advice
    nowhere = mail_account()
    assert all("Compare" in found.advice for found in check.check_connection(nowhere, client()))


def test_no_private_address_is_called_unless_the_operator_allows_it(
    imap_server: Dovecot, smtp_server: SmtpServer
) -> None:
    account = at(imap_server, smtp_server)
    fault = refusal(account, client(private_hosts=()))
    assert (fault.code, "SAPA_PRIVATE_HOSTS" in fault.reason) == ("address_refused", True)
    with pytest.raises(SendFailed) as failed:
        send(account, message(), client(private_hosts=()))
    assert failed.value.code == "address_refused"


def test_a_certificate_that_nobody_vouches_for_is_refused(
    imap_server: Dovecot, smtp_server: SmtpServer
) -> None:
    strict = client(ssl_context=ssl.create_default_context())
    account = at(imap_server, smtp_server)
    assert (refusal(account, strict).code, smtp_server.logins) == ("tls", [])
    with pytest.raises(SendFailed) as failed:
        send(account, message(), strict)
    assert (failed.value.code, smtp_server.logins) == ("tls", [])


class Peer:
    """The other end of a line, as far as its address goes."""

    def __init__(self, address: str) -> None:
        self.address = address

    def getpeername(self) -> tuple[str, int]:
        return (self.address, 143)


@pytest.mark.parametrize(
    ("address", "is_public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("10.0.0.5", False), ("fe80::1%eth0", False)],
)
def test_a_password_never_travels_in_the_open_over_the_internet(
    address: str, is_public: bool
) -> None:
    """Without TLS the line is dropped, after it was dialled and before anything is said."""
    assert lines._is_public(Peer(address)) is is_public  # type: ignore[arg-type]


def test_microsoft_365_is_entered_with_a_token(smtp_server: SmtpServer) -> None:
    class Entra(ProviderSimulator):
        def answer(self, call: Call) -> Answer:
            assert b"client_secret=rahasia" in call.body
            return Answer.of({"access_token": "token-of-the-app", "expires_in": 3599})

    smtp_server.tokens = ("token-of-the-app",)
    with Entra() as entra:
        account = mail_account(
            smtp=("127.0.0.1", smtp_server.port),
            settings={
                "oauth_client_id": "app",
                "oauth_tenant": "toko.example",
                "oauth_authority": entra.url,
            },
            secrets={"oauth_secret": "rahasia", "reply_key": "k"},
        )
        send(account, message(), client())
        smtp_server.tokens = ()
        with pytest.raises(SendFailed) as failed:
            send(account, message(), client())
    assert (smtp_server.logins, len(smtp_server.sent)) == (["XOAUTH2"], 1)
    assert failed.value.error_class == "channel"
    assert entra.calls[0].path == "/toko.example/oauth2/v2.0/token"


def test_a_file_of_a_mail_that_is_gone_says_so(
    imap_server: Dovecot, smtp_server: SmtpServer
) -> None:
    imap_server.empty()
    imap_server.deliver(letter().as_bytes())
    account = at(imap_server, smtp_server)
    for where in ("1/99/1/INBOX", "rubbish", "//", "1/1/1/Tidak Ada"):
        with pytest.raises(SendFailed) as failed:
            media.fetch_media(account, Media(MessageKind.IMAGE, provider_id=where), client())
        assert failed.value.error_class in ("payload", "channel")


@pytest.mark.parametrize(
    "to", ["bukan alamat", "a@b@c", "a@b.example\r\nRCPT TO:<x@y>", "é@b.example"]
)
def test_what_is_no_address_gets_no_mail(smtp_server: SmtpServer, to: str) -> None:
    account = mail_account(smtp=("127.0.0.1", smtp_server.port))
    with pytest.raises(SendFailed) as failed:
        send(account, message(to=Address(IdentityKind.EMAIL, to)), client())
    assert (failed.value.error_class, smtp_server.sent) == ("recipient", [])


def test_a_mail_that_begins_lines_with_dots_arrives_as_it_was(smtp_server: SmtpServer) -> None:
    account = mail_account(smtp=("127.0.0.1", smtp_server.port))
    text = ".\n..\n.titik\nakhir\n"
    send(account, message(text=text, is_automatic=True), client())
    (sent,) = smtp_server.sent
    assert sent.mail.get_payload(decode=True).replace(b"\r\n", b"\n") == text.encode()
    assert sent.mail["Auto-Submitted"] == "auto-generated"


def test_marks_hold_for_one_account_and_key_only() -> None:
    account = mail_account()
    mark = names.marked_address(account, U1)
    assert names.id_behind_mark(account, mark) == names.message_id(account, U1)
    assert names.id_behind_mark(account, mark.upper()) == names.message_id(account, U1)
    other = mail_account(secrets={**SECRETS, "reply_key": "another"})
    moved = mail_account(uuid=uuid.uuid4())
    cut = mark.replace("@", "a@")
    for each, address in (
        (other, mark),
        (moved, mark),
        (account, cut),
        (account, "shop+x@toko.example"),
    ):
        assert names.id_behind_mark(each, address) == ""
    assert names.marked_address(mail_account(secrets={}), U1) == ""
