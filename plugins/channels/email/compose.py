"""A message of ours as a mail: whom it goes to, what it answers, how it is marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr

from core.api import Account, Earlier, OutboundMessage, SendFailed, now, say
from plugins.channels.email import faults, headers, names

MOST_REFERENCES = 20
MOST_COPIES = 10
_ANSWER = re.compile(r"^\s*(?:re|aw|sv|bls|balas|răsp|rasp)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)


class _IdsWhole(EmailPolicy):
    """Python takes an id of more than 78 characters for text, and encodes it: no thread then.

    A longer line for all would be the smaller change, but text is encoded in words of 75 at most.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() not in ("message-id", "in-reply-to", "references"):
            return super().fold_binary(name, value)
        return f"{name}: {(self.linesep + ' ').join(value.split())}{self.linesep}".encode()


_POLICY = _IdsWhole(linesep="\r\n")


@dataclass(frozen=True)
class Letter:
    """A mail ready to go, and whom the envelope names."""

    mail: EmailMessage
    message_id: str
    to: str
    copies: tuple[str, ...]


def compose(account: Account, message: OutboundMessage) -> Letter:
    """Build the mail. Raises SendFailed, class recipient, for an address that is none."""
    answered = _answered(message)
    to = _receiver(account, message, answered)
    copies = _copies(account, to, answered, message)
    mail = EmailMessage(policy=_POLICY)
    identifier = names.message_id(account, message.opaque)
    mail["From"] = _own(account)
    mail["To"] = to
    if copies:
        mail["Cc"] = ", ".join(copies)
    mail["Subject"] = subject_of(account, message, answered)
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = identifier
    _thread(mail, message, answered)
    if account.settings.get("plus_addresses"):
        marked = names.marked_address(account, message.opaque)
        if marked:
            mail["Reply-To"] = marked
    if message.is_automatic:
        # RFC 3834: who answers by a machine is asked not to answer this
        mail["Auto-Submitted"] = "auto-replied" if answered else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text or "", cte="quoted-printable")
    if message.media_bytes:
        _attach(mail, message)
    return Letter(mail, identifier, to, tuple(copies))


def subject_of(account: Account, message: OutboundMessage, answered: Earlier | None) -> str:
    """Its own subject, else that of what it answers, else the usual one of the mailbox."""
    if message.subject:
        return _one_line(message.subject)
    before = answered or next((each for each in message.follows if each.subject), None)
    if before is not None and before.subject:
        return _one_line(f"Re: {_ANSWER.sub('', before.subject)}")
    usual = str(account.settings.get("subject") or "")
    name = str(account.settings.get("sender_name") or account.own_address)
    return _one_line(usual or name)


def _answered(message: OutboundMessage) -> Earlier | None:
    """The message that was quoted, else the customer's last one."""
    if message.reply_to:
        for each in message.follows:
            if each.provider_id == message.reply_to:
                return each
    return next((each for each in message.follows if not each.is_ours), None)


def _receiver(account: Account, message: OutboundMessage, answered: Earlier | None) -> str:
    """The customer; where their last mail asks for answers elsewhere (Reply-To), there."""
    to = headers.as_address(message.to.value)
    wanted = answered.raw.get("reply_to") if answered is not None else None
    writer = _address_in(answered.raw.get("from")) if answered is not None else ""
    if isinstance(wanted, list) and writer.casefold() == to.casefold():
        others = [address for each in wanted if (address := _address_in(each))]
        to = next((each for each in others if not names.is_own(account, each)), to)
    if not to or not to.isascii():
        raise SendFailed(
            faults.RECIPIENT, "address", say("This is no address that a mail can go to.")
        )
    return to


def _copies(
    account: Account, to: str, answered: Earlier | None, message: OutboundMessage
) -> list[str]:
    """Whoever else took part in what is answered: its writer, and those it went to beside us."""
    if answered is None or not account.settings.get("keeps_copies") or message.is_automatic:
        return []
    found: dict[str, str] = {}
    for key in ("from", "to", "cc"):
        pairs = answered.raw.get(key)
        pairs = [pairs] if key == "from" else pairs
        for pair in pairs if isinstance(pairs, list) else []:
            address = _address_in(pair)
            if address.isascii() and address and not names.is_own(account, address):
                found.setdefault(address.casefold(), address)
    found.pop(to.casefold(), None)
    found.pop(headers.as_address(message.to.value).casefold(), None)
    return list(found.values())[:MOST_COPIES]


def _thread(mail: EmailMessage, message: OutboundMessage, answered: Earlier | None) -> None:
    """In-Reply-To and References: without them other mail programs show no thread."""
    last = answered or next(iter(message.follows), None)
    if last is None or not names.is_real(last.provider_id):
        return
    before = last.raw.get("references")
    chain = [each for each in (before if isinstance(before, list) else []) if names.is_real(each)]
    chain += [each.provider_id for each in reversed(message.follows)]
    chain = [each for each in dict.fromkeys(chain) if each != last.provider_id]
    chain = [each for each in chain if names.is_real(each)][-(MOST_REFERENCES - 1) :]
    mail["In-Reply-To"] = last.provider_id
    mail["References"] = " ".join([*chain, last.provider_id])


def _own(account: Account) -> HeaderAddress | str:
    name = str(account.settings.get("sender_name") or "")
    return formataddr((name, account.own_address)) if name else account.own_address


def _address_in(pair: object) -> str:
    if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], str):
        return headers.as_address(pair[1])
    return ""


def _one_line(text: str) -> str:
    return " ".join(headers.storable(text).split())[:200]


def _attach(mail: EmailMessage, message: OutboundMessage) -> None:
    kind = (message.media.mime_type if message.media else "") or "application/octet-stream"
    family, _, sort = kind.partition(";")[0].strip().partition("/")
    if not (family.isalnum() and sort) or family in ("multipart", "message"):
        family, sort = "application", "octet-stream"
    name = "".join(c for c in message.media_name if c.isprintable()) or "file"
    mail.add_attachment(message.media_bytes, maintype=family, subtype=sort, filename=name)
