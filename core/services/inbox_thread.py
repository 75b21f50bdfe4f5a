"""What the inbox shows of one conversation: its messages, its customer, what can be chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from core.errors import NotFound
from core.models import (
    Allocation,
    Card,
    Consent,
    Contact,
    Conversation,
    Customer,
    Division,
    Identity,
    Label,
    Membership,
    Message,
    Order,
    Template,
    Tenant,
)
from core.services.sight import OVERSEERS
from core.services.tenants import RoleName
from core.services.thread_log import LogLine, log_lines
from core.services.timeline import message_ids
from core.tenancy.session import TenantSession
from core.words import say

PAGE = 40
INBOX_ROLES = frozenset({RoleName.ADMIN, RoleName.SUPERVISOR, RoleName.AGENT})
"""Whose holders can answer, and so can be given a conversation."""
OTHERS = 10
BEFORE_HIT = 12


def load(session: TenantSession, conversation_id: int) -> Conversation:
    """The conversation with all that its header shows, in one query. Raises NotFound."""
    conversation = session.scalar(
        select(Conversation)
        .where(Conversation.id == conversation_id)
        .options(
            joinedload(Conversation.contact).joinedload(Contact.customer),
            joinedload(Conversation.channel),
            joinedload(Conversation.identity),
            joinedload(Conversation.division),
            joinedload(Conversation.assignee).joinedload(Membership.user),
        )
    )
    if conversation is None:
        raise NotFound(say("There is no such conversation."))
    return conversation


@dataclass(frozen=True)
class ThreadPage:
    """Messages with what was done between them, oldest first.

    `has_earlier`: there is something above the first; `has_later`: something below the last.
    """

    entries: list[Message | LogLine]
    has_earlier: bool = False
    has_later: bool = False

    @property
    def messages(self) -> list[Message]:
        return [entry for entry in self.entries if isinstance(entry, Message)]


def latest(
    session: TenantSession, conversation: Conversation, before: int | None = None
) -> ThreadPage:
    """The last messages, or the last ones before a message's id."""
    earlier = () if before is None else (Message.id < before,)
    ids = _ids(session, conversation, *earlier, newest=True, limit=PAGE + 1)
    found = _read(session, ids[:PAGE])
    return _page(session, conversation, found, len(ids) > PAGE, before)


def around(session: TenantSession, conversation: Conversation, message_id: int) -> ThreadPage:
    """A message with some before it and a page after it: where a search leads to."""
    before = _ids(session, conversation, Message.id < message_id, newest=True, limit=BEFORE_HIT + 1)
    later = _ids(session, conversation, Message.id >= message_id, newest=False, limit=PAGE + 1)
    shown = _read(session, [*before[:BEFORE_HIT], *later[:PAGE]])
    page = _page(session, conversation, shown, len(before) > BEFORE_HIT, None)
    return ThreadPage(page.entries, page.has_earlier, len(later) > PAGE)


def news(
    session: TenantSession, conversation: Conversation, after: int, changed: Collection[int] = ()
) -> list[Message | LogLine]:
    """What came after a message's id, and the messages of `changed`, oldest first."""
    fresh = _ids(session, conversation, Message.id > after, newest=False, limit=2 * PAGE)
    altered = _ids(session, conversation, Message.id.in_(changed), newest=False, limit=2 * PAGE)
    found = _read(session, sorted({*fresh, *altered})[: 2 * PAGE])
    seen = session.get(Message, after)
    since = seen.created_at if seen is not None else None
    return _with_log(found, log_lines(session, conversation, since))


def beside(session: TenantSession, conversation: Conversation) -> list[Conversation]:
    """The other conversations whose messages stand in the same timeline: a merged customer's."""
    members = _members(session, conversation)
    if members is None:
        return []
    query = select(Conversation).where(
        Conversation.contact_id.in_(members), Conversation.id != conversation.id
    )
    return list(session.scalars(query.order_by(Conversation.id)))


def _members(session: TenantSession, conversation: Conversation) -> list[int] | None:
    """The contacts of a merged customer; None for somebody alone, who has one conversation here."""
    customer = conversation.contact.customer
    if not customer.is_group:
        return None
    return list(session.scalars(select(Contact.id).where(Contact.customer_id == customer.id)))


def _ids(
    session: TenantSession,
    conversation: Conversation,
    *conditions: ColumnElement[bool],
    newest: bool,
    limit: int,
) -> list[int]:
    """The ids of messages in the timeline, the newest or the oldest first."""
    members = _members(session, conversation)
    if members is None:
        owners = [Message.conversation_id == conversation.id]
    else:
        owners = [Message.contact_id == member for member in members]
    return message_ids(session, owners, *conditions, newest=newest, limit=limit)


def _read(session: TenantSession, ids: Collection[int]) -> list[Message]:
    """The messages with what their bubbles show, oldest first."""
    if not ids:
        return []
    query = select(Message).where(Message.id.in_(ids)).options(*_BUBBLE)
    return list(session.scalars(query.order_by(Message.id)))


def _page(
    session: TenantSession,
    conversation: Conversation,
    messages: list[Message],
    has_earlier: bool,
    before: int | None,
) -> ThreadPage:
    since = messages[0].created_at if messages and has_earlier else None
    end = session.get(Message, before) if before is not None else None
    lines = log_lines(session, conversation, since, end.created_at if end else None)
    return ThreadPage(_with_log(messages, lines), has_earlier)


def _with_log(messages: list[Message], lines: list[LogLine]) -> list[Message | LogLine]:
    """Messages in the order of their arrival, each line before the first that came after it."""
    entries: list[Message | LogLine] = []
    waiting = list(lines)
    for message in messages:
        while waiting and waiting[0].at < message.created_at:
            entries.append(waiting.pop(0))
        entries.append(message)
    return entries + list(waiting)


def message(session: TenantSession, message_id: int) -> Message:
    """One message with what its bubble shows. Raises NotFound."""
    found = session.scalar(select(Message).where(Message.id == message_id).options(*_BUBBLE))
    if found is None:
        raise NotFound(say("There is no such message."))
    return found


@dataclass(frozen=True)
class Panel:
    """The customer beside the thread."""

    customer: Customer
    identities: list[Identity]
    labels: list[Label]
    orders: int
    last_orders: Sequence[Order]
    has_opted_out: bool
    cards: list[Card]
    others: list[Conversation]


def panel(session: TenantSession, conversation: Conversation) -> Panel:
    """Who this is: addresses, labels, orders, cards, other conversations, over all contacts."""
    customer = conversation.contact.customer
    members = session.scalars(
        select(Contact)
        .where(Contact.customer_id == customer.id)
        .options(selectinload(Contact.identities), selectinload(Contact.labels))
        .order_by(Contact.id)
    ).all()
    contacts = [contact.id for contact in members]
    labels = {label.id: label for contact in members for label in contact.labels}
    counted = session.execute(
        select(Order, func.count().over().label("total"))
        .where(Order.contact_id.in_(contacts), Order.archived_at.is_(None))
        .order_by(Order.id.desc())
        .limit(OTHERS)
    ).all()
    return Panel(
        customer=customer,
        identities=[identity for contact in members for identity in contact.identities],
        labels=sorted(labels.values(), key=lambda label: label.name.casefold()),
        orders=counted[0].total if counted else 0,
        has_opted_out=any(each.consent is Consent.OUT for each in members),
        last_orders=[row.Order for row in counted],
        cards=list(
            session.scalars(
                select(Card)
                .where(Card.contact_id.in_(contacts), Card.archived_at.is_(None))
                .options(joinedload(Card.module))
                .order_by(Card.is_open.desc(), Card.updated_at.desc(), Card.id.desc())
                .limit(OTHERS)
            )
        ),
        others=list(
            session.scalars(
                select(Conversation)
                .where(Conversation.contact_id.in_(contacts), Conversation.id != conversation.id)
                .options(joinedload(Conversation.channel))
                .order_by(Conversation.last_at.desc())
                .limit(OTHERS)
            )
        ),
    )


@dataclass(frozen=True)
class Choices:
    """Who can take the conversation, and which templates its channel takes."""

    agents: list[Membership]
    divisions: list[Division]
    templates: list[Template]


def choices(session: TenantSession, conversation: Conversation) -> Choices:
    """Active members who can answer there, divisions and templates of the tenant, each by name."""
    is_allocated = (
        select(Allocation.id)
        .where(
            Allocation.member_id == Membership.id,
            Allocation.channel_id == conversation.channel_id,
        )
        .exists()
    )
    agents = session.execute(
        select(Membership, or_(Tenant.limits_agents.is_(False), is_allocated))
        .join(Tenant, Tenant.id == Membership.tenant_id)
        .where(Membership.is_active.is_(True))
        .options(joinedload(Membership.user))
    )
    return Choices(
        agents=sorted(
            (
                agent
                for agent, is_theirs in agents
                if INBOX_ROLES.intersection(agent.roles)
                and (is_theirs or OVERSEERS.intersection(agent.roles))
            ),
            key=lambda agent: agent.name.casefold(),
        ),
        divisions=list(
            session.scalars(
                select(Division).where(Division.archived_at.is_(None)).order_by(Division.name)
            )
        ),
        templates=list(
            session.scalars(
                select(Template)
                .where(
                    Template.archived_at.is_(None),
                    or_(
                        Template.channel_id.is_(None),
                        Template.channel_id == conversation.channel_id,
                    ),
                )
                .order_by(Template.name)
            )
        ),
    )


_BUBBLE = (
    joinedload(Message.author).joinedload(Membership.user),
    joinedload(Message.reply_to),
    joinedload(Message.channel),
    selectinload(Message.attachments),
)
