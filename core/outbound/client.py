"""One client for all outbound HTTP: guarded, bounded in time and size, silent about secrets."""

import hashlib
import logging
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpcore
import httpx

from core.outbound.addresses import AddressRefused, Resolver, is_listed, resolve
from core.outbound.body import unpacked
from core.outbound.dial import dial
from core.outbound.failures import (
    InsideTransaction,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    in_transaction,
)
from core.outbound.fetched import Fetched, digest_of, refuse_status
from core.outbound.pinned import Exchange, PinnedBackend, exchange
from core.outbound.request import (
    SAFE_METHODS,
    build,
    core_url,
    host_port,
    is_redirect,
    origin,
    redirected,
    shown,
)
from core.words import say

log = logging.getLogger(__name__)

MAX_REDIRECTS = 3
MAX_BYTES = 5 * 1024 * 1024


class OutboundClient:
    """Thread-safe; one for a process, sharing one connection pool.

    `private_hosts`: `host` or `host:port` that may lie in a private network, such as a
    gateway's. `allow_hosts` per call limits the names a call and its redirects may reach
    (`graph.facebook.com`, `*.fbcdn.net`). Times are seconds; `total` bounds a whole call
    with its redirects. No proxy, no cookies, no environment is used; `ssl_context`
    replaces the usual authorities.
    """

    def __init__(
        self,
        private_hosts: tuple[str, ...] = (),
        *,
        connect: float = 5.0,
        read: float = 15.0,
        total: float = 60.0,
        user_agent: str = "Sapa",
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._private_hosts = tuple(private_hosts)
        self._timeouts = {"connect": connect, "read": read, "write": read, "pool": connect}
        self._total = total
        self._user_agent = user_agent
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._made: httpcore.ConnectionPool | None = None
        self._making = threading.Lock()

    @property
    def _pool(self) -> httpcore.ConnectionPool:
        """Made at the first call: reading the authorities takes 30 ms of every start."""
        with self._making:
            if self._made is None:
                self._made = httpcore.ConnectionPool(
                    ssl_context=self._ssl_context or httpx.create_ssl_context(trust_env=False),
                    max_connections=100,
                    max_keepalive_connections=20,
                    keepalive_expiry=5.0,
                    network_backend=PinnedBackend(self._private_hosts, self._resolver),
                )
            return self._made

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    def connect(self, host: str, port: int, *, timeout: float | None = None) -> socket.socket:
        """A guarded TCP connection, for a protocol that isn't HTTP. Yours to close.

        `timeout`: seconds for the dialling and for each operation after it. Raises AddressRefused
        (a SendFailed), SendFailed `retry`, InsideTransaction.
        """
        seconds = self._timeouts["read"] if timeout is None else timeout
        return dial(host, port, self._private_hosts, self._resolver, seconds)

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """The authorities that servers are checked against."""
        return self._ssl_context or httpx.create_ssl_context(trust_env=False)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        files: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        allow_hosts: Collection[str] | None = None,
        max_bytes: int = MAX_BYTES,
        total: float | None = None,
    ) -> httpx.Response:
        """Send a request and return its whole answer, whatever its status.

        Bodies as in httpx (`json`, `data`, `content`, `files`). GET and HEAD follow up to
        three redirects. Raises AddressRefused (a SendFailed), SendFailed `retry` where
        nothing was sent, OutcomeUnknown where something was and no answer came,
        ResponseTooLarge, InsideTransaction.
        """
        request = build(
            method,
            url,
            self._user_agent,
            json=json,
            data=data,
            content=content,
            files=files,
            params=params,
            headers=headers,
        )
        with self._answer(request, allow_hosts, total) as answer:
            body = b"".join(_pieces(answer, max_bytes))
        return _whole(answer, body)

    def fetch_to_file(
        self,
        url: str,
        dest: Path,
        max_bytes: int,
        sha256: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        allow_hosts: Collection[str] | None = None,
        total: float | None = None,
    ) -> Fetched:
        """Download to `dest`, which appears whole or not at all.

        `sha256` (hex or base64) is verified. Raises as `request` does, and SendFailed for
        any status but 2xx (401, 403: channel; 408, 429, 5xx: retry; else payload) and for
        a wrong digest (retry).
        """
        dest = Path(dest)
        request = build("GET", url, self._user_agent, headers=headers)
        digest, size = hashlib.sha256(), 0
        descriptor, partial = tempfile.mkstemp(dir=dest.parent, prefix=".fetch-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                with self._answer(request, allow_hosts, total) as answer:
                    refuse_status(answer)
                    for piece in _pieces(answer, max_bytes):
                        digest.update(piece)
                        size += len(piece)
                        file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if sha256 is not None and digest_of(sha256) != digest.digest():
                raise SendFailed(
                    "retry", "sha256", say("The file differs from what was announced.")
                )
            os.replace(partial, dest)
        except BaseException:
            os.unlink(partial)
            raise
        content_type = answer.headers.get("content-type", "")
        return Fetched(dest, size, digest.hexdigest(), content_type)

    @contextmanager
    def _answer(
        self,
        request: httpx.Request,
        allow_hosts: Collection[str] | None,
        total: float | None,
    ) -> Iterator[httpx.Response]:
        """The final answer, its body unread, after any redirects."""
        if in_transaction.get():
            raise InsideTransaction
        deadline = time.monotonic() + (self._total if total is None else total)
        came_from: httpx.URL | None = None
        for _ in range(MAX_REDIRECTS + 1):
            self._check(request.url, allow_hosts, came_from)
            with self._exchange(request, deadline) as answer:
                if not is_redirect(answer):
                    yield answer
                    return
                came_from, request = request.url, redirected(request, answer)
        raise SendFailed("channel", "redirects", say("This address redirects too often."))

    def _check(
        self, url: httpx.URL, allow_hosts: Collection[str] | None, came_from: httpx.URL | None
    ) -> None:
        """What can be refused by name; the address is checked where it is dialled."""
        if url.scheme not in ("http", "https") or not url.host:
            raise AddressRefused(say("Only http and https addresses can be called."))
        if url.userinfo:
            raise AddressRefused(say("Take the user name and password out of the address."))
        host, port = host_port(url)
        is_allowed = allow_hosts is not None and is_listed(host, port, allow_hosts)
        if allow_hosts is not None and not is_allowed:
            raise AddressRefused(say("%(host)s is not a host that this call may reach.", host=host))
        if came_from is None or is_allowed or origin(url) == origin(came_from):
            return
        # A stranger's redirect must not lead to the operator's own machines.
        if is_listed(host, port, self._private_hosts):
            raise AddressRefused(say("A redirect to %(host)s is not followed.", host=host))

    @contextmanager
    def _exchange(self, request: httpx.Request, deadline: float) -> Iterator[httpx.Response]:
        """One request and its answer on the wire, with failures told apart."""
        current = Exchange(deadline)
        reset = exchange.set(current)
        started = time.monotonic()
        outcome = "failed"
        try:
            # Not pool.stream(), which declares a chunked body for a GET that has none.
            raw = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    core_url(request.url),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={"timeout": self._timeouts},
                )
            )
            with closing(raw):
                outcome = str(raw.status)
                yield httpx.Response(
                    raw.status, headers=raw.headers, request=request, stream=_Raw(raw)
                )
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            outcome = type(error).__name__
            raise _failure(request, current, error) from None
        finally:
            exchange.reset(reset)
            took = (time.monotonic() - started) * 1000
            log.info("%s %s %s %.0f ms", request.method, shown(request.url), outcome, took)


class _Raw(httpx.SyncByteStream):
    """The undecoded body, read only by `_pieces`."""

    def __init__(self, raw: httpcore.Response) -> None:
        self._raw = raw

    def __iter__(self) -> Iterator[bytes]:
        yield from self._raw.iter_stream()


def _pieces(answer: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    length = answer.headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes and answer.request.method != "HEAD":
        raise ResponseTooLarge(max_bytes)
    assert isinstance(answer.stream, httpx.SyncByteStream)  # noqa: S101 narrows the type
    yield from unpacked(answer.stream, answer.headers.get("content-encoding", ""), max_bytes)


def _whole(answer: httpx.Response, body: bytes) -> httpx.Response:
    """An answer that holds its decoded body, and no header that says otherwise."""
    told = {"content-encoding", "content-length", "transfer-encoding"}
    headers = [(k, v) for k, v in answer.headers.multi_items() if k.lower() not in told]
    return httpx.Response(answer.status_code, headers=headers, content=body, request=answer.request)


def _failure(
    request: httpx.Request, current: Exchange, error: Exception
) -> SendFailed | OutcomeUnknown:
    """What an error on the wire means; its own text stays out, it may show what was sent."""
    host, kind = request.url.host, type(error).__name__
    if not current.written and isinstance(error, httpcore.LocalProtocolError):
        return SendFailed("payload", "request", say("This request can't be sent over HTTP."))
    if not current.written:
        return SendFailed(
            "retry",
            "unreachable",
            say("%(host)s can't be reached (%(kind)s).", host=host, kind=kind),
        )
    return OutcomeUnknown(
        "no_answer",
        say("%(host)s got the request and gave no whole answer (%(kind)s).", host=host, kind=kind),
        safe_to_repeat=request.method in SAFE_METHODS,
    )
