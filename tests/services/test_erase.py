"""Erasing leaves no trace: every table is dumped and searched."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from core.audit import record
from core.inbound import BadItem, InboundReaction, Media, MessageKind, MessageState
from core.models import (
    Attachment,
    AttachmentState,
    Contact,
    Conversation,
    Customer,
    Job,
    Label,
    Message,
    Task,
)
from core.models.base import now
from core.services import customers, notes, orders
from core.services.channels import pause
from core.services.erase import erase_customer
from core.services.send import send_message
from core.testing.installation import CloudLine, Installation
from tests.services.test_ignored import dump
from tests.services.test_receive import DEWI, bsuid, phone, take, written

TRACES = ("Dewi Lestari", "81234567890", "dewi@example.com", "her secret", "our answer", "a note")


def fill(house: Installation, line: CloudLine) -> str:
    """Everything the desk may know of one person; the hash of their file."""
    image = Media(MessageKind.IMAGE, "4711", mime_type="image/jpeg", filename="Dewi Lestari.jpg")
    first = written(DEWI, bsuid("ID.abc"), name="Dewi Lestari", text="her secret", media=(image,))
    take(
        house,
        line,
        first,
        written(text="her secret", raw={"text": "her secret"}, kind=MessageKind.PLACEHOLDER),
        InboundReaction("r", first.provider_id, "👍", (DEWI,), now()),
        BadItem("broken", {"from": "6281234567890", "text": "her secret"}),
    )
    with house.tenant() as session:
        contact = session.scalars(select(Contact)).one()
        customers.change_contact(session, contact, {"email": "dewi@example.com"})
        conversation = session.scalars(select(Conversation)).one()
        notes.add_note(session, conversation, "a note: Dewi Lestari", None)
        record(session, "assign", conversation)
        record(session, "open", session.scalars(select(Task)).one())
        order = orders.create_order(session, contact, total=Decimal(5), note="for Dewi Lestari")
        orders.estimate(session, order, date(2026, 12, 24))
        session.add(Label(name="vip"))
        file = session.scalars(select(Attachment)).one()
        file.sha256 = house.desk.media.put(house.tenant_id, b"a face")
        file.state = AttachmentState.STORED
        pause(session, line.channel(session))
        send_message(session, conversation, text="our answer")
        session.add(
            Job(
                tenant_id=house.tenant_id,
                actor="sync.on_contact_push_received",
                payload={"address": DEWI.value, "contact_name": "Dewi Lestari"},
            )
        )
        return file.sha256


def test_erasing_leaves_no_trace(house: Installation, line: CloudLine) -> None:
    digest = fill(house, line)
    kept = dump(house)
    assert all(trace in kept for trace in TRACES)  # else the search proves nothing
    with house.tenant() as session:
        erase_customer(session, session.scalars(select(Customer)).one())
    house.work()
    kept = dump(house)
    assert [trace for trace in TRACES if trace in kept] == []
    assert not house.desk.media.path(house.tenant_id, digest).exists()


def test_an_erased_contacts_queued_messages_are_not_sent(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written())
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        message_id = send_message(session, conversation, text="our answer").id
        erase_customer(session, session.scalars(select(Customer)).one())
    house.work()
    with house.tenant() as session:
        assert session.get_one(Message, message_id).state is MessageState.FAILED
    assert line.meta.calls == []


def test_who_writes_again_is_somebody_new(house: Installation, line: CloudLine) -> None:
    take(house, line, written())
    with house.tenant() as session:
        erase_customer(session, session.scalars(select(Customer)).one())
    take(house, line, written())
    with house.tenant() as session:
        assert len(session.scalars(select(Contact)).all()) == 2
        assert len(session.scalars(select(Conversation)).all()) == 2


def test_others_keep_what_is_theirs(house: Installation, line: CloudLine) -> None:
    take(house, line, written(), written(phone("+6289876543210"), text="mine"))
    with house.tenant() as session:
        theirs = session.scalars(select(Contact).where(Contact.phone == DEWI.value)).one()
        erase_customer(session, theirs.customer)
    with house.tenant() as session:
        kept = session.scalars(select(Message).where(Message.body == "mine")).one()
        assert kept.contact.phone == "+6289876543210"
        assert kept.conversation.preview == "mine"
