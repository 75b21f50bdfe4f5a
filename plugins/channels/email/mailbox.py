"""Reading a mailbox: what is new since the number that was read last, and nothing else touched.

Folders are opened for reading only: no mail is marked, moved or deleted. RFC 3501 promises that
within one UIDVALIDITY later mail has a higher UID; when a server numbers anew, the last days are
read again, and what is known already does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from imap_tools import BaseMailBox
from imap_tools.errors import MailboxFolderSelectError, MailboxFolderStatusError

from core.api import Account, OutboundClient, SendFailed, say
from plugins.channels.email import faults
from plugins.channels.email.envelope import Envelope, pack
from plugins.channels.email.lines import imap, setting
from plugins.channels.email.parts import LARGEST_MAIL

INBOX = "INBOX"
MOST_AT_ONCE = 50
MOST_BYTES = 30 * 1024 * 1024
BEGINNING = 256 * 1024
OVERLAP = timedelta(days=2)
_SENT_NAMES = ("sent", "sent items", "sent messages", "sent mail", "terkirim", "trimise")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


@dataclass(frozen=True)
class Place:
    """How far a folder was read, and when."""

    name: str
    uid_validity: int
    last_uid: int
    read_at: datetime


@dataclass(frozen=True)
class Harvest:
    """What a visit brought: bodies for the raw inbox, and how far each folder is read now."""

    bodies: list[bytes]
    places: list[Place]
    has_more: bool = False


def harvest(account: Account, http: OutboundClient, known: Iterable[Place]) -> Harvest:
    """Fetch what is new. Raises SendFailed. A folder that is met for the first time begins now."""
    places = {place.name: place for place in known}
    bodies: list[bytes] = []
    found: list[Place] = []
    has_more = False
    with imap(account, http) as box:
        folders = [(INBOX, False)]
        if account.settings.get("reads_sent") and (sent := sent_folder(box)):
            folders.append((sent, True))
        for name, is_sent in folders:
            here = _open(box, account, name)
            place = places.get(name)
            if place is None:
                found.append(here)
                continue
            new, place, more = _read(box, place, here, is_sent)
            bodies += new
            found.append(place)
            has_more = has_more or more
    return Harvest(bodies, found, has_more)


def fetch_mail(box: BaseMailBox, account: Account, name: str, uid_validity: int, uid: int) -> bytes:
    """One mail by where it lay; b"" where it is no more."""
    here = _open(box, account, name)
    if here.uid_validity != uid_validity:
        return b""
    return _fetch(box, uid, "BODY.PEEK[]")


def sent_folder(box: BaseMailBox) -> str:
    """The folder of sent mail: the one that the server calls so (RFC 6154), else by its name."""
    folders = box.folder.list()
    for folder in folders:
        if any(flag.lower() == "\\sent" for flag in folder.flags):
            return str(folder.name)
    for folder in folders:
        if re.split(r"[./]", folder.name)[-1].lower() in _SENT_NAMES:
            return str(folder.name)
    return ""


def _open(box: BaseMailBox, account: Account, name: str) -> Place:
    """Open a folder for reading only; where its newest mail stands."""
    try:
        status = box.folder.status(name, ["UIDVALIDITY", "UIDNEXT"])
        box.folder.set(name, readonly=True)
    except (MailboxFolderStatusError, MailboxFolderSelectError):
        reason = say(
            "%(host)s has no folder “%(name)s” for this user.",
            host=setting(account, "imap_host"),
            name=name,
        )
        raise SendFailed(faults.CHANNEL, "folder", reason) from None
    last = int(status.get("UIDNEXT") or 1) - 1
    return Place(name, int(status.get("UIDVALIDITY") or 0), last, datetime.now(UTC))


def _read(
    box: BaseMailBox, place: Place, here: Place, is_sent: bool
) -> tuple[list[bytes], Place, bool]:
    if place.uid_validity != here.uid_validity:
        since = (place.read_at - OVERLAP).strftime("%d-%b-%Y")
        uids = [int(uid) for uid in box.uids(f"SINCE {since}")]
        place = replace(place, uid_validity=here.uid_validity, last_uid=min(uids, default=1) - 1)
    else:
        uids = [int(uid) for uid in box.uids(f"UID {place.last_uid + 1}:*")]
    new = sorted(uid for uid in uids if uid > place.last_uid)  # `n:*` names the last one always
    if not new:
        last = max(place.last_uid, here.last_uid)
        return [], replace(place, last_uid=last, read_at=here.read_at), False
    bodies: list[bytes] = []
    taken = 0
    sizes = _sizes(box, new[:MOST_AT_ONCE])
    for uid in new[:MOST_AT_ONCE]:
        size = sizes.get(uid, 0)
        is_cut = size > LARGEST_MAIL
        if bodies and taken + min(size, LARGEST_MAIL) > MOST_BYTES:
            break
        mail = _fetch(box, uid, f"BODY.PEEK[]<0.{BEGINNING}>" if is_cut else "BODY.PEEK[]")
        place = replace(place, last_uid=uid)
        if not mail:
            continue  # deleted a moment ago
        taken += len(mail)
        envelope = Envelope(place.name, place.uid_validity, uid, size, is_cut, is_sent)
        bodies.append(pack(envelope, mail))
    return bodies, replace(place, read_at=here.read_at), place.last_uid < new[-1]


def _sizes(box: BaseMailBox, uids: Sequence[int]) -> dict[int, int]:
    found = {}
    for line in _asked(box, ",".join(map(str, uids)), "(UID RFC822.SIZE)"):
        if isinstance(line, bytes) and (uid := _UID.search(line)) and (size := _SIZE.search(line)):
            found[int(uid[1])] = int(size[1])
    return found


def _fetch(box: BaseMailBox, uid: int, what: str) -> bytes:
    for piece in _asked(box, str(uid), f"({what})"):
        if isinstance(piece, tuple) and len(piece) > 1:
            return bytes(piece[1])
    return b""


def _asked(box: BaseMailBox, uids: str, what: str) -> list[object]:
    """What FETCH answers. A NO is no word that the mail is gone: SendFailed, class retry."""
    status, answer = box.client.uid("FETCH", uids, what)
    if status != "OK":
        said = next((piece for piece in answer or () if isinstance(piece, bytes)), b"")
        raise faults.not_now(box.client.host, "fetch", said)
    return list(answer or ())
