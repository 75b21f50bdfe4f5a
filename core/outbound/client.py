"""One client for all outbound HTTP: guarded, bounded in time and size, silent about secrets."""

import base64
import binascii
import hashlib
import logging
import os
import ssl
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpcore
import httpx

from core.outbound.addresses import AddressRefused, Resolver, is_listed, resolve
from core.outbound.body import ACCEPTED, unpacked
from core.outbound.failures import (
    InsideTransaction,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    in_transaction,
)
from core.outbound.pinned import Exchange, PinnedBackend, exchange
from core.secrets import redact

log = logging.getLogger(__name__)

MAX_REDIRECTS = 3
MAX_BYTES = 5 * 1024 * 1024

# What goes with a redirect to another origin. A list of what may travel, because a
# provider's secret header has any name it likes.
_HARMLESS_HEADERS = {"accept", "accept-encoding", "accept-language", "user-agent"}
_REDIRECTS = {301, 302, 303, 307, 308}
_SAFE_METHODS = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that `fetch_to_file` wrote: its size in bytes, sha256 (hex), declared type."""

    path: Path
    size: int
    sha256: str
    content_type: str


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
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=PinnedBackend(self._private_hosts, resolver),
        )

    def close(self) -> None:
        self._pool.close()

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
        request = self._request(
            method,
            url,
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
        request = self._request("GET", url, headers=headers)
        digest, size = hashlib.sha256(), 0
        descriptor, partial = tempfile.mkstemp(dir=dest.parent, prefix=".fetch-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                with self._answer(request, allow_hosts, total) as answer:
                    _refuse_status(answer)
                    for piece in _pieces(answer, max_bytes):
                        digest.update(piece)
                        size += len(piece)
                        file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if sha256 is not None and _digest(sha256) != digest.digest():
                raise SendFailed("retry", "sha256", "The file differs from what was announced.")
            os.replace(partial, dest)
        except BaseException:
            os.unlink(partial)
            raise
        content_type = answer.headers.get("content-type", "")
        return Fetched(dest, size, digest.hexdigest(), content_type)

    def _request(self, method: str, url: str, **body: Any) -> httpx.Request:
        try:
            request = httpx.Request(method.upper(), url, **body)
        except (httpx.InvalidURL, UnicodeError):
            raise AddressRefused("This is no valid URL.") from None
        request.headers["Accept-Encoding"] = ACCEPTED
        request.headers.setdefault("User-Agent", self._user_agent)
        request.headers.setdefault("Accept", "*/*")
        return request

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
                if answer.status_code not in _REDIRECTS or "location" not in answer.headers:
                    yield answer
                    return
                came_from, request = request.url, _redirected(request, answer)
        raise SendFailed("channel", "redirects", "This address redirects too often.")

    def _check(
        self, url: httpx.URL, allow_hosts: Collection[str] | None, came_from: httpx.URL | None
    ) -> None:
        """What can be refused by name; the address is checked where it is dialled."""
        if url.scheme not in ("http", "https") or not url.host:
            raise AddressRefused("Only http and https addresses can be called.")
        if url.userinfo:
            raise AddressRefused("Take the user name and password out of the address.")
        host, port = _host_port(url)
        is_allowed = allow_hosts is not None and is_listed(host, port, allow_hosts)
        if allow_hosts is not None and not is_allowed:
            raise AddressRefused(f"{host} is not a host that this call may reach.")
        if came_from is None or is_allowed or _origin(url) == _origin(came_from):
            return
        # A stranger's redirect must not lead to the operator's own machines.
        if is_listed(host, port, self._private_hosts):
            raise AddressRefused(f"A redirect to {host} is not followed.")

    @contextmanager
    def _exchange(self, request: httpx.Request, deadline: float) -> Iterator[httpx.Response]:
        """One request and its answer on the wire, with failures told apart."""
        current = Exchange(deadline)
        reset = exchange.set(current)
        started = time.monotonic()
        outcome = "failed"
        try:
            with self._pool.stream(
                request.method,
                _core_url(request.url),
                headers=request.headers.raw,
                content=request.stream,  # type: ignore[arg-type]  # iterable, as it asks at run time
                extensions={"timeout": self._timeouts},
            ) as raw:
                outcome = str(raw.status)
                yield httpx.Response(
                    raw.status, headers=raw.headers, request=request, stream=_Raw(raw)
                )
        except httpcore.LocalProtocolError:
            # Its text would show the header that is wrong, which may be the token.
            raise SendFailed("payload", "request", "The request has an illegal header.") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            outcome = type(error).__name__
            raise _failure(request, current, outcome) from None
        finally:
            exchange.reset(reset)
            took = (time.monotonic() - started) * 1000
            log.info("%s %s %s %.0f ms", request.method, _shown(request.url), outcome, took)


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


def _redirected(request: httpx.Request, answer: httpx.Response) -> httpx.Request:
    """The request that a redirect asks for; SendFailed where it can't be followed."""
    if request.method not in _SAFE_METHODS:
        # Following would send it twice, or as a GET without its body.
        raise SendFailed(
            "channel", "redirect", "The provider's address redirects. Enter the final address."
        )
    try:
        url = request.url.join(answer.headers["location"])
    except httpx.InvalidURL:
        raise AddressRefused("A redirect leads to no valid URL.") from None
    if request.url.scheme == "https" and url.scheme != "https":
        raise AddressRefused("A redirect leads from https to an open connection.")
    headers = httpx.Headers(request.headers)
    del headers["host"]
    if _origin(url) != _origin(request.url):
        headers = httpx.Headers(
            [(k, v) for k, v in headers.multi_items() if k.lower() in _HARMLESS_HEADERS]
        )
    return httpx.Request(request.method, url, headers=headers)


def _failure(request: httpx.Request, current: Exchange, kind: str) -> SendFailed | OutcomeUnknown:
    host = request.url.host
    if not current.written:
        return SendFailed("retry", "unreachable", f"{host} can't be reached ({kind}).")
    return OutcomeUnknown(
        "no_answer",
        f"{host} got the request and gave no whole answer ({kind}).",
        safe_to_repeat=request.method in _SAFE_METHODS,
    )


def _refuse_status(answer: httpx.Response) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    reason = f"{answer.request.url.host} answered {status} instead of the file."
    if status in (401, 403):
        raise SendFailed("channel", str(status), reason)
    if status in (408, 429) or status >= 500:
        after = answer.headers.get("retry-after", "")
        raise SendFailed("retry", str(status), reason, float(after) if after.isdecimal() else None)
    raise SendFailed("payload", str(status), reason)


def _digest(announced: str) -> bytes:
    """A sha256 in hex or base64 as bytes; b"" for anything else, which then differs."""
    try:
        if len(announced) == 64:
            return bytes.fromhex(announced)
        return base64.b64decode(announced + "=" * (-len(announced) % 4), altchars=b"-_")
    except (ValueError, binascii.Error):
        return b""


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _host_port(url: httpx.URL) -> tuple[str, int]:
    """The name as it will be dialled: the two must never differ."""
    return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return (url.scheme, *_host_port(url))


def _shown(url: httpx.URL) -> str:
    """A URL for the log: no query at all, and no token in its path."""
    return redact(f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}")
