"""What a job is about, from the ids in its payload: the customer, order or channel behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.models import Attachment, Channel, Contact, Conversation, Job, Message, Order
from core.models.base import TenantMixin
from core.tenancy.session import KEY_MAX, TenantSession


@dataclass(frozen=True)
class Subject:
    """A row to look at. `noun` is its table's name, `label` what people call it."""

    noun: str
    id: int
    label: str


def subjects(session: TenantSession, jobs: Iterable[Job]) -> dict[int, Subject]:
    """What each job is about, by the job's id; jobs about nothing that is there are left out.

    A statement for each kind of noun, however many jobs.
    """
    payloads = {job.id: job.payload for job in jobs if isinstance(job.payload, dict)}
    found = _Found(session, payloads.values())
    return {
        job_id: subject for job_id, payload in payloads.items() if (subject := found.of(payload))
    }


class _Found:
    """The rows that some payloads name."""

    def __init__(self, session: TenantSession, payloads: Iterable[Mapping[str, Any]]) -> None:
        payloads = list(payloads)

        def rows(noun: type[TenantMixin], name: str, more: Iterable[int] = ()) -> dict[int, Any]:
            ids = {key for each in payloads if (key := _key(each, name)) is not None}
            ids.update(more)
            if not ids:
                return {}
            asked = select(noun).where(noun.id.in_(sorted(ids)))
            return {row.id: row for row in session.scalars(asked)}

        self._attachments = rows(Attachment, "attachment_id")
        messages = {row.message_id for row in self._attachments.values()}
        self._messages = rows(Message, "message_id", messages)
        talks = {row.conversation_id for row in self._messages.values()}
        self._conversations = rows(Conversation, "conversation_id", talks)
        self._orders = rows(Order, "order_id")
        self._contacts = rows(
            Contact, "contact_id", {row.contact_id for row in self._conversations.values()}
        )
        self._channels = rows(Channel, "channel_id")

    def of(self, payload: Mapping[str, Any]) -> Subject | None:
        """The nearest to a person's work: a conversation, else an order, a contact, a channel."""
        attachment = self._attachments.get(_key(payload, "attachment_id") or 0)
        message_id = attachment.message_id if attachment else _key(payload, "message_id")
        message = self._messages.get(message_id or 0)
        talk_id = message.conversation_id if message else _key(payload, "conversation_id")
        talk = self._conversations.get(talk_id or 0)
        if talk is not None:
            contact = self._contacts.get(talk.contact_id)
            return Subject("conversation", talk.id, str(contact or talk.id))
        for noun, rows in (
            ("order", self._orders),
            ("contact", self._contacts),
            ("channel", self._channels),
        ):
            row = rows.get(_key(payload, f"{noun}_id") or 0)
            if row is not None:
                return Subject(noun, row.id, str(row))
        return None


def _key(payload: Mapping[str, Any], name: str) -> int | None:
    """An id out of a payload, which plugins write as they like."""
    value = payload.get(name)
    is_key = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= KEY_MAX
    return value if is_key else None
