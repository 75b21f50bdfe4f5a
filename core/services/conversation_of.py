"""Which conversation an address belongs to: the one there is, or a new one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.models import (
    Channel,
    Conversation,
    ConversationState,
    Identity,
)
from core.models.base import now
from core.tenancy.session import TenantSession


def find_or_open(
    session: TenantSession,
    channel: Channel,
    identities: list[Identity],
    *,
    state: ConversationState = ConversationState.OPEN,
    at: datetime | None = None,
) -> Conversation:
    """The conversation of one of `identities` on `channel`; a new one with the first of them.

    A person who wrote by number and now by username alone (BSUID), or the other way round, goes on
    in the conversation there is: both are one account. `state` and `at` are a new one's.
    """
    conversation = _of_identities(session, channel, identities) or _of_alias(
        session, channel, identities
    )
    if conversation is not None:
        return conversation
    conversation = Conversation(
        channel_id=channel.id,
        identity_id=identities[0].id,
        contact_id=identities[0].contact_id,
        state=state,
        closed_at=now() if state is ConversationState.CLOSED else None,
        last_at=at or now(),
    )
    session.add(conversation)
    session.flush()
    return conversation


def of(session: TenantSession, channel: Channel, identity: Identity) -> Conversation | None:
    """The conversation of one address on `channel`."""
    return _of_identities(session, channel, [identity])


def answer_to(session: TenantSession, conversation: Conversation, identity: Identity) -> None:
    """Point a conversation at the address that was seen last: replies go there.

    Not where another conversation of the channel is that address's own.
    """
    if conversation.identity_id == identity.id:
        return
    taken = session.scalar(
        select(Conversation.id).where(
            Conversation.channel_id == conversation.channel_id,
            Conversation.identity_id == identity.id,
        )
    )
    if taken is None:
        conversation.identity_id = identity.id
        conversation.identity = identity
        session.flush()


def _of_identities(
    session: TenantSession, channel: Channel, identities: list[Identity]
) -> Conversation | None:
    return session.scalar(
        select(Conversation)
        .where(
            Conversation.channel_id == channel.id,
            Conversation.identity_id.in_([identity.id for identity in identities]),
        )
        .order_by(Conversation.last_at.desc(), Conversation.id.desc())
        .limit(1)
    )


def _of_alias(
    session: TenantSession, channel: Channel, identities: list[Identity]
) -> Conversation | None:
    """The contact's conversation on this channel, when an address of another kind leads it."""
    return session.scalar(
        select(Conversation)
        .join(Identity, Identity.id == Conversation.identity_id)
        .where(
            Conversation.channel_id == channel.id,
            Conversation.contact_id == identities[0].contact_id,
            Identity.kind.not_in({identity.kind for identity in identities}),
        )
        .order_by(Conversation.last_at.desc(), Conversation.id.desc())
        .limit(1)
    )
