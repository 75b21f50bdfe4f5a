"""What a fetched mail means: a customer's message, news of a message of ours, or nothing for us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import Message
from typing import Any

from core.api import (
    Account,
    Address,
    BadItem,
    ChannelChanged,
    Counted,
    IdentityKind,
    InboundMessage,
    InboundStatus,
    Item,
    MalformedBody,
    Media,
    MessageKind,
    MessageState,
    careful,
    now,
    say,
)
from plugins.channels.email import automatic, faults, headers, html, names, parts, quotes, reports
from plugins.channels.email.envelope import Envelope, unpack
from plugins.channels.email.parts import Body, File

MAX_TEXT = 60_000
MOST_REFERENCES = 20
MOST_KEPT_RAW = 20_000
SMALL_PICTURE = 12 * 1024
SMALL_PICTURES = 150 * 1024
_DELIVERED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")

Pair = tuple[str, str]
"""A name and an address."""


def parse(account: Account, body: bytes) -> Iterable[Item]:
    """Yield what a body from `poll` means. Never raises."""
    try:
        envelope, raw = unpack(body)
    except MalformedBody as error:
        yield BadItem(str(error), body[:MOST_KEPT_RAW].decode("utf-8", "replace"))
        return
    if not envelope.uid:
        yield _news(envelope)
        return
    try:
        yield from list(_read(account, envelope, raw))
    except careful.Unreadable as error:
        yield BadItem(str(error), _kept_raw(raw))
    except Exception as error:  # Python's mail parser meets headers that it never heard of
        reason = say("This mail can't be read (%(kind)s).", kind=type(error).__name__)
        yield BadItem(reason, _kept_raw(raw))


def _news(envelope: Envelope) -> ChannelChanged:
    return ChannelChanged(
        what="mailbox",
        reason=envelope.trouble,
        at=now(),
        is_down=envelope.is_down and bool(envelope.trouble),
        is_up=envelope.is_down and not envelope.trouble,
        is_bad=bool(envelope.trouble),
    )


def _read(account: Account, envelope: Envelope, raw: bytes) -> Iterator[Item]:
    mail, is_read = parts.parse(raw)
    sender = next(iter(headers.addresses_of(mail, "From", "Sender")), None)
    found = names.ids_in(headers.text_of(mail, "Message-ID"))
    identifier = found[0] if found else names.digest_id(raw)
    report = reports.report_in(mail, raw, sender[1] if sender else "") if is_read else None
    if report is not None:
        yield _status(report)
        return
    if sender is None:
        raise careful.Unreadable(say("It names no sender."))
    if envelope.is_sent:
        person = next((p for p in _others(account, mail, "To", "Cc")), None)
    else:
        person = _person(account, mail, sender)
    if person is None:
        yield Counted("own mail")
        return
    is_sent = envelope.is_sent
    body = parts.body_of(mail) if is_read else Body(is_whole=False)
    answers = [] if is_sent else _answers(account, mail, identifier)
    subject = headers.text_of(mail, "Subject")
    page, small = _page(body)
    text = _text(body)
    shown = quotes.new_part(text) if answers or is_sent else text
    # of a mail that is cut the files are halves
    whole = [] if envelope.is_cut else body.files
    files = [file for file in whole if file.cid not in small]
    raw_kept = _raw(mail, envelope, sender, page, files)
    raw_kept["notes"] = _notes(envelope, body, is_read, shown)
    raw_kept["remote"] = sum(html.remote_pictures(block) for _, block in body.blocks)
    if page or shown != text:
        raw_kept["text"] = text[: parts.LONGEST_TEXT]
    yield InboundMessage(
        provider_id=identifier,
        addresses=(Address(IdentityKind.EMAIL, person[1]),),
        kind=_kind(shown, files),
        sent_at=headers.date_of(mail),
        text=shown[:MAX_TEXT] or ("" if files else subject),
        name=person[0],
        subject=subject,
        answers=tuple(answers),
        media=tuple(_media(envelope, file) for file in files),
        is_echo=is_sent,
        opaque=names.opaque_of(identifier) if is_sent else "",
        is_automatic=not is_sent and automatic.is_automatic(mail, sender[1]),
        raw=raw_kept,
    )


def _status(report: reports.Report) -> Item:
    if report.state is None:
        return Counted("not delivered yet")
    return InboundStatus(
        provider_id=report.provider_id,
        opaque=names.opaque_of(report.provider_id),
        state=report.state,
        at=now(),
        error_class=faults.RECIPIENT if report.state is MessageState.FAILED else "",
        error_code=report.code,
        error_reason=report.reason,
    )


def _person(account: Account, mail: Message, sender: Pair) -> Pair | None:
    """Who wrote: the sender, but behind our own address whoever a contact form names."""
    if not names.is_own(account, sender[1]):
        return sender
    return next((p for p in _others(account, mail, "Reply-To")), None)


def _others(account: Account, mail: Message, *fields: str) -> list[Pair]:
    found = headers.addresses_of(mail, *fields)
    return [pair for pair in found if not names.is_own(account, pair[1])]


def _answers(account: Account, mail: Message, identifier: str) -> list[str]:
    """What it may answer: In-Reply-To, then References newest first, then the mark."""
    found = names.ids_in(" ".join(headers.raw_values(mail, "In-Reply-To")))
    found += reversed(_references(mail))
    for _, address in headers.addresses_of(mail, *_DELIVERED_TO):
        found.append(names.id_behind_mark(account, address))
    return [each for each in dict.fromkeys(found) if each and each != identifier]


def _references(mail: Message) -> list[str]:
    named = " ".join(headers.raw_values(mail, "References"))
    return names.ids_in(named[: headers.LONGEST])[-MOST_REFERENCES:]


def _page(body: Body) -> tuple[str, set[str]]:
    """The mail as cleaned HTML where it has any, and the small pictures that are put into it."""
    if not any(block for _, block in body.blocks):
        return "", set()
    pieces = [block or f"<pre>{_escaped(text)}</pre>" for text, block in body.blocks]
    page = html.cleaned("".join(pieces))
    shown = html.cids_in(page)
    small = {
        file.cid: (file.mime_type, file.content)
        for file in body.files
        if file.cid in shown
        and file.mime_type in html.PICTURES
        and len(file.content) <= SMALL_PICTURE
    }
    if sum(len(content) for _, content in small.values()) > SMALL_PICTURES:
        return page, set()
    return html.with_pictures(page, small), set(small)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _text(body: Body) -> str:
    pieces = [text if text.strip() else html.as_text(block) for text, block in body.blocks]
    return "\n\n".join(piece.strip() for piece in pieces if piece.strip())


def _kind(text: str, files: list[File]) -> MessageKind:
    return MessageKind.TEXT if text or not files else kind_of(files[0].mime_type)


def kind_of(mime_type: str) -> MessageKind:
    """What a file is shown as."""
    family = mime_type.partition("/")[0]
    return {
        "image": MessageKind.IMAGE,
        "video": MessageKind.VIDEO,
        "audio": MessageKind.AUDIO,
    }.get(family, MessageKind.DOCUMENT)


def _media(envelope: Envelope, file: File) -> Media:
    where = f"{envelope.uid_validity}/{envelope.uid}/{file.path}/{envelope.folder}"
    return Media(
        kind=kind_of(file.mime_type),
        provider_id=where,
        mime_type=file.mime_type,
        filename=file.name,
    )


def _notes(envelope: Envelope, body: Body, is_read: bool, text: str) -> list[str]:
    """What a person should know of how it is shown: words that `notes.py` says in full."""
    notes = []
    if envelope.is_cut:
        notes.append("too_large")
    if not is_read:
        notes.append("too_deep")
    elif not body.is_whole:
        notes.append("too_many_parts")
    if len(text) > MAX_TEXT:
        notes.append("long_text")
    return notes


def _raw(
    mail: Message, envelope: Envelope, sender: Pair, page: str, files: list[File]
) -> dict[str, Any]:
    """What is kept beside the message: whom it names, what it follows, how it looks."""
    kept: dict[str, Any] = {
        "from": list(sender),
        "to": [list(pair) for pair in headers.addresses_of(mail, "To")],
        "cc": [list(pair) for pair in headers.addresses_of(mail, "Cc")],
        "reply_to": [list(pair) for pair in headers.addresses_of(mail, "Reply-To")],
        "references": _references(mail),
        "size": envelope.size,
    }
    if page:
        kept["html"] = page
    if cids := {file.cid: file.path for file in files if file.cid}:
        kept["cids"] = cids
    return kept


def _kept_raw(raw: bytes) -> str:
    return headers.storable(raw[:MOST_KEPT_RAW].decode("utf-8", "replace"))
