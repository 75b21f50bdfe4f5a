"""What messages are called: our Message-IDs, strangers' ids, and the signed mark in an address."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from uuid import UUID

from core.api import Account

LONGEST = 190
"""What the column of provider ids takes."""

_ID = re.compile(r"<[^<>\s]{1,1000}>")
_OURS = re.compile(r"<sapa\.([0-9a-f-]{36})@[^<>\s]+>")
_OUR_ID_SOMEWHERE = re.compile(rb"<sapa\.[0-9a-f-]{36}@[A-Za-z0-9.-]+>")
_MARK = re.compile(r"[a-z2-7]{36}")
_UUID_LETTERS = 26
_PROOF_LETTERS = 10
_LONGEST_LOCAL = 64
NAMELESS = "nameless.invalid"


def message_id(account: Account, opaque: str) -> str:
    """The Message-ID of a message of ours: its uuid, at the domain of the mailbox."""
    domain = account.own_address.rpartition("@")[2] or "localhost"
    return f"<sapa.{opaque}@{domain}>"


def opaque_of(identifier: str) -> str:
    """The uuid in a Message-ID of ours; "" for anybody else's."""
    found = _OURS.fullmatch(identifier)
    return found[1] if found else ""


def our_id_in(raw: bytes) -> str:
    """The first Message-ID of ours that stands anywhere in these bytes; "" for none."""
    found = _OUR_ID_SOMEWHERE.search(raw)
    return found.group().decode("ascii") if found else ""


def ids_in(header: str) -> list[str]:
    """The message ids in a header, in their order, each as we keep it."""
    return [kept(found) for found in _ID.findall(header)]


def kept(identifier: str) -> str:
    """An id that fits the column: itself, or a digest of one that is too long."""
    if len(identifier) <= LONGEST and identifier.isprintable():
        return identifier
    return digest_id(identifier.encode("utf-8", "surrogatepass"))


def digest_id(content: bytes) -> str:
    """An id for a mail that has none: the same mail fetched twice has the same."""
    return f"<{hashlib.sha256(content).hexdigest()}@{NAMELESS}>"


def is_real(identifier: str) -> bool:
    """Whether the other side knows the message by this id."""
    return identifier.startswith("<") and not identifier.endswith(f"@{NAMELESS}>")


def marked_address(account: Account, opaque: str) -> str:
    """Our address with a mark that says which message an answer is for; "" where none fits."""
    key = account.secrets.get("reply_key", "")
    local, _, domain = account.own_address.rpartition("@")
    try:
        letters = _letters(UUID(opaque).bytes)
    except ValueError:
        return ""
    marked = f"{local}+{letters}{_proof(key, account, letters)}"
    return f"{marked}@{domain}" if key and len(marked) <= _LONGEST_LOCAL else ""


def id_behind_mark(account: Account, address: str) -> str:
    """The Message-ID of ours that a marked address names; "" for any other address.

    The mark is signed: nobody can point at a message that they never got an answer address of.
    """
    key = account.secrets.get("reply_key", "")
    own, _, domain = account.own_address.rpartition("@")
    local, _, given_domain = address.rpartition("@")
    base, plus, mark = local.casefold().rpartition("+")
    if not (key and plus and base == own.casefold() and given_domain.casefold() == domain):
        return ""
    if not _MARK.fullmatch(mark):
        return ""
    letters, proof = mark[:_UUID_LETTERS], mark[_UUID_LETTERS:]
    if not hmac.compare_digest(proof, _proof(key, account, letters)):
        return ""
    try:
        padded = letters.upper() + "=" * (-len(letters) % 8)
        return message_id(account, str(UUID(bytes=base64.b32decode(padded))))
    except (binascii.Error, ValueError):
        return ""


def is_own(account: Account, address: str) -> bool:
    """Whether an address is the mailbox's, with a mark or without."""
    own, _, domain = account.own_address.casefold().rpartition("@")
    local, _, given_domain = address.casefold().rpartition("@")
    return given_domain == domain and local.partition("+")[0] == own.partition("+")[0]


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _proof(key: str, account: Account, letters: str) -> str:
    said = f"{account.uuid}:{letters}".encode()
    return _letters(hmac.new(key.encode(), said, hashlib.sha256).digest())[:_PROOF_LETTERS]
