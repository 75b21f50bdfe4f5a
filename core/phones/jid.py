"""WhatsApp's JIDs: who a message is from, read from the server part before the digits."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["phone", "lid", "group", "status", "newsletter", "bot", "other"]

_KINDS: dict[str, Kind] = {
    "s.whatsapp.net": "phone",
    "c.us": "phone",
    "hosted": "phone",
    "lid": "lid",
    "hosted.lid": "lid",
    "g.us": "group",
    "newsletter": "newsletter",
    "bot": "bot",
}
# A user part may name the device (`62821:12`) and its agent (`62821.0:12`).
_USER = re.compile(r"([1-9][0-9]*)(?:[._][0-9]+)?(?::[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Jid:
    """`kind`, and the address as an identity stores it.

    phone: `+` and digits; lid: digits, which are no phone number; every other kind: the
    part before the @ as it came. Only phone and lid are people (`is_person`).
    """

    kind: Kind
    address: str

    @property
    def is_person(self) -> bool:
        return self.kind in ("phone", "lid")


def read_jid(text: str) -> Jid:
    """Read `6282…@s.whatsapp.net`, `…@lid`, `…@g.us`, `status@broadcast` and the like.

    Never raises: a server that we don't know, a text without one, or a person's JID
    without digits is kind `other`, which creates no customer.
    """
    user, _, server = text.strip().rpartition("@")
    server = server.lower()
    if server == "broadcast":
        return Jid("status" if user == "status" else "other", user)
    kind = _KINDS.get(server, "other") if user else "other"
    if kind == "other":
        return Jid("other", text)
    if kind not in ("phone", "lid"):
        return Jid(kind, user)
    match = _USER.fullmatch(user)
    if match is None:
        return Jid("other", text)
    return Jid(kind, f"+{match[1]}" if kind == "phone" else match[1])
