"""Numbers that come by SMS: a person's, or what nobody can answer."""

from __future__ import annotations

from core.api import Address, IdentityKind, PhoneRefused, parse_phone


def person_of(sender: str, region: str) -> Address | None:
    """The address behind a sender; None for a name or a short code, which is no person.

    A number of the network is kept as it came, `+` and digits. Phones write the numbers of their
    own country without its prefix: those are read by `region`, two letters.
    """
    sender = sender.strip()
    digits = "".join(c for c in sender if c.isascii() and c.isdigit())
    if sender.startswith("+") and 8 <= len(digits) <= 20:
        return Address(IdentityKind.PHONE, "+" + digits)
    try:
        return Address(IdentityKind.PHONE, parse_phone(sender, region).e164)
    except PhoneRefused:
        return None
