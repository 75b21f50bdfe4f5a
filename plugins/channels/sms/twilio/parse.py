"""What Twilio posts: a message that came in, or how far one of ours got.

Source: "Twilio's request to your incoming message webhook URL" and "Track outbound message
status". Neither tells a time: that of the arrival is taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.api import (
    Account,
    Address,
    BadItem,
    Counted,
    IdentityKind,
    InboundMessage,
    InboundStatus,
    Item,
    MalformedBody,
    Media,
    MessageKind,
    MessageState,
    WishTold,
    careful,
    kind_of_file,
    now,
)
from plugins.channels.sms.numbers import person_of
from plugins.channels.sms.twilio.errors import OPTED_OUT, class_of, reason_of
from plugins.channels.sms.twilio.form import values_of

Form = dict[str, str]

CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
MOST_FILES = 10

STATES = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "partially_delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}


def load(body: bytes) -> Form:
    """Decode a form of Twilio's; raises MalformedBody with the reason."""
    try:
        form = values_of(body)
    except ValueError as error:
        raise MalformedBody("The body is no form that can be read.") from error
    if "AccountSid" not in form:
        raise MalformedBody("The body is no form of Twilio's: it names no AccountSid.")
    return form


def parse(account: Account, body: bytes) -> Iterator[Item]:
    """Yield what the form means. What can't be read is a BadItem."""
    try:
        form = load(body)
    except MalformedBody as error:
        yield BadItem(str(error), careful.keepable(body.decode("utf-8", "replace")))
        return
    try:
        careful.refuse_unstorable(form)
        yield from list(_read(account, form))
    except careful.Unreadable as error:
        yield BadItem(str(error), careful.keepable(form))


def _read(account: Account, form: Form) -> Iterator[Item]:
    if form["AccountSid"] != account.settings.get("account_sid"):
        yield Counted("other_account")
    elif form.get("MessageStatus"):
        yield from _status(form)
    else:
        yield from _message(account, form)


def _message(account: Account, form: Form) -> Iterator[Item]:
    identifier = careful.string(form, "MessageSid")
    text = careful.optional_string(form, "Body", limit=careful.MAX_TEXT)
    sender = person_of(careful.string(form, "From"), account.region)
    if sender is None:
        yield Counted("no_person")  # a bank's name, a short code: nobody who could be answered
        return
    files = [file for file in _files(form) if file.mime_type not in CARDS]
    if not text and not files and _count(form):
        yield Counted("contacts")
        return
    at = now()
    yield InboundMessage(
        provider_id=identifier,
        addresses=(sender,),
        kind=files[0].kind if files else MessageKind.TEXT if text else MessageKind.PLACEHOLDER,
        sent_at=at,
        text=text,
        name=careful.optional_string(form, "ProfileName", limit=careful.MAX_TEXT)[
            : careful.MAX_NAME
        ],
        media=tuple(files),
        raw={} if text or files else dict(form),
    )
    if form.get("OptOutType") in ("STOP", "START"):  # Twilio acts on it itself, and so do we
        yield WishTold(sender, at, is_out=form["OptOutType"] == "STOP", is_said=True)


def _files(form: Form) -> Iterator[Media]:
    for index in range(_count(form)):
        url = careful.string(form, f"MediaUrl{index}", limit=2048)
        stated = careful.optional_string(form, f"MediaContentType{index}")
        mime_type = stated.partition(";")[0].strip().lower()
        yield Media(
            kind=kind_of_file(mime_type),
            provider_id=url.rpartition("/")[2][: careful.MAX_ID],
            url=url,
            mime_type=mime_type,
        )


def _count(form: Form) -> int:
    text = form.get("NumMedia") or "0"
    if not (text.isascii() and text.isdigit()) or int(text[:4]) > MOST_FILES:
        raise careful.Unreadable("NumMedia is no number of files.")
    return int(text)


def _status(form: Form) -> Iterator[Item]:
    identifier = careful.string(form, "MessageSid")
    state = STATES.get(form["MessageStatus"])
    if state is None:
        yield Counted("status")
        return
    at = now()
    if state is not MessageState.FAILED:
        yield InboundStatus(identifier, state, at)
        return
    text = form.get("ErrorCode", "")
    code = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
    yield InboundStatus(
        identifier,
        state,
        at,
        error_class=class_of(code),
        error_code=str(code or ""),
        error_reason=reason_of(code, form.get("ErrorMessage", "")),
    )
    to = careful.optional_string(form, "To")
    if code == OPTED_OUT and to.startswith("+"):
        yield WishTold(Address(IdentityKind.PHONE, to), at)
