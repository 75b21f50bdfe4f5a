"""Connections to the two servers of an account: guarded, encrypted, bounded in time and size."""

from __future__ import annotations

import base64
import imaplib
import ipaddress
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError
from imap_tools.errors import MailboxLoginError as _LoginFailed

from core.api import Account, OutboundClient, SendFailed
from plugins.channels.email import faults, oauth
from plugins.channels.email.clock import Answers, Clock

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LONGEST_LINE = 1_000_000
LARGEST_ANSWER = 40 * 1024 * 1024
"""All that an IMAP server says to one command."""
MOST_LINES = 100
"""All that an SMTP server says to one command."""
IMAP_SECONDS = 90.0
"""How long one visit to the IMAP server may take altogether."""
SMTP_SECONDS = 50.0
"""How long handing over one mail may take altogether: a job that sends has a minute."""


def setting(account: Account, name: str) -> str:
    """A setting as text."""
    return str(account.settings.get(name) or "")


def user(account: Account) -> str:
    """Who logs in."""
    return setting(account, "user") or account.own_address


def mailbox_of(account: Account) -> str:
    """Whose mailbox at which server."""
    return f"{user(account)} {setting(account, 'imap_host')}"[:255]


@contextmanager
def imap(account: Account, http: OutboundClient) -> Iterator[BaseMailBox]:
    """A mailbox, logged in; no folder is open. Raises SendFailed with what to do."""
    host, security = setting(account, "imap_host"), setting(account, "imap_security")
    line = _dial(account, http, host, "imap")
    try:
        box = _MailBox(_Imap(_wrap(line, host, http) if security == "tls" else line, host))
        try:
            if security == "starttls":
                box.client.starttls(ssl_context=http.ssl_context)
            _log_in(box, account, http)
            yield box
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                box.client.logout()
            with suppress(OSError):
                box.client.shutdown()  # a logout that fails leaves its file open
    except (OSError, imaplib.IMAP4.abort, EOFError) as error:
        raise faults.line_failed(host, error) from None
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise faults.not_now(host, "imap", _said(error)) from None
    finally:
        line.close()


def _log_in(box: BaseMailBox, account: Account, http: OutboundClient) -> None:
    host = setting(account, "imap_host")
    try:
        if oauth.is_used(account):
            box.xoauth2(user(account), oauth.token(account, http), None)
        else:
            name, password = user(account), account.secrets.get("password", "")
            log_in = box.login if (name + password).isascii() else box.login_utf8
            log_in(name, password, None)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, _LoginFailed) as error:
        said = _said(error)
        if "UNAVAILABLE" in said.upper() or "TRY AGAIN" in said.upper():
            raise faults.not_now(host, "login", said) from None
        raise faults.login_refused(host, "login", said) from None


def smtp(account: Account, http: OutboundClient) -> SmtpLine:
    """A line to the SMTP server, logged in. Yours to close. Raises SendFailed: nothing was sent."""
    host, security = setting(account, "smtp_host"), setting(account, "smtp_security")
    line = _dial(account, http, host, "smtp")
    clock = Clock(SMTP_SECONDS, line.gettimeout() or SMTP_SECONDS)
    try:
        client = SmtpLine(_wrap(line, host, http) if security == "tls" else line, host, clock)
        client.ehlo_or_helo_if_needed()
        if security == "starttls":
            client.starttls(context=http.ssl_context)
            client.ehlo()
        if oauth.is_used(account):
            oauth.log_in_smtp(client, user(account), oauth.token(account, http))
        elif account.secrets.get("password"):
            client.log_in(user(account), account.secrets["password"])
    except smtplib.SMTPAuthenticationError as error:
        line.close()
        if 400 <= error.smtp_code < 500:
            raise faults.not_now(host, error.smtp_code, error.smtp_error) from None
        raise faults.login_refused(host, error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPNotSupportedError as error:
        line.close()
        raise faults.tls_failed(host, error) from None
    except smtplib.SMTPResponseException as error:
        line.close()
        raise faults.refused(
            faults.CHANNEL, host, error.smtp_code, _bytes(error.smtp_error)
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        line.close()
        raise faults.line_failed(host, error) from None
    except SendFailed:
        line.close()
        raise
    return client


def _dial(account: Account, http: OutboundClient, host: str, kind: str) -> socket.socket:
    port = int(account.settings.get(f"{kind}_port") or 0)
    line = http.connect(host, port)
    if setting(account, f"{kind}_security") == "none" and _is_public(line):
        line.close()
        raise faults.unencrypted(host)
    return line


def _is_public(line: socket.socket) -> bool:
    return ipaddress.ip_address(str(line.getpeername()[0]).partition("%")[0]).is_global


def _wrap(line: socket.socket, host: str, http: OutboundClient) -> socket.socket:
    return http.ssl_context.wrap_socket(line, server_hostname=host)


def _said(error: Exception) -> str:
    result = getattr(error, "command_result", None)
    parts = result[1] if result else error.args
    return " ".join(faults.words(part) for part in parts if isinstance(part, bytes | str))


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


class _Imap(imaplib.IMAP4):
    """imaplib on a line that was dialled for it, with an end to its patience."""

    def __init__(self, line: socket.socket, host: str) -> None:
        self._dialled = line
        self._clock = Clock(IMAP_SECONDS, line.gettimeout() or IMAP_SECONDS)
        self._answers: tuple[socket.socket, Answers] | None = None
        self._taken = 0
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._dialled

    def send(self, data: ReadableBuffer) -> None:
        self._taken = 0
        super().send(data)

    def read(self, size: int) -> bytes:
        self._take(size)
        return self._said().read(size)

    def readline(self) -> bytes:
        line = self._said().readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise self.abort("The line is too long.")
        self._take(len(line))
        return line

    def _take(self, size: int) -> None:
        self._taken += size
        if self._taken > LARGEST_ANSWER:
            raise self.abort("The answer is larger than a mail may be.")

    def _said(self) -> Answers:
        """A new one after STARTTLS: what was said in the open before it counts for nothing."""
        if self._answers is None or self._answers[0] is not self.sock:
            self._answers = self.sock, Answers(self.sock, self._clock)
        return self._answers[1]


class _MailBox(BaseMailBox):
    """imap-tools on that line."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return self._client


class _FewLines(Answers):
    def readline(self, size: int | None = -1, /) -> bytes:
        if self.lines >= MOST_LINES:
            raise OSError("The answer has no end.")
        return super().readline(size)


class SmtpLine(smtplib.SMTP):
    """smtplib on a line that was dialled for it, with an end to its patience."""

    def __init__(self, line: socket.socket, host: str, clock: Clock) -> None:
        # a name of its own: smtplib would ask the DNS what this machine is called
        super().__init__(local_hostname="[127.0.0.1]", timeout=clock.patience)
        self.sock = line
        self._host = host  # what STARTTLS asks the certificate for
        self.file = None
        self.clock = clock
        code, said = self.getreply()
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, said)

    def send(self, s: ReadableBuffer | str) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.clock.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _FewLines(self.sock, self.clock)
        if self.file is not None:
            self.file.lines = 0
        return super().getreply()

    def log_in(self, name: str, password: str) -> None:
        """As `login`; what isn't ASCII by AUTH PLAIN, which is UTF-8 (RFC 4616)."""
        if (name + password).isascii():
            self.login(name, password)
            return
        if not self.has_extn("auth"):
            raise smtplib.SMTPNotSupportedError("It offers no login.")
        proof = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        code, said = self.docmd("AUTH", f"PLAIN {proof}")
        if code not in (235, 503):
            raise smtplib.SMTPAuthenticationError(code, said)
