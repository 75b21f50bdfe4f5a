"""An SMTP server on this machine: aiosmtpd with STARTTLS, failures on demand.

It has the face of a `ProviderSimulator`, so that the adapter contract can make it fail: an HTTP
status stands for the SMTP reply that means the same.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from core.testing.providers.mail_server import PASSWORD, USER, Trust

REPLIES = {
    400: "554 5.6.0 Not a message that is taken here",
    401: "535 5.7.8 Username and Password not accepted",
    429: "451 4.7.28 Too many messages, come later",
    500: "451 4.3.0 Something is wrong here, come later",
    503: "421 4.3.2 Shutting down, come later",
    550: "550 5.1.1 No such user here",
    552: "552 5.3.4 Too large",
}


@dataclass(frozen=True)
class Sent:
    """A mail that was taken."""

    sender: str
    to: tuple[str, ...]
    content: bytes
    was_encrypted: bool

    @property
    def mail(self) -> Message:
        return message_from_bytes(self.content)

    @property
    def opaque(self) -> str:
        """Our id in it."""
        return str(self.mail["Message-ID"]).strip("<>").removeprefix("sapa.").partition("@")[0]


class SmtpServer:
    """Use it as a context manager. `sent` lists what was taken, in order."""

    def __init__(self, trust: Trust, *, tokens: tuple[str, ...] = ()) -> None:
        self.sent: list[Sent] = []
        self.logins: list[str] = []
        self.tokens = tokens
        self.password = PASSWORD
        self.faults: deque[tuple[str, bool]] = deque()
        self.stopping = False
        self._refused: Session | None = None
        self._controller = _Controller(self, trust)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        server = self._controller.server
        assert isinstance(server, asyncio.Server), "start it first"
        port: int = server.sockets[0].getsockname()[1]
        return port

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping = True
        self._controller.stop()

    def fail_next(self, n: int = 1, status: int = 500, **_: Any) -> None:
        """Answer the next n mails (or with 401 the next n logins) with a refusal."""
        self.faults.extend([(REPLIES[status], False)] * n)

    def garbage_next(self, n: int = 1, body: bytes = b"", **_: Any) -> None:
        """Take the next n mails and answer something that no mail server says."""
        self.faults.extend([("garbage", False)] * n)

    def hang_next(self, n: int = 1, *, is_processed: bool = False, **_: Any) -> None:
        """Never answer the next n mails."""
        self.faults.extend([("hang", is_processed)] * n)

    def drop_next(self, n: int = 1, *, is_processed: bool = False, **_: Any) -> None:
        """Cut the line instead of answering the next n mails."""
        self.faults.extend([("drop", is_processed)] * n)

    # what aiosmtpd calls

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Take the one user there is."""
        if self.faults and self.faults[0][0].startswith("535"):
            self.faults.popleft()
            self._refused = session
        if self._refused is session:  # a client tries every mechanism there is
            return AuthResult(success=False, handled=False, message=REPLIES[401])
        is_right = isinstance(data, LoginPassword) and (
            (data.login.decode(), data.password.decode()) == (USER, self.password)
        )
        if is_right:
            self.logins.append(mechanism)
        return AuthResult(
            success=is_right, handled=False, message=None if is_right else REPLIES[401]
        )

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """Take a token that is known."""
        said = base64.b64decode(args[1]).decode()
        is_right = any(f"auth=Bearer {token}\1" in said for token in self.tokens)
        if is_right:
            self.logins.append("XOAUTH2")
            return AuthResult(success=True, auth_data=said)
        return AuthResult(success=False, handled=False, message=REPLIES[401])

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.faults and self.faults[0][0].startswith("550"):
            return self.faults.popleft()[0]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault, is_processed = self.faults.popleft() if self.faults else ("", True)
        if is_processed:
            content = envelope.content
            assert isinstance(content, bytes)
            self.sent.append(
                Sent(
                    envelope.mail_from or "",
                    tuple(envelope.rcpt_tos),
                    content,
                    session.ssl is not None,
                )
            )
        if fault == "garbage":
            return "It works"
        if fault == "hang":
            for _ in range(300):
                if self.stopping:
                    break
                await asyncio.sleep(0.02)
            return "250 OK"
        if fault == "drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "250 OK"
        return fault or "250 2.0.0 OK: queued"


class _Controller(Controller):
    """aiosmtpd's thread, with STARTTLS and a login asked for."""

    def __init__(self, owner: SmtpServer, trust: Trust) -> None:
        self._owner, self._trust = owner, trust
        super().__init__(owner, hostname="127.0.0.1", port=0)

    def factory(self) -> SMTP:
        return SMTP(
            self._owner,
            hostname="smtp.test",
            tls_context=self._trust.server,
            require_starttls=True,
            auth_required=True,
            authenticator=self._owner.authenticate,
            data_size_limit=40 * 1024 * 1024,
            timeout=30,
        )

    def _trigger_server(self) -> None:
        """The real one would knock at port 0."""
        with socket.create_connection(("127.0.0.1", self._owner.port), 5) as line:
            line.recv(1024)
