"""A file of a mail: fetched from the mailbox when its message is stored."""

from __future__ import annotations

from core.api import Account, Media, OutboundClient, SendFailed, say
from plugins.channels.email import faults, parts
from plugins.channels.email.lines import imap
from plugins.channels.email.mailbox import fetch_mail


def fetch_media(account: Account, file: Media, http: OutboundClient) -> bytes:
    """The bytes. Raises SendFailed: `retry`, or `payload` where the mail is no longer there."""
    validity, _, rest = file.provider_id.partition("/")
    uid, _, rest = rest.partition("/")
    path, _, folder = rest.partition("/")
    if not (validity.isdigit() and uid.isdigit() and folder):
        raise _gone()
    with imap(account, http) as box:
        raw = fetch_mail(box, account, folder, int(validity), int(uid))
    found = parts.part_at(parts.parse(raw)[0], path) if raw else None
    if found is None:
        raise _gone()
    return found.content


def _gone() -> SendFailed:
    reason = say("The mail is no longer in the mailbox: it was moved or deleted.")
    return SendFailed(faults.PAYLOAD, "gone", reason)
