"""Which machines an outbound call may reach, by name and by address."""

import ipaddress
import socket
from collections.abc import Callable, Collection

from core.outbound.failures import SendFailed

# (host, port) -> IP addresses as text, best first; OSError where the name has none.
Resolver = Callable[[str, int], list[str]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TEREDO = ipaddress.IPv6Network("2001::/32")
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")


class AddressRefused(SendFailed):
    """The URL leads where no outbound call may go. Nothing was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__("payload", "address_refused", reason)


def resolve(host: str, port: int) -> list[str]:
    """The system's answer, also for 127.1 and 0x7f000001, which it reads as addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Is this IP address on the open Internet?

    False for private, loopback, link-local, carrier-grade NAT, multicast, reserved and
    unspecified ones, and for IPv6 that carries such an IPv4 address inside (mapped, 6to4,
    NAT64); Teredo is refused whole. ValueError for what is no IP address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    if ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if ip.sixtofour is not None:
        return is_public(str(ip.sixtofour))
    if ip in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and ip in _GLOBAL_IPV6 and ip not in _TEREDO


def is_listed(host: str, port: int, hosts: Collection[str]) -> bool:
    """Is this host in a list of `host`, `host:port`, `[::1]:port` or `*.example.org`?

    `*.example.org` is every name below example.org, not example.org itself.
    """
    host = host.lower().rstrip(".")
    for entry in hosts:
        name, listed_port = _split(entry.lower())
        if listed_port is not None and listed_port != port:
            continue
        if name.startswith("*.") and host.endswith(name[1:]):
            return True
        if name == host:
            return True
    return False


def checked(host: str, port: int, addresses: list[str]) -> list[str]:
    """`addresses` if each is public; else AddressRefused.

    One private address among public ones refuses them all: it is what rebinding looks like.
    """
    for address in addresses:
        if not is_public(address):
            raise AddressRefused(
                f"{host} leads to {address}, which is not on the Internet. If it is a machine "
                f"of yours, add {host}:{port} to SAPA_PRIVATE_HOSTS."
            )
    return addresses


def _split(entry: str) -> tuple[str, int | None]:
    """`host:80` -> (host, 80), `[::1]:80` -> (::1, 80), `::1` -> (::1, None)."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, int(rest[1:]) if rest.startswith(":") else None
    name, colon, port = entry.partition(":")
    if colon and port.isdecimal():
        return name.rstrip("."), int(port)
    return entry.rstrip("."), None
