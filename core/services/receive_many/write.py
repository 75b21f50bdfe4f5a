"""Writing a run: new rows parents first, then what changed, then who hears of it.

A row that somebody else wrote meanwhile (an identity, a message's id, a reply task) is an
IntegrityError here, and the run is worked out anew. `ON CONFLICT DO NOTHING` would drop the row and
leave standing what the run concluded from it: a task closed, a count raised, an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import delete, select

from core.events import publish_all
from core.jobs.outbox import NewJob, enqueue_all
from core.live import tell
from core.models import (
    Attachment,
    Card,
    Channel,
    Contact,
    Conversation,
    Customer,
    EarlyStatus,
    Identity,
    Message,
    Task,
    TaskKind,
)
from core.models.base import OwnedMixin
from core.services import channels, groups
from core.services.channel_accounts import crowd_of
from core.services.names import job_for, wants_name
from core.services.receipts import LOOK_AGAIN
from core.services.receive_many.rows import (
    CardRow,
    ConversationRow,
    EarlyRow,
    IdentityRow,
    MessageRow,
    PersonRow,
    TaskRow,
    known,
)
from core.services.receive_many.run import Run
from core.services.receive_message import LONGEST_SUBJECT, attachment_values
from core.services.search_index import index_contacts, index_messages
from core.services.search_words import searched
from core.tenancy.bulk import insert_rows, update_rows
from core.tenancy.session import TenantSession


class HasId(Protocol):
    """A record that gets its id when it is written."""

    id: int | None


R = TypeVar("R")


def write(session: TenantSession, channel: Channel, run: Run) -> None:
    """Write all of a run, in the caller's savepoint."""
    _insert_people(session, run)
    _insert(session, Conversation, run.conversations, [_new(run, c) for c in run.conversations])
    _insert_cards(session, run)
    _insert_messages(session, run)
    jobs = _insert_attachments(session, run)
    _write_tasks(session, run)
    jobs += _insert_early(session, run)
    jobs += _names(run)
    _update(session, run)
    _index(session, run)
    for what, number in run.counts.items():
        channels.count(session, channel, what, number)
    if run.last_inbound_at is not None:
        before = channel.last_inbound_at or run.last_inbound_at
        channel.last_inbound_at = max(before, run.last_inbound_at)
    enqueue_all(session, jobs)
    publish_all(session, [event() for event in run.events])
    session.flush()


class MergedMeanwhile(RuntimeError):
    """Somebody in the run is being merged, or was since it was looked up: look again."""


def _hold(session: TenantSession, people: Sequence[PersonRow]) -> None:
    """Lock the customers of people whose names change, before their contacts: as merging does."""
    if not people:
        return
    looked_up = {row.id: row.customer.id for row in people}
    ids = [row.customer.id for row in people if row.customer.id]
    if groups.lock_customers(session, ids) is None:
        raise MergedMeanwhile
    now_at = session.execute(
        select(Contact.id, Contact.customer_id).where(Contact.id.in_(looked_up))
    )
    if any(looked_up[contact_id] != customer_id for contact_id, customer_id in now_at):
        raise MergedMeanwhile


def tell_pages(session: TenantSession, run: Run) -> None:
    """What open pages hear after the commit: once for each conversation, task and message."""
    for said in run.told.values():
        name, ids = said()
        if "conversation" in ids:
            ids["channel"] = run.line.channel_id
        tell(session, name, **ids)


def _insert(
    session: TenantSession,
    noun: type[OwnedMixin],
    rows: Sequence[HasId],
    values: Sequence[dict[str, Any]],
) -> None:
    for row, row_id in zip(rows, insert_rows(session, noun, values), strict=True):
        row.id = row_id


def _insert_people(session: TenantSession, run: Run) -> None:
    customers = [person.customer for person in run.people]
    _insert(session, Customer, customers, [_profile(person) for person in run.people])
    contacts = [
        {
            **_profile(person),
            "sources": person.sources,
            "customer_id": person.customer.id,
            "home_id": person.customer.id,
        }
        for person in run.people
    ]
    _insert(session, Contact, run.people, contacts)
    # by address: two channels that meet the same strangers wait for each other, in one order
    first: dict[PersonRow, str] = {}
    for identity in run.identities:
        first.setdefault(identity.person, identity.address)
    identities = sorted(run.identities, key=lambda identity: first[identity.person])
    values = [
        {
            "contact_id": identity.person.id,
            "scope": identity.scope,
            "kind": identity.kind,
            "address": identity.address,
            "is_verified": True,
            "last_inbound_at": identity.last_inbound_at,
        }
        for identity in identities
    ]
    _insert(session, Identity, identities, values)


def _insert_cards(session: TenantSession, run: Run) -> None:
    values = [
        {
            "title": _title(card.title, card.person)[:160],
            "module_id": run.line.module_id,
            "contact_id": card.person.id if card.person else None,
            "stage": run.line.first_stage,
            "created_at": run.moment,
            "updated_at": card.touched_at,
        }
        for card in run.cards
    ]
    _insert(session, Card, run.cards, values)


def _insert_messages(session: TenantSession, run: Run) -> None:
    _insert(session, Message, run.messages, [_message(run, row) for row in run.messages])
    quoting = [
        {"id": row.id, "reply_to_id": row.quoted.id}
        for row in run.messages
        if row.quoted is not None and row.quoted.conversation is not None
    ]
    update_rows(session, Message, quoting)  # what they quote came in the same run


def _message(run: Run, row: MessageRow) -> dict[str, Any]:
    quoted = row.quoted
    return {
        "conversation_id": row.conversation_id,
        "channel_id": row.channel_id,
        "contact_id": row.contact_id,
        "card_id": row.card.id if row.card else None,
        "reply_to_id": quoted.id if quoted is not None and quoted.conversation is None else None,
        "provider_id": row.provider_id,
        "direction": row.direction,
        "sender": row.sender,
        "kind": row.kind,
        "subject": row.item.subject[:LONGEST_SUBJECT] if row.item else "",
        "body": row.body,
        "state": row.state,
        "raw": (row.item.raw or None) if row.item else None,
        "is_history": row.is_history,
        "sent_at": row.sent_at,
        "created_at": run.moment,
        **_state(row),
    }


def _state(row: MessageRow) -> dict[str, Any]:
    return {
        "error_class": row.error_class,
        "error_code": row.error_code,
        "error_reason": row.error_reason,
        "delivered_at": row.delivered_at,
        "read_at": row.read_at,
    }


def _insert_attachments(session: TenantSession, run: Run) -> list[NewJob]:
    """The files of the new messages, and the jobs that fetch them."""
    values = [
        {"message_id": row.id, **attachment_values(media)}
        for row in run.messages
        for media in (row.item.media if row.item else ())
    ]
    ids = insert_rows(session, Attachment, values)
    crowd = crowd_of(run.line.channel_id)
    return [
        NewJob("core.fetch_media", {"attachment_id": row_id}, queue="bulk", crowd=crowd)
        for row_id in ids
    ]


def _names(run: Run) -> list[NewJob]:
    """The jobs that ask for missing names, of people who are new or come back."""
    if not run.line.fetches_names:
        return []
    return [
        job_for(run.line.channel_id, known(identity.id))
        for person, identity in run.anew.items()
        if wants_name(person)
    ]


def _write_tasks(session: TenantSession, run: Run) -> None:
    """Tasks that were done first: a person has one open reply task, which may be a new one."""
    done = [{"id": row.id, "done_at": row.done_at} for row in _of(run.changed, TaskRow)]
    update_rows(session, Task, done)
    values = []
    for task in run.tasks:
        conversation = task.conversation
        assert conversation is not None  # noqa: S101 - every new one has it
        values.append(
            {
                "kind": TaskKind.REPLY,
                "title": _title(task.title, conversation.person)[:200],
                "deadline": task.deadline,
                "done_at": task.done_at,
                "contact_id": conversation.person.id,
                "channel_id": run.line.channel_id,
                "conversation_id": conversation.id,
                "card_id": task.card.id if task.card else None,
                "agent_id": task.agent_id,
            }
        )
    _insert(session, Task, run.tasks, values)


def _insert_early(session: TenantSession, run: Run) -> list[NewJob]:
    """Receipts whose message isn't known yet, and the jobs that look again."""
    kept = [row for row in run.early if not row.is_spent]
    values = [
        {
            "channel_id": run.line.channel_id,
            "provider_id": row.provider_id,
            "state": row.state.value,
            "at": row.at,
            "error": row.error,
        }
        for row in kept
    ]
    _insert(session, EarlyStatus, kept, values)
    due_at = run.moment + LOOK_AGAIN
    return [NewJob("core.look_again", {"early_id": row.id}, due_at=due_at) for row in kept]


def _update(session: TenantSession, run: Run) -> None:
    changed = run.changed
    # a person by itself: its profile is the customer's (`services.profiles`)
    people = list(_of(changed, PersonRow))
    _hold(session, people)
    update_rows(
        session,
        Contact,
        [{"id": row.id, "name": row.name, "sources": row.sources} for row in people],
    )
    update_rows(session, Customer, [{"id": row.customer.id, **_profile(row)} for row in people])
    update_rows(
        session,
        Identity,
        [
            {"id": row.id, "last_inbound_at": row.last_inbound_at}
            for row in _of(changed, IdentityRow)
        ],
    )
    update_rows(
        session,
        Conversation,
        [{"id": row.id, **_conversation(row)} for row in _of(changed, ConversationRow)],
    )
    update_rows(
        session,
        Message,
        [
            {"id": row.id, "provider_id": row.provider_id, "state": row.state, **_state(row)}
            for row in _of(changed, MessageRow)
        ],
    )
    update_rows(
        session,
        Card,
        [{"id": row.id, "updated_at": row.touched_at} for row in _of(changed, CardRow)],
    )
    spent = [known(row.id) for row in _of(changed, EarlyRow)]
    if spent:
        session.execute(
            delete(EarlyStatus)
            .where(EarlyStatus.id.in_(spent))
            .execution_options(synchronize_session=False)
        )


def _index(session: TenantSession, run: Run) -> None:
    """What the run is found by: the words of its messages, of new people and of first names."""
    index_messages(session, [(known(row.id), _searched(row)) for row in run.messages])
    people = {*run.people, *_of(run.changed, PersonRow), *(row.person for row in run.identities)}
    index_contacts(session, sorted(known(row.id) for row in people))


def _searched(row: MessageRow) -> str:
    return searched(row.item.subject[:LONGEST_SUBJECT] if row.item else "", row.body)


def _new(run: Run, row: ConversationRow) -> dict[str, Any]:
    return {
        "channel_id": run.line.channel_id,
        "contact_id": row.person.id,
        **_conversation(row),
    }


def _conversation(row: ConversationRow) -> dict[str, Any]:
    return {
        "identity_id": row.identity.id if row.identity else row.identity_id,
        "state": row.state,
        "unread": row.unread,
        "preview": row.preview,
        "preview_direction": row.preview_direction,
        "last_at": row.last_at,
        "last_inbound_at": row.last_inbound_at,
        "waiting_since": row.waiting_since,
        "window_until": row.window_until,
        "snoozed_until": row.snoozed_until,
        "closed_at": row.closed_at,
    }


def _profile(person: PersonRow) -> dict[str, Any]:
    return {"name": person.name, "phone": person.phone, "email": person.email}


def _title(label: str | None, person: PersonRow | None) -> str:
    """The label of when it was made; nameless people are called by a number they now have."""
    return label or (f"#{person.id}" if person else "")


def _of(rows: Iterable[object], kind: type[R]) -> list[R]:
    return [row for row in rows if isinstance(row, kind)]
