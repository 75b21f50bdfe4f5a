"""Reading what a run of items is about, in a few statements however long the run is.

Rows that the run may change are locked, messages before conversations before tasks, each by id: the
order in which sending and answering take them too. Conversations with `FOR NO KEY UPDATE`, which
lets others write messages into them meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from core.inbound import IdentityKind, InboundMessage, InboundStatus, Item, MessageState
from core.models import (
    Channel,
    ChannelFilter,
    Consent,
    Contact,
    Conversation,
    Customer,
    Direction,
    EarlyStatus,
    Identity,
    Message,
    Task,
    TaskKind,
)
from core.models.base import now
from core.phones import match_set
from core.services.echoes import FOLDS_WITHIN
from core.services.receive_many.cards import look_up_cards
from core.services.receive_many.rows import (
    ConversationRow,
    CustomerRow,
    EarlyRow,
    IdentityRow,
    MessageRow,
    PersonRow,
    TaskRow,
)
from core.services.receive_many.run import Known, Line
from core.tenancy.session import TenantSession


def look_up(session: TenantSession, channel: Channel, line: Line, items: Sequence[Item]) -> Known:
    """All that is known of the messages, receipts and people of `items`."""
    known = Known()
    written = [item for item in items if isinstance(item, InboundMessage)]
    statuses = [item for item in items if isinstance(item, InboundStatus)]
    _messages(session, line, known, written, statuses)
    _early(session, line, known, written, statuses)
    if not written:
        return known
    _people(session, line, known, written)
    if not known.people:
        return known
    if line.filter is ChannelFilter.EXCEPT:
        _numbers(session, known)
    if any(item.is_echo and not item.is_history for item in written):
        _unanswered(session, line, known)
    _conversations(session, line, known)
    _tasks(session, line, known)
    if not all(item.is_history for item in written):
        look_up_cards(session, line, known.people.values())
    return known


_MESSAGE = (
    Message.id,
    Message.channel_id,
    Message.conversation_id,
    Message.contact_id,
    Message.uuid,
    Message.provider_id,
    Message.direction,
    Message.sender,
    Message.state,
    Message.body,
    Message.kind,
    Message.is_history,
    Message.sent_at,
    Message.delivered_at,
    Message.read_at,
    Message.error_class,
    Message.error_code,
    Message.error_reason,
)


def _messages(
    session: TenantSession,
    line: Line,
    known: Known,
    written: list[InboundMessage],
    statuses: list[InboundStatus],
) -> None:
    named: list[InboundMessage | InboundStatus] = [*written, *statuses]
    ids = {item.provider_id for item in named} | {item.reply_to for item in written}
    of_channel = select(*_MESSAGE).where(Message.channel_id == line.channel_id)
    rows: dict[int, MessageRow] = {}
    if ids := {each for each in ids if each}:
        _read_messages(session, rows, of_channel.where(Message.provider_id.in_(ids)))
    opaque = {uuid for item in named if (uuid := _as_uuid(item.opaque))}
    if opaque:
        ours = of_channel.where(Message.uuid.in_(opaque), Message.direction == Direction.OUT)
        _read_messages(session, rows, ours)
    for row in rows.values():
        if row.provider_id:
            known.messages[row.provider_id] = row
        if row.uuid in opaque and row.direction is Direction.OUT:
            known.ours[row.uuid] = row


def _read_messages(
    session: TenantSession, rows: dict[int, MessageRow], statement: Select[*tuple[Any, ...]]
) -> list[MessageRow]:
    """Records of messages; one that `rows` has already is that very record."""
    statement = statement.order_by(Message.id).with_for_update(key_share=True)
    found = [MessageRow(*row) for row in session.execute(statement)]
    return [rows.setdefault(row.id or 0, row) for row in found]


def _as_uuid(opaque: str) -> UUID | None:
    try:
        return UUID(opaque) if opaque else None
    except ValueError:
        return None


def _early(
    session: TenantSession,
    line: Line,
    known: Known,
    written: list[InboundMessage],
    statuses: list[InboundStatus],
) -> None:
    """Early receipts of the messages that a run may bring or name."""
    ids = {item.provider_id for item in statuses} | {
        item.provider_id for item in written if item.is_echo
    }
    ids.discard("")
    if not ids:
        return
    statement = (
        select(
            EarlyStatus.id,
            EarlyStatus.provider_id,
            EarlyStatus.state,
            EarlyStatus.at,
            EarlyStatus.error,
        )
        .where(EarlyStatus.channel_id == line.channel_id, EarlyStatus.provider_id.in_(ids))
        .order_by(EarlyStatus.id)
    )
    for row in session.execute(statement):
        early = EarlyRow(row.id, row.provider_id, MessageState(row.state), row.at, row.error)
        known.early.setdefault(row.provider_id, []).append(early)


def _people(
    session: TenantSession, line: Line, known: Known, written: list[InboundMessage]
) -> None:
    """Who is behind the addresses, exact and in the other spellings of a phone."""
    addresses = {address for item in written for address in item.addresses}
    values = {address.value for address in addresses}
    for address in addresses:
        if address.kind is IdentityKind.PHONE:
            values.update(match_set(address.value)[1:])
    statement = (
        select(
            Identity.id,
            Identity.scope,
            Identity.kind,
            Identity.address,
            Identity.last_inbound_at,
            Contact.id.label("contact_id"),
            Contact.customer_id,
            Contact.name,
            Contact.phone,
            Contact.email,
            Contact.sources,
            Contact.consent,
            Contact.archived_at,
            Customer.is_group,
        )
        .join(Contact, Contact.id == Identity.contact_id)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(
            Identity.scope.in_((0, line.channel_id)),
            Identity.kind.in_({address.kind for address in addresses}),
            Identity.address.in_(values),
        )
    )
    customers: dict[int, CustomerRow] = {}
    for row in session.execute(statement):
        person = known.people.get(row.contact_id)
        if person is None:
            customer = customers.setdefault(
                row.customer_id, CustomerRow(row.customer_id, row.is_group)
            )
            person = known.people[row.contact_id] = PersonRow(
                row.contact_id,
                customer,
                row.name,
                row.phone,
                row.email,
                row.sources,
                is_archived=row.archived_at is not None,
                has_opted_out=row.consent is Consent.OUT,
            )
        known.identities[row.scope, row.kind, row.address] = IdentityRow(
            row.id, person, row.scope, row.kind, row.address, row.id, row.last_inbound_at
        )


def _numbers(session: TenantSession, known: Known) -> None:
    statement = select(Identity.contact_id, Identity.address).where(
        Identity.contact_id.in_(known.people), Identity.kind == IdentityKind.PHONE
    )
    for contact_id, address in session.execute(statement):
        known.people[contact_id].numbers.append(address)


def _unanswered(session: TenantSession, line: Line, known: Known) -> None:
    """Messages of ours that an echo without an id may be of (`services.echoes`)."""
    statement = select(*_MESSAGE).where(
        Message.channel_id == line.channel_id,
        Message.contact_id.in_(known.people),
        Message.provider_id.is_(None),
        Message.state.in_((MessageState.SENDING, MessageState.UNKNOWN)),
        Message.created_at > now() - FOLDS_WITHIN,
    )
    rows = {row.id or 0: row for row in known.ours.values()}
    for row in _read_messages(session, rows, statement):
        known.unanswered.setdefault(row.contact_id, []).append(row)


_CONVERSATION: tuple[InstrumentedAttribute[Any], ...] = (
    Conversation.id,
    Conversation.contact_id,
    Conversation.identity_id,
    Identity.kind,
    Conversation.state,
    Conversation.last_at,
    Conversation.assignee_id,
    Conversation.unread,
    Conversation.preview,
    Conversation.preview_direction,
    Conversation.last_inbound_at,
    Conversation.waiting_since,
    Conversation.window_until,
    Conversation.snoozed_until,
    Conversation.closed_at,
)


def _conversations(session: TenantSession, line: Line, known: Known) -> None:
    statement = (
        select(*_CONVERSATION)
        .join(Identity, Identity.id == Conversation.identity_id)
        .where(
            Conversation.channel_id == line.channel_id,
            Conversation.contact_id.in_(known.people),
        )
        .order_by(Conversation.id)
        .with_for_update(key_share=True, of=Conversation)
    )
    for conversation_id, contact_id, identity_id, kind, state, last_at, *rest in session.execute(
        statement
    ):
        person = known.people[contact_id]
        person.conversations.append(
            ConversationRow(conversation_id, person, identity_id, kind, state, last_at, None, *rest)
        )


def _tasks(session: TenantSession, line: Line, known: Known) -> None:
    statement = (
        select(Task.id, Task.contact_id)
        .where(
            Task.kind == TaskKind.REPLY,
            Task.contact_id.in_(known.people),
            Task.channel_id == line.channel_id,
            Task.done_at.is_(None),
        )
        .order_by(Task.id)
        .with_for_update()
    )
    for task_id, contact_id in session.execute(statement):
        known.people[contact_id or 0].task = TaskRow(task_id)


def spellings(numbers: Iterable[str]) -> frozenset[str]:
    """Every way in which these phone addresses may be stored."""
    return frozenset(spelling for number in numbers for spelling in match_set(number))
