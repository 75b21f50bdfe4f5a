"""What an item does to the desk: identities, conversations, tasks, opt-out, history, edits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from core.inbound import (
    Address,
    AddressChanged,
    AddressesLinked,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    MessageKind,
)
from core.models import (
    AuditEntry,
    Channel,
    ChannelCount,
    Consent,
    Contact,
    Conversation,
    ConversationState,
    Customer,
    Identity,
    Job,
    Message,
    Task,
)
from core.models.base import now
from core.services import conversations, customers
from core.services.receive import receive
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation

_ids = count(1)


def phone(number: str) -> Address:
    return Address(IdentityKind.PHONE, number)


def bsuid(value: str) -> Address:
    return Address(IdentityKind.BSUID, value)


DEWI = phone("+6281234567890")


def written(*addresses: Address, text: str = "Halo", **more: Any) -> InboundMessage:
    values: dict[str, Any] = {
        "provider_id": f"wamid.{next(_ids)}",
        "kind": MessageKind.TEXT,
        "sent_at": now().replace(microsecond=0),
        **more,
    }
    return InboundMessage(addresses=addresses or (DEWI,), text=text, **values)


def take(house: Installation, line: CloudLine, *items: Any) -> None:
    """Each item in a transaction of its own."""
    for item in items:
        with house.tenant() as session:
            receive(session, line.channel(session), item)


def how_many(session: TenantSession, noun: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(noun)) or 0


def addresses_of(session: TenantSession) -> list[tuple[int, str]]:
    rows = session.scalars(select(Identity).order_by(Identity.id))
    return [(row.contact_id, row.address) for row in rows]


# CHANNELS, Identity: the other spelling of the same line


@pytest.mark.parametrize(
    ("known", "sends"),
    [
        ("+5511987654321", "+551187654321"),  # Brazil without its ninth digit
        ("+551187654321", "+5511987654321"),
        ("+525512345678", "+5215512345678"),  # Mexico with the 1
        ("+5215512345678", "+525512345678"),
        ("+541123456789", "+5491123456789"),  # Argentina with the 9
        ("+5491123456789", "+541123456789"),
    ],
)
def test_a_variant_spelling_is_the_same_contact_and_is_answered_as_it_was_sent(
    house: Installation, line: CloudLine, known: str, sends: str
) -> None:
    take(house, line, written(phone(known)), written(phone(sends)))
    with house.tenant() as session:
        assert how_many(session, Contact) == 1
        assert [address for _, address in addresses_of(session)] == [known, sends]
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.identity.address == sends


def test_a_variant_that_two_contacts_have_is_nobody_known(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        for number in ("+5511987654321", "+551187654321"):
            contact = customers.create_customer(session, name=number).contacts[0]
            session.add(
                Identity(
                    contact_id=contact.id, scope=0, kind=IdentityKind.PHONE, address=number + ""
                )
            )
    take(house, line, written(phone("+5511987654321")))
    with house.tenant() as session:
        message = session.scalars(select(Message)).one()
        assert message.contact.name == "+5511987654321"  # the exact one, not its variant


@pytest.mark.parametrize("landline", ["+554133334444", "+551123334444"])
def test_a_brazilian_landline_gains_no_nine(
    house: Installation, line: CloudLine, landline: str
) -> None:
    with_nine = landline[:5] + "9" + landline[5:]
    take(house, line, written(phone(with_nine)), written(phone(landline)))
    with house.tenant() as session:
        assert how_many(session, Contact) == 2


# two identities, one account


def test_a_person_who_hides_the_number_goes_on_in_the_same_conversation(
    house: Installation, line: CloudLine
) -> None:
    both = (DEWI, bsuid("ID.abc"))
    take(house, line, written(*both), written(bsuid("ID.abc"), text="now by username"))
    with house.tenant() as session:
        assert how_many(session, Contact) == 1
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.identity.address == "ID.abc"  # seen last: replies go there
    take(house, line, written(*both))
    with house.tenant() as session:
        assert session.scalars(select(Conversation)).one().identity.address == DEWI.value


def test_linked_addresses_of_two_contacts_are_not_joined(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written(DEWI), written(bsuid("ID.abc")))
    take(
        house, line, AddressesLinked((DEWI, bsuid("ID.abc")), now()), written(DEWI, bsuid("ID.abc"))
    )
    with house.tenant() as session:
        assert how_many(session, Contact) == 2
        assert how_many(session, Conversation) == 2
        assert len({contact_id for contact_id, _ in addresses_of(session)}) == 2


def test_a_number_that_a_provider_links_is_the_contact_s_where_none_is_known(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written(bsuid("ID.abc")), written(bsuid("ID.def")))
    take(house, line, AddressesLinked((bsuid("ID.abc"), DEWI), now()))
    with house.tenant() as session:
        first, second = session.scalars(select(Contact).order_by(Contact.id))
        assert (first.phone, first.customer.phone) == (DEWI.value, DEWI.value)
        assert first.sources["phone"] == "provider"
        customers.change_contact(session, second, {"phone": "+6281200000077"})
    take(house, line, AddressesLinked((bsuid("ID.def"), phone("+6281200000088")), now()))
    with house.tenant() as session:
        assert session.get_one(Contact, second.id).phone == "+6281200000077"


def test_a_bsuid_of_one_channel_means_nothing_on_another(
    house: Installation, line: CloudLine
) -> None:
    with house.cloud() as other:
        take(house, line, written(bsuid("ID.abc")))
        take(house, other, written(bsuid("ID.abc")))
    with house.tenant() as session:
        assert how_many(session, Contact) == 2


def test_a_phone_is_one_contact_over_two_channels(house: Installation, line: CloudLine) -> None:
    with house.cloud() as other:
        take(house, line, written())
        take(house, other, written())
    with house.tenant() as session:
        assert (how_many(session, Contact), how_many(session, Conversation)) == (1, 2)


def test_two_numbers_of_one_contact_keep_their_conversations(
    house: Installation, line: CloudLine
) -> None:
    office = phone("+622112345678")
    take(house, line, written())
    with house.tenant() as session:
        contact = session.scalars(select(Contact)).one()
        customers.change_contact(session, contact, {"phone": office.value})
    take(house, line, written(office))
    with house.tenant() as session:
        assert how_many(session, Contact) == 1
        leads = session.scalars(select(Conversation).order_by(Conversation.id)).all()
        assert [each.identity.address for each in leads] == [DEWI.value, office.value]


def test_a_changed_number_is_linked_and_its_conversation_goes_on(
    house: Installation, line: CloudLine
) -> None:
    new = phone("+6289999999999")
    take(house, line, written(), AddressChanged(DEWI, new, now()), written(new))
    with house.tenant() as session:
        assert how_many(session, Contact) == 1
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.identity.address == new.value
        assert how_many(session, Message) == 2


def test_a_changed_number_of_somebody_unknown_makes_nobody(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, AddressChanged(DEWI, phone("+6289999999999"), now()))
    with house.tenant() as session:
        assert how_many(session, Contact) == 0


# once, whatever the order


def test_a_repeated_message_is_stored_once(house: Installation, line: CloudLine) -> None:
    item = written()
    take(house, line, item, item, item)
    with house.tenant() as session:
        assert how_many(session, Message) == 1
        assert session.scalars(select(Conversation)).one().unread == 1
        assert how_many(session, Task) == 1


def test_the_same_id_on_two_channels_is_two_messages(house: Installation, line: CloudLine) -> None:
    item = written()
    with house.cloud() as other:
        take(house, line, item)
        take(house, other, item)
    with house.tenant() as session:
        assert how_many(session, Message) == 2


def test_a_message_without_an_id_is_refused(house: Installation, line: CloudLine) -> None:
    with pytest.raises(ValueError, match="id"):
        take(house, line, written(provider_id=""))


def test_a_message_that_comes_three_hours_late_does_not_extend_the_window(
    house: Installation, line: CloudLine
) -> None:
    sent_at = now().replace(microsecond=0) - timedelta(hours=3)
    take(house, line, written(sent_at=sent_at))
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.window_until == sent_at + timedelta(hours=24)


def test_an_older_message_that_comes_later_shortens_no_window(
    house: Installation, line: CloudLine
) -> None:
    moment = now().replace(microsecond=0)
    take(house, line, written(sent_at=moment), written(sent_at=moment - timedelta(hours=5)))
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.window_until == moment + timedelta(hours=24)


def test_a_time_in_the_future_opens_no_longer_window(house: Installation, line: CloudLine) -> None:
    take(house, line, written(sent_at=now() + timedelta(days=400)))
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.window_until is not None
        assert conversation.window_until <= now() + timedelta(hours=24)
        assert (line.channel(session).last_inbound_at or now()) <= now()


# what a message tells


def test_the_name_comes_from_the_customer_and_never_from_an_echo(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written(name="Toko Rina", is_echo=True))
    with house.tenant() as session:
        assert session.scalars(select(Contact)).one().name == ""
    take(house, line, written(name="Dewi"))
    with house.tenant() as session:
        assert session.scalars(select(Customer)).one().name == "Dewi"


def test_a_name_that_a_person_took_away_stays_away(house: Installation, line: CloudLine) -> None:
    take(house, line, written(name="Dewi"))
    with house.tenant() as session:
        customers.change_contact(session, session.scalars(select(Contact)).one(), {"name": ""})
    take(house, line, written(name="Dewi"))
    with house.tenant() as session:
        assert session.scalars(select(Contact)).one().name == ""


def test_somebody_archived_who_writes_is_back(house: Installation, line: CloudLine) -> None:
    take(house, line, written())
    with house.tenant() as session:
        customers.archive_contact(session, session.scalars(select(Contact)).one())
        assert session.scalars(select(Customer)).one().archived_at is not None
    take(house, line, written())
    with house.tenant() as session:
        assert session.scalars(select(Contact)).one().archived_at is None
        assert session.scalars(select(Customer)).one().archived_at is None


@pytest.mark.parametrize("word", ["STOP", " stop. ", "Berhenti!", "Oprește"])
def test_a_customer_who_says_stop_has_opted_out(
    house: Installation, line: CloudLine, word: str
) -> None:
    take(house, line, written(text=word))
    with house.tenant() as session:
        assert session.scalars(select(Contact)).one().consent is Consent.OUT
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "opt out")).one()
        assert told.changes["consent"] == ["unknown", "out"]


def test_stop_within_a_sentence_is_no_opt_out(house: Installation, line: CloudLine) -> None:
    take(house, line, written(text="don't stop the delivery"))
    with house.tenant() as session:
        assert session.scalars(select(Contact)).one().consent is Consent.UNKNOWN


def test_a_closed_conversation_reopens(house: Installation, line: CloudLine) -> None:
    take(house, line, written())
    with house.tenant() as session:
        conversations.close(session, session.scalars(select(Conversation)).one())
    take(house, line, written())
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.state is ConversationState.OPEN
        assert conversation.unread == 1


# D14


def test_D14_history_fires_no_task_card_or_event(house: Installation, line: CloudLine) -> None:
    past = now().replace(microsecond=0) - timedelta(days=90)
    take(
        house,
        line,
        written(sent_at=past, is_history=True, text="old"),
        written(sent_at=past + timedelta(minutes=1), is_history=True, is_echo=True, text="answer"),
    )
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert how_many(session, Task) == 0
        assert session.scalars(select(Message.card_id)).all() == [None, None]
        assert session.scalars(select(Job.id)).all() == []
        assert conversation.state is ConversationState.CLOSED
        assert conversation.last_at == past + timedelta(minutes=1)
        assert (conversation.unread, conversation.waiting_since) == (0, None)


def test_D14_history_hides_no_newer_message(house: Installation, line: CloudLine) -> None:
    take(house, line, written(text="new"))
    past = now() - timedelta(days=9)
    take(house, line, written(text="old", sent_at=past, is_history=True))
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.preview == "new"
        assert conversation.state is ConversationState.OPEN


def test_a_conversation_that_history_began_opens_with_the_first_message(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written(sent_at=now() - timedelta(days=9), is_history=True), written())
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.state is ConversationState.OPEN
        assert how_many(session, Task) == 1


# edits, reactions


def first_message(session: TenantSession) -> Message:
    return session.scalars(select(Message).order_by(Message.id)).first() or pytest.fail("none")


def test_edits_in_any_order_end_with_the_last(house: Installation, line: CloudLine) -> None:
    item, moment = written(text="one"), now()
    edits = [InboundEdit(item.provider_id, moment + timedelta(seconds=n), f"v{n}") for n in (2, 1)]
    take(house, line, item, *edits)
    with house.tenant() as session:
        assert first_message(session).body == "v2"
        assert session.scalars(select(Conversation)).one().preview == "v2"


def test_a_withdrawn_message_shows_nothing_of_it(house: Installation, line: CloudLine) -> None:
    item, moment = written(text="a secret", raw={"text": "a secret"}), now()
    take(
        house,
        line,
        item,
        InboundEdit(item.provider_id, moment, is_revoked=True),
        InboundEdit(item.provider_id, moment + timedelta(seconds=5), "edited after all"),
    )
    with house.tenant() as session:
        message = first_message(session)
        assert (message.is_deleted, message.body, message.raw) == (True, "", None)
        assert session.scalars(select(Conversation)).one().preview == ""


def test_a_reaction_is_replaced_and_taken_back(house: Installation, line: CloudLine) -> None:
    item = written()

    def reaction(emoji: str) -> InboundReaction:
        return InboundReaction("r", item.provider_id, emoji, (DEWI,), now())

    take(house, line, item, reaction("👍"), reaction("❤"))
    with house.tenant() as session:
        assert first_message(session).reactions == {"customer": "❤"}
    take(house, line, reaction(""))
    with house.tenant() as session:
        assert first_message(session).reactions == {}


@pytest.mark.parametrize(
    "item",
    [
        InboundEdit("wamid.nobody", now(), "text"),
        InboundReaction("r", "wamid.nobody", "👍", (DEWI,), now()),
    ],
)
def test_news_of_an_unknown_message_is_counted(
    house: Installation, line: CloudLine, item: Any
) -> None:
    take(house, line, item)
    with house.tenant() as session:
        assert session.scalars(select(ChannelCount.count)).all() == [1]
        assert how_many(session, Message) == 0


def test_the_latest_time_stands_on_the_channel(house: Installation, line: CloudLine) -> None:
    moments: Sequence[datetime] = [now() - timedelta(minutes=n) for n in (3, 1, 2)]
    take(house, line, *(written(sent_at=moment) for moment in moments))
    with house.tenant() as session:
        assert session.get_one(Channel, line.channel_id).last_inbound_at == max(moments)
