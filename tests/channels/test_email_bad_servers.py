"""Mail servers that refuse, drip, never end or hang up: nothing is lost, nothing waits for ever."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
from sqlalchemy import func, select

from core.adapter import Account, Earlier, OutboundMessage
from core.inbound import Address, IdentityKind, MessageKind
from core.models import ChannelState, Job
from core.models.base import now
from core.outbound import OutcomeUnknown, SendFailed
from core.services.notices import open_notices
from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.smtp_server import SmtpServer
from plugins.channels.email import faults, lines, oauth
from plugins.channels.email.compose import compose
from plugins.channels.email.mailbox import Place, fetch_mail, harvest
from plugins.channels.email.models import MailFolder
from plugins.channels.email.poll import PATIENCE, ReadMailbox, poll
from plugins.channels.email.send import send
from tests.channels.mail_account import SECRETS, mail_account
from tests.channels.mail_script import Say, Script, imap_script, smtp_script
from tests.channels.mail_servers import Shop, client, trust

U1 = "0190f5a2-aaaa-7000-8000-000000000001"
MAIL = b"From: a@b.example\r\n"


def at(imap: Script | None = None, smtp: Script | None = None, **changes: Any) -> Account:
    open_lines = {"imap_security": "none", "smtp_security": "none", "reads_sent": False}
    where = {"imap": ("127.0.0.1", imap.port)} if imap else {}
    where |= {"smtp": ("127.0.0.1", smtp.port)} if smtp else {}
    return mail_account(settings=open_lines | changes.pop("settings", {}), **where, **changes)


def message(**changes: Any) -> OutboundMessage:
    to = Address(IdentityKind.EMAIL, "ani@pembeli.example")
    return OutboundMessage(
        **{"to": to, "opaque": U1, "kind": MessageKind.TEXT, "text": "Halo"} | changes
    )


def read(script: Script) -> Any:
    return harvest(at(script), client(), [Place("INBOX", 7, 4, now())])


def drip(script: Script) -> Any:
    """An answer whose bytes come one by one, and that has no end."""

    def say(speak: Say, tag: str) -> None:
        while not script.stopping.wait(0.02):
            speak(b"2")

    return say


@pytest.mark.parametrize("refused", [b"UID FETCH 5,6", b"UID FETCH 5 ("])
def test_a_mail_that_the_server_does_not_hand_over_now_is_not_passed_by(refused: bytes) -> None:
    with imap_script() as script:
        script.answers[refused] = lambda say, tag: say(f"{tag} NO [UNAVAILABLE] busy\r\n".encode())
        with pytest.raises(SendFailed) as failed:
            read(script)
    assert (failed.value.error_class, failed.value.code) == ("retry", "fetch")
    assert "busy" in failed.value.reason


def test_a_file_that_the_server_does_not_hand_over_now_is_not_gone() -> None:
    with imap_script() as script:
        script.answers[b"UID FETCH"] = lambda say, tag: say(f"{tag} NO busy\r\n".encode())
        with pytest.raises(SendFailed) as failed, lines.imap(at(script), client()) as box:
            fetch_mail(box, at(script), "INBOX", 7, 5)
    assert failed.value.error_class == "retry"


def test_all_that_is_answered_to_one_command_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST_ANSWER", 10_000)
    row = b"* 1 FETCH (UID 5 RFC822.SIZE 20)\r\n"
    literal = b"* 1 FETCH (UID 5 BODY[] {1000}\r\n" + b"a" * 1000 + b")\r\n"
    for piece in (row, literal):
        with imap_script() as script:

            def flood(say: Say, tag: str, script: Script = script, piece: bytes = piece) -> None:
                while not script.stopping.is_set():
                    say(piece)

            script.answers[b"UID FETCH"] = flood
            with pytest.raises(SendFailed) as failed:
                read(script)
        assert (failed.value.error_class, failed.value.code) == ("retry", "line")


def test_many_commands_together_may_answer_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST_ANSWER", 1000)
    body = MAIL + b"a" * 600
    with imap_script() as script:
        for uid in (5, 6):
            said = f"* 1 FETCH (UID {uid} BODY[] {{{len(body)}}}\r\n".encode() + body + b")\r\n"
            script.answers[f"UID FETCH {uid} (".encode()] = lambda say, tag, said=said: say(
                said + f"{tag} OK done\r\n".encode()
            )
        found = read(script)
    assert [each.endswith(body) for each in found.bodies] == [True, True]


def test_an_imap_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "IMAP_SECONDS", 1.0)
    with imap_script() as script:
        script.answers[b"UID SEARCH"] = drip(script)
        with pytest.raises(SendFailed) as failed:
            read(script)
    assert (failed.value.error_class, failed.value.code) == ("retry", "line")


def test_an_smtp_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SMTP_SECONDS", 1.0)
    with smtp_script() as script:
        script.answers[b"RCPT"] = drip(script)
        with pytest.raises(SendFailed) as failed:
            send(at(smtp=script), message(), client())
    assert (failed.value.error_class, failed.value.code) == ("retry", "line")


def test_an_smtp_answer_without_an_end_is_left() -> None:
    with smtp_script() as script:

        def go_on(say: Say, tag: str) -> None:
            while not script.stopping.is_set():
                say(b"250-and\r\n")

        script.answers[b"MAIL"] = go_on
        with pytest.raises(SendFailed) as failed:
            send(at(smtp=script), message(), client())
    assert (failed.value.error_class, failed.value.code) == ("retry", "line")


def test_the_last_answer_may_take_longer_than_the_others() -> None:
    """A server that looks for viruses first; without this the message would count as unknown."""
    with smtp_script() as script:

        def look(say: Say, tag: str) -> None:
            script.stopping.wait(1.0)
            say(b"250 ok\r\n")

        script.answers[b".\r\n"] = look
        script.usual = _quiet_in_data(script)
        found = send(at(smtp=script), message(), client(read=0.5))
    assert found.provider_id.startswith("<sapa.")


def _quiet_in_data(script: Script) -> Any:
    usual, is_data = script.usual, [False]

    def answer(tag: str, rest: bytes) -> bytes:
        said = b"" if is_data[0] else usual(tag, rest)
        is_data[0] = is_data[0] or rest.startswith(b"DATA")
        return said

    return answer


def test_a_lost_line_under_tls_is_no_bad_certificate() -> None:
    lost = (ssl.SSLEOFError(8, "EOF occurred"), ssl.SSLZeroReturnError(6, "closed"))
    for error in (*lost, ssl.SSLSyscallError(5, "syscall")):
        assert faults.line_failed("mail.test", error).error_class == "retry"
    assert faults.line_failed("mail.test", ssl.SSLError(1, "wrong version")).code == "tls"


@pytest.mark.parametrize("which", ["imap", "smtp"])
def test_a_server_that_hangs_up_in_the_handshake_is_asked_again(which: str) -> None:
    """That a server restarts just now stops no channel."""
    with smtp_script() as script:
        script.greeting = b""
        script.serve = hang_up  # type: ignore[method-assign]
        account = at(script, script, settings={f"{which}_security": "tls"})
        call = read_with if which == "imap" else send_with
        with pytest.raises(SendFailed) as failed:
            call(account)
    assert failed.value.error_class == "retry"


def hang_up(line: socket.socket) -> None:
    line.recv(65536)
    line.close()


def send_with(account: Account) -> None:
    send(account, message(), client())


def read_with(account: Account) -> None:
    with lines.imap(account, client()):
        pass


def test_a_password_may_have_any_letters() -> None:
    password = "kata-sandi-ș-é"
    with SmtpServer(trust()) as server:
        server.password = password
        account = mail_account(
            smtp=("127.0.0.1", server.port), secrets={**SECRETS, "password": password}
        )
        send(account, message(), client())
        server.password = "another"
        with pytest.raises(SendFailed) as failed:
            send(account, message(), client())
    assert (server.logins, len(server.sent)) == (["PLAIN"], 1)
    assert failed.value.error_class == "channel"


def test_a_long_id_stays_as_it_is() -> None:
    """Exchange's are of this length. Encoded, they would be nobody's."""
    ids = [f"<{letter * 66}@pembeli.example>" for letter in "abc"]
    assert len(ids[0]) > 80
    last = Earlier(ids[2], is_ours=False, subject="Kaos é " * 20, raw={"references": ids[:2]})
    raw = compose(mail_account(), message(follows=(last,))).mail.as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert f"\r\nIn-Reply-To: {ids[2]}\r\n".encode() in head
    assert "\r\nReferences: {}\r\n {}\r\n {}\r\n".format(*ids).encode() in head
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if b"=?" in line)


def test_a_token_that_does_not_come_is_asked_for_again() -> None:
    class Entra(ProviderSimulator):
        def answer(self, call: Call) -> Answer:
            return Answer.of({"access_token": "t"})

    with Entra() as entra:
        entra.drop_next()
        account = mail_account(
            settings={"oauth_client_id": "app", "oauth_authority": entra.url},
            secrets={"oauth_secret": "rahasia"},
        )
        with pytest.raises(SendFailed) as failed:
            oauth.token(account, client())
    assert failed.value.error_class == "retry"


@pytest.mark.parametrize("error", [OutcomeUnknown("no_answer", "Tidak ada."), ValueError("x")])
def test_whatever_keeps_a_mailbox_from_being_read_is_told(
    mail_shop: Shop, error: Exception
) -> None:
    payload: dict[str, Any] = {"channel_id": mail_shop.channel_id}
    for _ in range(PATIENCE):
        with mail_shop.house.tenant() as session:
            visit = ReadMailbox().claim(session, payload)
            assert visit is not None
            ReadMailbox().fail(session, payload, visit, error)
    mail_shop.house.work()
    with mail_shop.house.tenant(write=False) as session:
        folder = session.query(MailFolder).filter_by(name="INBOX").one()
        assert (folder.failures, folder.is_down) == (PATIENCE, False)
        assert len(list(open_notices(session))) == 1
    assert mail_shop.channel().state is ChannelState.CONNECTED


def test_a_mailbox_that_waits_to_be_read_gets_no_second_job(mail_shop: Shop) -> None:
    def waiting() -> int:
        with mail_shop.house.tenant(write=False) as session:
            jobs = select(func.count()).select_from(Job).where(Job.actor == "email.read")
            return session.scalar(jobs) or 0

    tick = poll.spec.run
    assert tick is not None
    for _ in range(2):
        with mail_shop.house.tenant() as session:
            tick(session, {})
        assert waiting() == 1
    mail_shop.house.work()
    assert waiting() == 0
    with mail_shop.house.tenant() as session:
        tick(session, {})
    assert waiting() == 1
