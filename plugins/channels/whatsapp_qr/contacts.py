"""The phone's address book."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from core.api import (
    Account,
    Address,
    ListedContact,
    OutboundClient,
    OutcomeUnknown,
    careful,
    read_jid,
    say,
)
from plugins.channels.whatsapp_qr.gateway import call, results_of
from plugins.channels.whatsapp_qr.people import KINDS

MAX_BYTES = 64 * 1024 * 1024  # about 100 bytes an entry


def fetch_contacts(account: Account, http: OutboundClient) -> Iterator[Sequence[ListedContact]]:
    """Yield the address book; GOWA hands it over as one page. What is no person has no address.

    Raises SendFailed, OutcomeUnknown.
    """
    answer = call(account, http, "GET", "user/my/contacts", max_bytes=MAX_BYTES, total=120.0)
    rows = results_of(answer).get("data")
    if rows is None:
        rows = []  # Go writes an empty list as null
    if not isinstance(rows, list):
        raise OutcomeUnknown("garbage", say("The gateway's address book can't be read."))
    yield list(_read(rows))


def _read(rows: list[object]) -> Iterator[ListedContact]:
    for row in rows:
        with contextlib.suppress(careful.Unreadable):  # one odd entry costs itself, not the book
            careful.refuse_unstorable(row)
            entry = row if isinstance(row, dict) else {}
            jid = careful.optional_string(entry, "jid")
            read = read_jid(jid)
            name = careful.optional_string(entry, "name", limit=careful.MAX_TEXT)
            address = Address(KINDS[read.kind], read.address) if read.kind in KINDS else None
            if jid:
                yield ListedContact(address, name[: careful.MAX_NAME], jid)
