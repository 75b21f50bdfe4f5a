"""A database that can't be used just now, told from one that refuses a statement.

It is nobody's fault who asks, and it passes: 503, so that people and providers come again.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.db import DatabaseBusy
from core.errors import Refused
from core.words import say

AWAY = say("The database doesn't answer just now, so nothing was saved. Try again in a moment.")
BUSY = say("Too much is going on just now, so nothing was saved. Try again in a moment.")
DISK = say(
    "The disk of this installation is full or broken, so nothing was saved and nothing "
    "that comes "
    "in can be stored. Tell whoever looks after the server to make room, then try again."
)
PASSING = (DatabaseBusy, PendingRollbackError, PoolTimeout)
RETRY_AFTER = 5  # seconds

_DISK_FULL = "53100"
_ENDED = {"25P03", "25006"}  # idle for too long; a server that became a standby
# of SQLite's primary codes; SQLITE_ERROR, a wrong statement, is an OperationalError too
_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: DISK,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_READONLY: AWAY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_NOMEM: AWAY,
}


def as_unavailable(error: Exception) -> Refused | None:
    """The 503 that `error` means, or None where the database did answer."""
    sentence = _sentence(error)
    return Refused(sentence, status=503) if sentence else None


def _sentence(error: Exception) -> str:
    if isinstance(error, PASSING):
        return BUSY
    if not isinstance(error, DBAPIError):
        return ""
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        return _SQLITE.get(getattr(driver, "sqlite_errorcode", 0) & 0xFF, "")
    state = getattr(driver, "sqlstate", None)
    if state == _DISK_FULL:
        return DISK
    # psycopg's OperationalError is never the statement's fault, its InterfaceError a lost line
    is_away = isinstance(error, OperationalError | InterfaceError) or state in _ENDED
    return AWAY if is_away else ""
