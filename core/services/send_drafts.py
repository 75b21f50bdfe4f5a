"""What becomes of many messages before any is written: a draft each, or why one is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.errors import Refused
from core.inbound import IdentityKind, MessageKind
from core.models import Channel, Contact, Conversation, Direction, Identity, Sender, Template
from core.models.base import now
from core.services import channels
from core.services.addresses import is_erased
from core.services.consent import silenced
from core.services.may_send import obstacle_for, why_shut
from core.services.send import check_length, check_served, refusal_of
from core.services.templates import render
from core.tenancy.session import TenantSession
from core.words import say


@dataclass(frozen=True, slots=True)
class Letter:
    """One of many: over which channel, to which address, what fills the template's variables."""

    channel: Channel
    identity: Identity
    values: Mapping[str, str]


@dataclass(slots=True, eq=False)
class Talk:
    """A conversation as far as sending reads and changes it; without an id it is a new one."""

    id: int | None
    channel_id: int
    identity_id: int
    contact_id: int
    kind: IdentityKind
    is_erased: bool
    preview: str
    preview_direction: Direction
    last_at: datetime
    window_until: datetime | None = None


@dataclass(slots=True, eq=False)
class Draft:
    """A message that may go, before it is written. The record of a line of the list, too."""

    place: int
    talk: Talk
    body: str
    kind: MessageKind
    template: dict[str, Any] | None
    sent_at: datetime
    direction: Direction = Direction.OUT
    is_history: bool = False


class Drafting:
    """What is known of the channels, people and conversations of some letters."""

    def __init__(self, session: TenantSession, letters: Sequence[Letter]) -> None:
        self.session = session
        self.moment = now()
        contacts = {letter.identity.contact_id for letter in letters}
        self.channels = {letter.channel.id: letter.channel for letter in letters}
        self.silenced = silenced(session, contacts)
        self.talks = _talks(session, self.channels, contacts)
        self._barred = {pk: _bar(session, channel) for pk, channel in self.channels.items()}

    def draft(self, place: int, letter: Letter, template: Template) -> Draft:
        """A letter as a message. Refused, as `send_message` does it and in its order."""
        channel = letter.channel
        adapter = channels.adapter_of(self.session, channel)
        body, provider_template = render(template, dict(letter.values), channel)
        if not body:
            raise Refused(say("Write a message first."), "text")
        check_length(channel, adapter.capabilities.max_text, body)
        if (barred := self._barred[channel.id]) is not None:
            raise barred
        talk = self._find_or_open(letter)
        is_silenced = talk.contact_id in self.silenced
        has_window = adapter.capabilities.window is not None
        is_shut = has_window and not provider_template and not self._is_open(talk)
        obstacle = obstacle_for(
            channel,
            self.session.get_one(Contact, talk.contact_id) if is_silenced else None,
            is_erased=talk.is_erased,
            is_silenced=is_silenced,
            shut=why_shut(channel, adapter.capabilities, Sender.BROADCAST) if is_shut else "",
        )
        if obstacle is not None:
            raise refusal_of(obstacle)
        if talk.id is None:
            self._keep(talk)
        kind = MessageKind.TEMPLATE if provider_template else MessageKind.TEXT
        return Draft(place, talk, body, kind, provider_template, self.moment)

    def _is_open(self, talk: Talk) -> bool:
        return talk.window_until is not None and self.moment < talk.window_until

    def _find_or_open(self, letter: Letter) -> Talk:
        """The conversation of the address, else the contact's under another kind of address.

        As `conversation_of.find_or_open`; the newest of several.
        """
        identity = letter.identity
        known = self.talks.get((letter.channel.id, identity.contact_id), ())
        own = [talk for talk in known if talk.identity_id == identity.id]
        found = own or [talk for talk in known if talk.kind is not identity.kind]
        if found:
            return max(found, key=lambda talk: (talk.last_at, talk.id or 0))
        return Talk(
            None,
            letter.channel.id,
            identity.id,
            identity.contact_id,
            identity.kind,
            is_erased(identity),
            "",
            Direction.IN,
            self.moment,
        )

    def _keep(self, talk: Talk) -> None:
        """A new one is found by the letters after it, too."""
        known = self.talks.setdefault((talk.channel_id, talk.contact_id), [])
        if talk not in known:
            known.append(talk)


def _bar(session: TenantSession, channel: Channel) -> Refused | None:
    """Why a channel can't send at all: asked once, not for each letter."""
    try:
        check_served(session, channel)
    except Refused as refused:
        return refused
    return None


def _talks(
    session: TenantSession, channel_ids: Mapping[int, Channel], contact_ids: set[int]
) -> dict[tuple[int, int], list[Talk]]:
    """The conversations there are, by channel and contact.

    Locked by their ids, as `send_message` and receiving lock them: what a thread shows first then
    leaves first.
    """
    rows: Iterable[Any] = session.execute(
        select(
            Conversation.id,
            Conversation.channel_id,
            Conversation.identity_id,
            Conversation.contact_id,
            Identity.kind,
            Identity.scope < 0,
            Conversation.preview,
            Conversation.preview_direction,
            Conversation.last_at,
            Conversation.window_until,
        )
        .join(Identity, Identity.id == Conversation.identity_id)
        .where(
            Conversation.contact_id.in_(contact_ids),
            Conversation.channel_id.in_(channel_ids),
        )
        .order_by(Conversation.id)
        .with_for_update(of=Conversation, key_share=True)
    )
    found: dict[tuple[int, int], list[Talk]] = {}
    for row in rows:
        talk = Talk(*row)
        found.setdefault((talk.channel_id, talk.contact_id), []).append(talk)
    return found
