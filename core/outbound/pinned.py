"""Connections that go to the very address that was checked, and that end in time.

The name is resolved, checked and dialled in one place, so there is no moment between check
and connect in which DNS could change its mind. TLS still asks for and verifies the name.
"""

import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import httpcore

from core.outbound.addresses import Resolver, checked, is_listed


@dataclass(slots=True)
class Exchange:
    """One request on its way: when it must end, and whether any of it was written."""

    deadline: float  # time.monotonic()
    written: bool = field(default=False)

    def remaining(self, timeout: float | None) -> float:
        left = self.deadline - time.monotonic()
        return max(0.0, left if timeout is None else min(left, timeout))


# httpcore offers no way to hand a value of one request down to the socket.
exchange: ContextVar[Exchange] = ContextVar("exchange")


class PinnedBackend(httpcore.NetworkBackend):
    """Resolves, checks and connects. AddressRefused where a name leads inside."""

    def __init__(self, private_hosts: tuple[str, ...], resolver: Resolver) -> None:
        self._private_hosts = private_hosts
        self._resolver = resolver
        self._dial = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        current = exchange.get()
        try:
            addresses = self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"No address for {host}") from error
        if not is_listed(host, port, self._private_hosts):
            addresses = checked(host, port, addresses)
        failure: Exception = httpcore.ConnectError(f"No address for {host}")
        ends = time.monotonic() + current.remaining(timeout)
        for address in addresses:
            left = ends - time.monotonic()
            if left <= 0:
                raise httpcore.ConnectTimeout(f"No connection to {host} in time")
            try:
                stream = self._dial.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _BoundedStream(stream)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("Outbound calls use no Unix sockets")


class _BoundedStream(httpcore.NetworkStream):
    """A stream under the exchange's deadline: a peer that drips bytes can't hold a worker."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = exchange.get().remaining(timeout)
        if left <= 0:
            raise httpcore.ReadTimeout("The time for this call is up")
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        current = exchange.get()
        left = current.remaining(timeout)
        if left <= 0:
            raise httpcore.WriteTimeout("The time for this call is up")
        current.written = current.written or bool(buffer)
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = max(0.001, exchange.get().remaining(timeout))
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
