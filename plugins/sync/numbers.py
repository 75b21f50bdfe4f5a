"""Which entries are people, and by what number. A refusal is a word; `words.py` has sentences."""

from __future__ import annotations

import re

from core.api import (
    Address,
    BookEntry,
    IdentityKind,
    PhoneRefused,
    match_set,
    parse_phone,
    read_jid,
)
from plugins.sync.rows import Row

_NOT_A_NAME = re.compile(r"[\d\s+().\-~]+")
_MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")
# digits of a wa_id: phonenumbers calls some that WhatsApp uses invalid, and none of these short
_WA = range(8, 16)


class Left(Exception):
    """An entry that is left out; `reason` is a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def entry_of(row: Row, region: str, own: str) -> BookEntry:
    """The person of a row, its numbers as E.164. Raises Left.

    `region` reads national formats, `own` is the device's number: a note to oneself is nobody.
    """
    if not row.numbers:
        raise Left(_nobody(row.raw))
    addresses: list[Address] = []
    reason = ""
    for kind, text in row.numbers:
        try:
            address = _address(kind, text, region, is_wa=row.is_wa)
        except PhoneRefused as refused:
            reason = reason or refused.reason
        else:
            if address is not None and address not in addresses:
                addresses.append(address)
    if not addresses:
        raise Left(reason or "empty")
    first = addresses[0]
    if own and first.kind is IdentityKind.PHONE and own in match_set(first.value):
        raise Left("own")
    # the number decides who it is, an e-mail address only where there is none
    addresses.sort(key=lambda each: each.kind is not IdentityKind.PHONE)
    return BookEntry(tuple(addresses), _name(row.name))


def is_reachable(entry: BookEntry) -> bool:
    """Whether somebody new may be made of it: by a number or an e-mail address, not by a LID."""
    return entry.addresses[0].kind in (IdentityKind.PHONE, IdentityKind.EMAIL)


def _address(kind: str, text: str, region: str, *, is_wa: bool) -> Address | None:
    if kind == IdentityKind.EMAIL.value:
        found = _MAIL.fullmatch(text.strip())
        return Address(IdentityKind.EMAIL, found[0].lower()[:254]) if found else None
    if kind != IdentityKind.PHONE.value:
        return Address(IdentityKind(kind), text)
    try:
        return Address(IdentityKind.PHONE, parse_phone(text, region).e164)
    except PhoneRefused as refused:
        if is_wa and refused.reason in ("invalid", "long") and len(text.lstrip("+")) in _WA:
            return Address(IdentityKind.PHONE, text)
        raise


def _name(text: str) -> str:
    """A name; phones call those without one by their number."""
    text = " ".join(text.split())[:160]
    return "" if _NOT_A_NAME.fullmatch(text) else text


def _nobody(raw: str) -> str:
    jid = read_jid(raw)
    if jid.kind == "other":
        return "broadcast" if raw.lower().endswith("@broadcast") else "other" if raw else "empty"
    return "broadcast" if jid.kind == "status" else jid.kind
