"""A mail server that says what a test tells it to: for what no real server can be made to say."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Say = Callable[[bytes], object]
Answer = Callable[[Say, str, bytes], None]
"""Told how to speak, the tag and the rest of a line."""

_IMAP = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
    b"STATUS": b'* STATUS "INBOX" (UIDVALIDITY 7 UIDNEXT 9)\r\n',
    b"EXAMINE": b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n",
    b"UID SEARCH": b"* SEARCH 5 6\r\n",
    b"UID FETCH": b"* 1 FETCH (UID 5 RFC822.SIZE 20)\r\n* 2 FETCH (UID 6 RFC822.SIZE 20)\r\n",
}


@dataclass
class Script:
    """`heard` lists the commands. Set `answers` by the beginning of a command."""

    port: int
    greeting: bytes
    usual: Callable[[str, bytes], bytes]
    heard: list[bytes] = field(default_factory=list)
    answers: dict[bytes, Callable[[Say, str], object]] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def serve(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as said:
            line.sendall(self.greeting)
            for row in said:
                tag, _, rest = (
                    row.strip().partition(b" ")
                    if self.is_tagged
                    else (b"", b"", row[:4].upper() + row[4:])
                )
                self.heard.append(rest.strip())
                fitting = (say for name, say in self.answers.items() if rest.startswith(name))
                special = next(fitting, None)
                if special is None:
                    line.sendall(self.usual(tag.decode(), rest))
                else:
                    special(line.sendall, tag.decode())

    @property
    def is_tagged(self) -> bool:
        return self.greeting.startswith(b"*")


def _imap(tag: str, rest: bytes) -> bytes:
    said = next((said for name, said in _IMAP.items() if rest.startswith(name)), b"")
    return said + f"{tag} OK done\r\n".encode()


def _smtp(tag: str, rest: bytes) -> bytes:
    if rest.startswith(b"EHLO"):
        return b"250-mail.test\r\n250 AUTH PLAIN LOGIN\r\n"
    return {b"AUTH": b"235 ok\r\n", b"DATA": b"354 go\r\n"}.get(rest[:4], b"250 ok\r\n")


@contextmanager
def imap_script() -> Iterator[Script]:
    """An IMAP server with two new mails."""
    with _running(b"* OK ready\r\n", _imap) as script:
        yield script


@contextmanager
def smtp_script() -> Iterator[Script]:
    """An SMTP server that takes everything, line by line."""
    with _running(b"220 mail.test\r\n", _smtp) as script:
        yield script


@contextmanager
def _running(greeting: bytes, usual: Callable[[str, bytes], bytes]) -> Iterator[Script]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        script = Script(door.getsockname()[1], greeting, usual)

        def wait() -> None:
            while not script.stopping.is_set():
                try:
                    line, _ = door.accept()
                except OSError:
                    return
                try:
                    script.serve(line)
                except OSError:
                    continue  # the other side has hung up

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        yield script
        script.stopping.set()
        door.shutdown(socket.SHUT_RDWR)
    thread.join(10)
