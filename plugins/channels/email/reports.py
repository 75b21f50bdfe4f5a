"""Reports about mail of ours: it could not be delivered, it was, it was read (RFC 3464, 8098)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from core.api import MessageState, say
from plugins.channels.email import faults, headers, names

_FAILED, _DELAYED = "failed", "delayed"
_DELIVERED = frozenset({"delivered", "relayed", "expanded"})
_DIAGNOSIS = re.compile(r"(?m)^.{0,200}\b([45]\d\d[ -][#]?[45]\.\d{1,3}\.\d{1,3}\b.{0,300})$")
_DAEMONS = frozenset({"mailer-daemon", "postmaster"})


@dataclass(frozen=True)
class Report:
    """What a report says of the message `provider_id`. No state: not for good, not yet."""

    provider_id: str
    state: MessageState | None
    code: str = ""
    reason: str = ""


def report_in(mail: Message, raw: bytes, sender: str) -> Report | None:
    """The report that a mail is, if it is one and about a message of ours; else None."""
    kind = str(mail.get_param("report-type", "") or "").lower()
    if mail.get_content_type() == "multipart/report" or kind:
        original = _original_id(mail) or names.our_id_in(raw)
        if not names.opaque_of(original):
            return None
        if "disposition" in kind:
            return _read(mail, original)
        return _delivery(mail, original)
    return _old_bounce(mail, raw, sender)


def _delivery(mail: Message, original: str) -> Report:
    for fields in _fields(mail, "message/delivery-status", "message/global-delivery-status"):
        action = headers.text_of(fields, "Action").lower()
        status = headers.text_of(fields, "Status").split(" ")[0]
        if action == _FAILED:
            said = headers.text_of(fields, "Diagnostic-Code").partition(";")
            return Report(
                original,
                MessageState.FAILED,
                status[:40],
                _reason(status, faults.words(said[2] or said[0], 300)),
            )
        if action in _DELIVERED:
            return Report(original, MessageState.DELIVERED)
        if action == _DELAYED:
            return Report(original, None)
    # a report without the part that machines read: its words say what it means
    return Report(original, MessageState.FAILED, "", _reason("", _diagnosis(mail)))


def _read(mail: Message, original: str) -> Report:
    for fields in _fields(mail, "message/disposition-notification"):
        if "displayed" in headers.text_of(fields, "Disposition").lower():
            return Report(original, MessageState.READ)
    return Report(original, None)


def _old_bounce(mail: Message, raw: bytes, sender: str) -> Report | None:
    """A bounce in a program's own words (qmail, Exim), about a message of ours that it quotes."""
    is_daemon = sender.partition("@")[0].casefold() in _DAEMONS
    if not is_daemon and mail.get("X-Failed-Recipients") is None:
        return None
    original = names.our_id_in(raw)
    if not original:
        return None
    subject = headers.text_of(mail, "Subject").lower()
    diagnosis = _diagnosis(mail)
    if any(word in subject for word in ("warning", "delay", "notice: delayed")):
        return Report(original, None)
    return Report(original, MessageState.FAILED, faults.enhanced(diagnosis), _reason("", diagnosis))


def _reason(status: str, said: str) -> str:
    """Why, in words that say what to do, and the server's own behind them."""
    advice = {
        "5.1.1": say("There is no such mailbox."),
        "5.1.2": say("There is no such domain."),
        "5.1.10": say("There is no such mailbox."),
        "5.2.1": say("The mailbox is closed."),
        "5.2.2": say("The mailbox is full."),
        "5.3.4": say("The mail is too large for the receiver."),
        "5.4.4": say("There is no such domain."),
    }.get(status)
    if advice is None:
        advice = (
            say("Refused as unwanted: look at SPF and DKIM of your domain.")
            if status.startswith("5.7.")
            else say("It could not be delivered.")
        )
    return say("%(advice)s %(said)s", advice=advice, said=said) if said else advice


def _fields(mail: Message, *kinds: str) -> list[Message]:
    """The groups of fields in the parts of these types."""
    found: list[Message] = []
    for part in mail.walk():
        if part.get_content_type() not in kinds:
            continue
        payload = part.get_payload()
        if isinstance(payload, list):
            found += [each for each in payload if isinstance(each, Message)]
        else:
            found += [HeaderParser().parsestr(group) for group in str(payload).split("\n\n")]
    return found


def _original_id(mail: Message) -> str:
    """The Message-ID of what a report is about, from the copy in it or from its own fields."""
    for fields in _fields(mail, "message/disposition-notification"):
        if ids := names.ids_in(headers.text_of(fields, "Original-Message-ID")):
            return ids[0]
    for part in mail.walk():
        kind = part.get_content_type()
        copy: Message | None = None
        if kind in ("text/rfc822-headers", "message/global-headers"):
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            copy = HeaderParser().parsestr(text)
        elif kind in ("message/rfc822", "message/global"):
            inner = part.get_payload()
            first = inner[0] if isinstance(inner, list) and inner else None
            copy = first if isinstance(first, Message) else None
        if copy is not None and (ids := names.ids_in(headers.text_of(copy, "Message-ID"))):
            return ids[0]
    return ""


def _diagnosis(mail: Message) -> str:
    """The line of a report in which a server says why."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            if found := _DIAGNOSIS.search(text[:100_000]):
                return faults.words(found[1], 300)
    return ""
