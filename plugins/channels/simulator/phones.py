"""What happens on the phone: a person writes, reacts and reads; Sapa's messages arrive."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.api import (
    Channel,
    NotFound,
    Refused,
    TenantSession,
    enqueue,
    parse_phone,
    say,
    tell,
)
from plugins.channels.simulator.models import Line, Person, Phone

SHOWN = 100
LISTED = 200
LONGEST = 4096
LARGEST_IMAGE = 2 * 1024 * 1024
FAILURES = {
    "retry": say("Busy: Sapa tries again"),
    "recipient": say("The number is not in use"),
    "payload": say("The message is refused"),
    "channel": say("The channel is refused, and breaks"),
    "unknown": say("No clear answer"),
}


def phones(session: TenantSession) -> Sequence[Channel]:
    """This tenant's simulator channels, by name."""
    return session.scalars(
        select(Channel)
        .where(Channel.kind == "simulator", Channel.archived_at.is_(None))
        .order_by(Channel.name)
    ).all()


def channel(session: TenantSession, channel_id: int) -> Channel:
    """One of them. Raises NotFound."""
    found: Channel | None = session.get(Channel, channel_id)
    if found is None or found.kind != "simulator" or found.archived_at is not None:
        raise NotFound(say("There is no such phone."))
    return found


def phone_of(session: TenantSession, channel_id: int) -> Phone:
    """How a channel's phone behaves; well, where nobody has said anything else yet."""
    found = session.scalar(select(Phone).where(Phone.channel_id == channel_id))
    return found or Phone(channel_id=channel_id, is_silent=False, fail_next=0, fail_as="retry")


def people(session: TenantSession, channel_id: int) -> Sequence[Person]:
    """Who writes with this phone, by name."""
    return session.scalars(
        select(Person).where(Person.channel_id == channel_id).order_by(Person.name, Person.id)
    ).all()


def address_book(session: TenantSession, channel_id: int, after: int) -> Sequence[Person]:
    """A page of the people who write with this phone, those behind the id `after`."""
    if not 0 <= after < 2**31:
        return []
    return session.scalars(
        select(Person)
        .where(Person.channel_id == channel_id, Person.id > after)
        .order_by(Person.id)
        .limit(LISTED)
    ).all()


def person(session: TenantSession, channel_id: int, person_id: int) -> Person:
    """One of them. Raises NotFound."""
    found: Person | None = session.get(Person, person_id)
    if found is None or found.channel_id != channel_id:
        raise NotFound(say("Nobody of that name writes with this phone."))
    return found


def add_person(session: TenantSession, channel: Channel, number: str, name: str) -> Person:
    """Somebody who writes from `number`; the same number again renames them. Refused: no number."""
    e164 = parse_phone(number, channel.region).e164
    found = session.scalar(
        select(Person).where(Person.channel_id == channel.id, Person.number == e164)
    )
    if found is None:
        found = Person(channel_id=channel.id, number=e164, name="")
        session.add(found)
    found.name = name.strip()[:160] or found.name
    session.flush()
    return found


def lines(session: TenantSession, person: Person) -> list[Line]:
    """The last messages between a person and Sapa, oldest first."""
    newest = select(Line).where(Line.person_id == person.id).order_by(Line.id.desc()).limit(SHOWN)
    return list(session.scalars(newest))[::-1]


def write(
    session: TenantSession,
    person: Person,
    text: str,
    *,
    image: bytes = b"",
    mime_type: str = "",
    reply_to: str = "",
) -> Line:
    """The person sends a message; a job posts it to the webhook. Refused: nothing in it."""
    text = text.strip()
    if not text and not image:
        raise Refused(say("Write something first."), "text")
    if len(text) > LONGEST:
        raise Refused(say("A message has up to %(longest)s characters.", longest=LONGEST), "text")
    if len(image) > LARGEST_IMAGE:
        raise Refused(say("A picture may have 2 MB: choose a smaller one."), "image")
    line = Line(
        channel_id=person.channel_id,
        person_id=person.id,
        provider_id=f"phone-{secrets.token_hex(12)}",
        is_ours=False,
        text=text,
        reply_to=reply_to,
        mime_type=mime_type,
        file=image or None,
        state="sending",
    )
    session.add(line)
    session.flush()
    _post(session, person.channel_id, "message", [line.id])
    return line


def react(session: TenantSession, person: Person, line_id: int, emoji: str) -> None:
    """The person puts an emoji on a message, or takes the same one back."""
    line = session.get(Line, line_id)
    if line is None or line.person_id != person.id:
        raise NotFound(say("There is no such message."))
    line.reaction = "" if line.reaction == emoji else emoji[:16]
    session.flush()
    _post(session, person.channel_id, "reaction", [line.id])


def look(session: TenantSession, person: Person) -> None:
    """The person reads what has arrived; a silent phone tells nobody."""
    found = session.scalars(
        select(Line).where(
            Line.person_id == person.id, Line.is_ours.is_(True), Line.state == "arrived"
        )
    ).all()
    if not found or phone_of(session, person.channel_id).is_silent:
        return
    for line in found:
        line.state = "read"
    session.flush()
    _post(session, person.channel_id, "read", [line.id for line in found])


def set_mood(
    session: TenantSession, channel: Channel, *, is_silent: bool, fail_next: int, fail_as: str
) -> None:
    """Let the phone be silent, or fail the next sends in one of the ways of FAILURES."""
    if not 0 <= fail_next <= 1000:
        raise Refused(say("Let between 0 and 1000 messages fail."), "fail_next")
    if fail_as not in FAILURES:
        raise Refused(say("Choose one of: %(failures)s.", failures=", ".join(FAILURES)), "fail_as")
    phone = phone_of(session, channel.id)
    phone.is_silent, phone.fail_next, phone.fail_as = is_silent, fail_next, fail_as
    session.add(phone)
    session.flush()


@dataclass(frozen=True)
class Answer:
    """What the phone answers to a send: an HTTP status, and the id where it took the message."""

    status: int
    id: str = ""


def take(session: TenantSession, channel_id: int, sent: dict[str, Any]) -> Answer:
    """A message of Sapa's arrives. The same `opaque` twice is one message."""
    phone = phone_of(session, channel_id)
    if phone.fail_next > 0:
        phone.fail_next -= 1
        status = {"retry": 503, "recipient": 410, "payload": 400, "channel": 403, "unknown": 200}
        return Answer(status[phone.fail_as])
    number, opaque = str(sent.get("to", "")), str(sent.get("opaque", ""))[:64]
    owner = session.scalar(
        select(Person).where(Person.channel_id == channel_id, Person.number == number)
    )
    if owner is None:
        owner = Person(channel_id=channel_id, number=number[:24])
        session.add(owner)
        session.flush()
    known = session.scalar(
        select(Line).where(Line.person_id == owner.id, Line.opaque == opaque, Line.opaque != "")
    )
    if known is not None:
        return Answer(200, known.provider_id)
    if sent.get("reaction_to"):
        return _take_reaction(session, owner, sent)
    mime_type, content = _file(str(sent.get("media", "")))
    line = Line(
        channel_id=channel_id,
        person_id=owner.id,
        provider_id=f"phone-{secrets.token_hex(12)}",
        opaque=opaque,
        is_ours=True,
        text=str(sent.get("text", "")),
        reply_to=str(sent.get("reply_to", ""))[:255],
        mime_type=mime_type,
        file=content or None,
        state="arrived",
    )
    session.add(line)
    session.flush()
    if not phone.is_silent:
        _post(session, channel_id, "delivered", [line.id])
    tell(session, "simulator", channel=channel_id, person=owner.id)
    return Answer(200, line.provider_id)


def _take_reaction(session: TenantSession, owner: Person, sent: dict[str, Any]) -> Answer:
    """Sapa reacts to what the person wrote; an empty text takes the reaction away."""
    provider_id = str(sent["reaction_to"])[:255]
    line = session.scalar(
        select(Line).where(Line.person_id == owner.id, Line.provider_id == provider_id)
    )
    if line is None:
        return Answer(400)
    line.reaction = str(sent.get("text", ""))[:16]
    session.flush()
    tell(session, "simulator", channel=owner.channel_id, person=owner.id)
    return Answer(200, f"phone-{secrets.token_hex(12)}")


def _post(session: TenantSession, channel_id: int, what: str, line_ids: Collection[int]) -> None:
    enqueue(
        session,
        "simulator.post",
        {"channel_id": channel_id, "what": what, "lines": list(line_ids)},
        lane=f"simulator:{channel_id}",
    )


def _file(url: str) -> tuple[str, bytes]:
    """A data: URL as (type, bytes); ("", b"") for anything else."""
    head, _, body = url.partition(",")
    if not head.startswith("data:") or not head.endswith(";base64"):
        return "", b""
    try:
        return head[5:-7][:120], base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        return "", b""
