"""Connections to the two servers of an account: guarded, encrypted, bounded in time and size."""

from __future__ import annotations

import imaplib
import ipaddress
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError
from imap_tools.errors import MailboxLoginError as _LoginFailed

from core.api import Account, OutboundClient, SendFailed, say
from plugins.channels.email import faults, oauth

LARGEST_ANSWER = 40 * 1024 * 1024
SECONDS = 90.0
"""How long one visit to the IMAP server may take altogether."""


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
    except ssl.SSLError as error:
        raise faults.tls_failed(host, error) from None
    except (OSError, imaplib.IMAP4.abort, EOFError) as error:
        reason = say("The line to %(host)s broke (%(kind)s).", host=host, kind=type(error).__name__)
        raise SendFailed(faults.RETRY, "line", reason) from None
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


def smtp(account: Account, http: OutboundClient) -> smtplib.SMTP:
    """A line to the SMTP server, logged in. Yours to close. Raises SendFailed: nothing was sent."""
    host, security = setting(account, "smtp_host"), setting(account, "smtp_security")
    line = _dial(account, http, host, "smtp")
    try:
        client = _Smtp(_wrap(line, host, http) if security == "tls" else line, host)
        client.ehlo_or_helo_if_needed()
        if security == "starttls":
            client.starttls(context=http.ssl_context)
            client.ehlo()
        if oauth.is_used(account):
            oauth.log_in_smtp(client, user(account), oauth.token(account, http))
        elif account.secrets.get("password"):
            client.login(user(account), account.secrets["password"])
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
    except ssl.SSLError as error:
        line.close()
        raise faults.tls_failed(host, error) from None
    except (OSError, smtplib.SMTPException) as error:
        line.close()
        reason = say("The line to %(host)s broke (%(kind)s).", host=host, kind=type(error).__name__)
        raise SendFailed(faults.RETRY, "line", reason) from None
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
        self._ends = time.monotonic() + SECONDS
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._dialled

    def read(self, size: int) -> bytes:
        if size > LARGEST_ANSWER:
            raise self.abort("The answer is larger than a mail may be.")
        self._look_at_the_clock()
        return super().read(size)

    def readline(self) -> bytes:
        self._look_at_the_clock()
        return super().readline()

    def _look_at_the_clock(self) -> None:
        if time.monotonic() > self._ends:
            raise self.abort("The time is up.")


class _MailBox(BaseMailBox):
    """imap-tools on that line."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return self._client


class _Smtp(smtplib.SMTP):
    """smtplib on a line that was dialled for it."""

    def __init__(self, line: socket.socket, host: str) -> None:
        # a name of its own: smtplib would ask the DNS what this machine is called
        super().__init__(local_hostname="[127.0.0.1]", timeout=line.gettimeout() or SECONDS)
        self.sock = line
        self._host = host  # what STARTTLS asks the certificate for
        self.file = None
        code, said = self.getreply()
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, said)
