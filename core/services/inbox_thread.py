"""What the inbox shows of one conversation: its messages, its customer, what can be chosen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from core.errors import NotFound
from core.models import (
    Allocation,
    Card,
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
from core.tenancy.session import TenantSession

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
        raise NotFound("There is no such conversation.")
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
    query = _messages(conversation).order_by(Message.id.desc())
    if before is not None:
        query = query.where(Message.id < before)
    found = list(session.scalars(query.limit(PAGE + 1)))
    return _page(session, conversation, found[:PAGE][::-1], len(found) > PAGE, before)


def around(session: TenantSession, conversation: Conversation, message_id: int) -> ThreadPage:
    """A message with some before it and a page after it: where a search leads to."""
    of_it = _messages(conversation)
    before = list(
        session.scalars(
            of_it.where(Message.id < message_id).order_by(Message.id.desc()).limit(BEFORE_HIT + 1)
        )
    )
    later = list(
        session.scalars(of_it.where(Message.id >= message_id).order_by(Message.id).limit(PAGE + 1))
    )
    shown = before[:BEFORE_HIT][::-1] + later[:PAGE]
    page = _page(session, conversation, shown, len(before) > BEFORE_HIT, None)
    return ThreadPage(page.entries, page.has_earlier, len(later) > PAGE)


def news(
    session: TenantSession, conversation: Conversation, after: int, changed: Collection[int] = ()
) -> list[Message | LogLine]:
    """What came after a message's id, and the messages of `changed`, oldest first."""
    query = _messages(conversation).where(or_(Message.id > after, Message.id.in_(changed)))
    found = list(session.scalars(query.order_by(Message.id).limit(2 * PAGE)))
    seen = session.get(Message, after)
    since = seen.created_at if seen is not None else None
    return _with_log(found, log_lines(session, conversation, since))


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
        raise NotFound("There is no such message.")
    return found


@dataclass(frozen=True)
class Panel:
    """The customer beside the thread."""

    customer: Customer
    identities: list[Identity]
    labels: list[Label]
    orders: int
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
    return Panel(
        customer=customer,
        identities=[identity for contact in members for identity in contact.identities],
        labels=sorted(labels.values(), key=lambda label: label.name.casefold()),
        orders=session.scalar(select(func.count(Order.id)).where(Order.contact_id.in_(contacts)))
        or 0,
        cards=list(
            session.scalars(
                select(Card)
                .where(Card.contact_id.in_(contacts), Card.archived_at.is_(None))
                .options(joinedload(Card.module))
                .order_by(Card.is_open.desc(), Card.updated_at.desc())
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
    selectinload(Message.attachments),
)


def _messages(conversation: Conversation) -> Select[Message]:
    return select(Message).where(Message.conversation_id == conversation.id).options(*_BUBBLE)
