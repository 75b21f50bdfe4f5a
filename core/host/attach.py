"""Which plugin host serves which installation.

A service knows its session and nothing else; the session knows its database. Keyed by the database
rather than one host for the process: tests run several installations side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from core.db import Database
    from core.host.host import PluginHost

_hosts: WeakKeyDictionary[Database, PluginHost] = WeakKeyDictionary()


class NoHost(RuntimeError):
    """A database without a plugin host: events would be lost in silence."""


def attach(database: Database, host: PluginHost) -> None:
    """Let `host` serve the services that work on `database`. Once, before the first session."""
    _hosts[database] = host


def host_of(database: Database) -> PluginHost:
    """The host attached to a database. Raises NoHost."""
    try:
        return _hosts[database]
    except KeyError:
        raise NoHost("Call attach(database, PluginHost.load(…)) when the process starts.") from None
