"""Asking a provider for somebody's name, where its messages don't bear one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select

from core.adapter import Account, FetchesName
from core.inbound import Address, InboundMessage
from core.jobs.outbox import NewJob
from core.jobs.spec import RetryAt, after
from core.live import tell
from core.models import (
    Card,
    Channel,
    Contact,
    Conversation,
    ConversationState,
    FieldSource,
    Identity,
    Task,
)
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.services import addresses, channels, conversation_of, groups
from core.services.channel_accounts import crowd_of
from core.services.profiles import refresh_profile
from core.tenancy.session import TenantSession

LONGEST = 160


class Named(Protocol):
    """A contact as far as its name goes: the mapped class, or a record of it."""

    name: str
    sources: dict[str, str]


class Talk(Protocol):
    """A conversation as far as its beginning goes: the mapped class, or a record of it."""

    state: ConversationState
    last_inbound_at: datetime | None


@dataclass(frozen=True)
class Claimed:
    """What the question needs, taken out of the database."""

    adapter: FetchesName
    account: Account
    address: Address
    http: OutboundClient


class NameCall:
    """The question is a GET: repeated safely. A person without a name stays one."""

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        identity = session.get(Identity, payload["identity_id"])
        if identity is None or addresses.is_erased(identity) or not wants_name(identity.contact):
            return None
        channel = session.get_one(Channel, payload["channel_id"])
        adapter = channels.adapter_of(session, channel)
        if not isinstance(adapter, FetchesName) or channels.is_held(session, channel):
            return None
        return Claimed(
            adapter=adapter,
            account=channels.account_of(session, channel),
            address=Address(identity.kind, identity.address),
            http=session.desk.outbound,
        )

    def call(self, claimed: Claimed) -> str:
        return claimed.adapter.fetch_name(claimed.account, claimed.address, claimed.http)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, result: str
    ) -> None:
        identity = session.get(Identity, payload["identity_id"])
        if identity is None or addresses.is_erased(identity):
            return
        label = str(identity.contact)
        if not learn_name(session, identity.contact, " ".join(result.replace("\x00", "").split())):
            return
        _rename(session, identity.contact, label)
        channel = session.get_one(Channel, payload["channel_id"])
        conversation = conversation_of.of(session, channel, identity)
        if conversation is not None:
            _tell(session, conversation)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, str(error))
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(after(error.retry_after), str(error))
        return None


def job_for(channel_id: int, identity_id: int) -> NewJob:
    """The job that asks for the name behind an identity."""
    return NewJob(
        "core.fetch_name",
        {"channel_id": channel_id, "identity_id": identity_id},
        queue="bulk",
        crowd=crowd_of(channel_id),
    )


def is_heard_anew(talk: Talk, item: InboundMessage) -> bool:
    """Whether a message opens a conversation or reopens it: a missing name is asked for again."""
    if item.is_echo or item.is_automatic or item.is_history:
        return False
    return talk.last_inbound_at is None or talk.state is ConversationState.CLOSED


def wants_name(contact: Named) -> bool:
    """Whether a contact has no name, and no person took it away."""
    return not contact.name and contact.sources.get("name") != FieldSource.PERSON.value


def learn_name(session: TenantSession, contact: Contact, name: str) -> bool:
    """Take the name that somebody gave themselves, where there is none; whether it was taken.

    One that a person took away stays away.
    """
    if not name or not wants_name(contact):
        return False
    if groups.try_to_hold(session, contact) is None:
        return False  # somebody merges them just now: the next message says the name again
    contact.name = name[:LONGEST]
    contact.sources = {**contact.sources, "name": FieldSource.PROVIDER.value}
    refresh_profile(session, contact.customer)
    return True


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that it needs: that of its channel's kind."""
    channel = session.get(Channel, payload["channel_id"])
    return session.desk.host.owner_of_kind(channel.kind) if channel is not None else "core"


def _rename(session: TenantSession, contact: Contact, label: str) -> None:
    """Give cards and tasks that were named after a nameless contact its name."""
    cards = select(Card).where(Card.contact_id == contact.id, Card.title == label)
    for card in session.scalars(cards):
        card.title = str(contact)[:160]
    tasks = select(Task).where(Task.contact_id == contact.id, Task.title == label)
    for task in session.scalars(tasks):
        task.title = str(contact)[:200]
    session.flush()


def _tell(session: TenantSession, conversation: Conversation) -> None:
    tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)
