"""A connection for what is no HTTP: mail servers. Guarded as every other call is."""

from __future__ import annotations

import socket
import time

from core.outbound.addresses import Resolver, checked, is_listed
from core.outbound.failures import InsideTransaction, SendFailed, in_transaction
from core.words import say


def dial(
    host: str, port: int, private_hosts: tuple[str, ...], resolver: Resolver, timeout: float
) -> socket.socket:
    """A connected socket whose operations time out after `timeout` seconds each.

    The name is resolved, checked and dialled here: what was checked is what is reached. Raises
    AddressRefused, SendFailed (class `retry`: nobody answers), InsideTransaction.
    """
    if in_transaction.get():
        raise InsideTransaction
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError):
        reason = say("There is no machine called %(host)s.", host=host)
        raise SendFailed("retry", "unknown_host", reason) from None
    if not is_listed(host, port, private_hosts):
        addresses = checked(host, port, addresses)
    ends = time.monotonic() + timeout
    for address in addresses:
        left = ends - time.monotonic()
        if left <= 0:
            break
        try:
            line = socket.create_connection((address, port), left)
        except OSError:
            continue
        line.settimeout(timeout)
        return line
    reason = say("%(host)s:%(port)s can't be reached.", host=host, port=port)
    raise SendFailed("retry", "unreachable", reason)
