"""Sending one template to many: what `send_message` does to each, in about ten statements.

For what nobody asked for, as a broadcast is. `tests/services/test_send_many.py` holds the two
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.errors import Refused
from core.inbound import MessageState
from core.jobs.outbox import NewJob, enqueue_all
from core.live import tell
from core.models import (
    Contact,
    Conversation,
    ConversationState,
    Direction,
    Message,
    Sender,
    Template,
)
from core.services.cards import cards_there_are
from core.services.channel_accounts import crowd_of
from core.services.consent import UNASKED
from core.services.preview import carry
from core.services.search_index import index_messages
from core.services.send_drafts import Draft, Drafting, Letter, Talk
from core.tenancy.bulk import insert_rows, update_rows
from core.tenancy.session import TenantSession

__all__ = ["Letter", "send_many"]


def send_many(
    session: TenantSession,
    letters: Sequence[Letter],
    *,
    template: Template,
    sender: Sender = Sender.BROADCAST,
) -> list[int | Refused]:
    """Queue a message for each; their ids, or why one is refused, in the order of `letters`.

    Where there is no conversation yet, one is opened that waits for nobody: closed. Who is refused
    gets none. At most some thousand at once. ValueError: a sender who answers somebody; an answer
    ends the customer's waiting, and goes one by one.
    """
    if sender not in UNASKED:
        raise ValueError(f"{sender} answers somebody: use send_message.")
    if not letters:
        return []
    session.flush()
    outcome: list[int | Refused] = []
    drafts: list[Draft] = []
    drafting = Drafting(session, letters)
    for place, letter in enumerate(letters):
        try:
            drafts.append(drafting.draft(place, letter, template))
            outcome.append(0)
        except Refused as refused:
            outcome.append(refused)
    for draft, message_id in zip(drafts, _write(session, drafts, sender), strict=True):
        outcome[draft.place] = message_id
    return outcome


def _write(session: TenantSession, drafts: Sequence[Draft], sender: Sender) -> list[int]:
    """Conversations, messages, the words they are found by and the jobs that send them."""
    if not drafts:
        return []
    cards = _cards(session, drafts)
    talks = list(dict.fromkeys(draft.talk for draft in drafts))
    known = [talk for talk in talks if talk.id is not None]
    for draft in drafts:
        carry(draft.talk, draft)
    _open(session, [talk for talk in talks if talk.id is None], drafts[0].sent_at)
    update_rows(session, Conversation, [{"id": talk.id, **_line(talk)} for talk in known])
    ids = insert_rows(
        session,
        Message,
        [
            {
                "conversation_id": draft.talk.id,
                "channel_id": draft.talk.channel_id,
                "contact_id": draft.talk.contact_id,
                "card_id": cards.get((draft.talk.channel_id, draft.talk.contact_id)),
                "direction": Direction.OUT,
                "sender": sender,
                "kind": draft.kind,
                "body": draft.body,
                "template": draft.template,
                "state": MessageState.QUEUED,
                "sent_at": draft.sent_at,
                "created_at": draft.sent_at,
            }
            for draft in drafts
        ],
    )
    index_messages(session, [(pk, draft.body) for pk, draft in zip(ids, drafts, strict=True)])
    enqueue_all(session, [_job(pk, draft.talk) for pk, draft in zip(ids, drafts, strict=True)])
    _forget(session)
    _tell(session, ids, drafts)
    return ids


def _cards(session: TenantSession, drafts: Sequence[Draft]) -> dict[tuple[int, int], int]:
    """The card of each message, by channel and contact."""
    contacts = {draft.talk.contact_id for draft in drafts}
    asked = select(Contact.id, Contact.customer_id).where(Contact.id.in_(contacts))
    customer_of = {row.id: row.customer_id for row in session.execute(asked)}
    by_channel: dict[int, set[int]] = {}
    for draft in drafts:
        by_channel.setdefault(draft.talk.channel_id, set()).add(draft.talk.contact_id)
    found = {}
    for channel_id, members in by_channel.items():
        cards = cards_there_are(session, channel_id, {customer_of[each] for each in members})
        for contact_id in members:
            if (card_id := cards.get(customer_of[contact_id])) is not None:
                found[channel_id, contact_id] = card_id
    return found


def _open(session: TenantSession, talks: Sequence[Talk], moment: datetime) -> None:
    """Write the new conversations. Who opened the same one meanwhile makes it an IntegrityError:
    the caller's job is tried again and finds it."""
    rows = [
        {
            "channel_id": talk.channel_id,
            "identity_id": talk.identity_id,
            "contact_id": talk.contact_id,
            "state": ConversationState.CLOSED,
            "closed_at": moment,
            **_line(talk),
        }
        for talk in talks
    ]
    for talk, pk in zip(talks, insert_rows(session, Conversation, rows), strict=True):
        talk.id = pk


def _line(talk: Talk) -> dict[str, Any]:
    return {
        "preview": talk.preview,
        "preview_direction": talk.preview_direction,
        "last_at": talk.last_at,
    }


def _job(message_id: int, talk: Talk) -> NewJob:
    return NewJob(
        "core.send",
        {"message_id": message_id},
        lane=f"conversation:{talk.id}",
        crowd=crowd_of(talk.channel_id),
    )


def _forget(session: TenantSession) -> None:
    """Conversations that the session holds are older than what was written past it."""
    for row in session.identity_map.values():
        if isinstance(row, Conversation):
            session.expire(row)


def _tell(session: TenantSession, ids: Sequence[int], drafts: Sequence[Draft]) -> None:
    for pk, draft in zip(ids, drafts, strict=True):
        where = {"conversation": draft.talk.id or 0, "channel": draft.talk.channel_id}
        tell(session, "conversation", **where)
        tell(session, "message", message=pk, **where)
