"""Which card a message goes to (D6 to D9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.models import (
    Card,
    Contact,
    Conversation,
    Customer,
    Message,
    Module,
    Sender,
    Template,
)
from core.models.base import now
from core.services.cards import open_card
from core.services.conversation_of import find_or_open
from core.services.customers import create_customer
from core.services.send import send_message
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation
from tests.services.test_receive import phone, take, written


def contact_of(session: TenantSession, number: str) -> Contact:
    found = session.scalar(select(Contact).where(Contact.phone == number))
    assert found is not None
    return found


def add_card(session: TenantSession, contact: Contact, title: str, **more: object) -> Card:
    card = open_card(session, session.scalars(select(Module)).first() or Module(), contact)
    card.title = title
    for name, value in more.items():
        setattr(card, name, value)
    session.flush()
    return card


def last_card(session: TenantSession) -> str:
    message = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert message is not None
    return message.card.title if message.card is not None else ""


NUMBER = "+6281234567890"


def test_D9_an_unknown_sender_gets_a_customer_and_a_card(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written(name="Dewi"), written())
    with house.tenant() as session:
        card = session.scalars(select(Card)).one()
        assert (card.title, card.module.name, card.stage) == (NUMBER, "Sales", "New") or (
            card.title,
            card.stage,
        ) == ("Dewi", "New")
        assert session.scalars(select(Message.card_id)).all() == [card.id, card.id]
        assert session.scalars(select(Customer)).one().name == "Dewi"


def test_D9_a_known_contact_without_a_card_gets_one_and_no_second_customer(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        create_customer(session, name="Dewi", phone=NUMBER)
    take(house, line, written())
    with house.tenant() as session:
        assert session.scalars(select(Card)).one().title == "Dewi"
        assert len(session.scalars(select(Contact)).all()) == 1


def test_D9_a_channel_without_a_module_opens_no_card(house: Installation) -> None:
    with house.cloud(module="") as plain:
        take(house, plain, written())
    with house.tenant() as session:
        assert session.scalars(select(Card)).all() == []
        assert last_card(session) == ""


def test_D9_an_archived_module_opens_no_card(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        session.scalars(select(Module)).one().archived_at = now()
    take(house, line, written())
    with house.tenant() as session:
        assert session.scalars(select(Card)).all() == []


@pytest.mark.parametrize("is_open", [True, False])
def test_D7_history_on_this_number_leads_to_the_card_of_the_last_message(
    house: Installation, line: CloudLine, is_open: bool
) -> None:
    take(house, line, written())
    with house.tenant() as session:
        contact = contact_of(session, NUMBER)
        first = session.scalars(select(Card)).one()
        first.title, first.is_open = "the last one used", is_open
        add_card(session, contact, "newer", updated_at=now() + timedelta(days=1))
    take(house, line, written())
    with house.tenant() as session:
        assert last_card(session) == "the last one used"


def test_D7_an_echo_counts_as_the_last_message(house: Installation, line: CloudLine) -> None:
    take(house, line, written(is_echo=True))
    with house.tenant() as session:
        add_card(session, contact_of(session, NUMBER), "newer")
        used = session.scalars(select(Card).order_by(Card.id)).first()
        assert used is not None
        used.title = "of the echo"
    take(house, line, written())
    with house.tenant() as session:
        assert last_card(session) == "of the echo"


def test_D7_history_on_another_number_does_not_count(house: Installation, line: CloudLine) -> None:
    take(house, line, written())
    with house.tenant() as session:
        session.scalars(select(Card)).one().title = "first"
        newer = add_card(session, contact_of(session, NUMBER), "updated last")
        newer.updated_at = now() + timedelta(hours=1)
    with house.cloud() as other:
        take(house, other, written())
    with house.tenant() as session:
        assert last_card(session) == "updated last"


def test_D7_an_archived_card_is_out_of_use(house: Installation, line: CloudLine) -> None:
    take(house, line, written())
    with house.tenant() as session:
        session.scalars(select(Card)).one().archived_at = now()
    take(house, line, written())
    with house.tenant() as session:
        assert len(session.scalars(select(Card)).all()) == 2


def test_D8_open_cards_come_first_then_the_one_updated_last(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        contact = create_customer(session, name="Dewi", phone=NUMBER).contacts[0]
        moment = now()
        add_card(session, contact, "closed", is_open=False, updated_at=moment)
        add_card(session, contact, "newest open", updated_at=moment - timedelta(days=1))
        add_card(session, contact, "older open", updated_at=moment - timedelta(days=2))
    take(house, line, written())
    with house.tenant() as session:
        assert last_card(session) == "newest open"


def test_D8_a_closed_card_is_better_than_none(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        contact = create_customer(session, name="Dewi", phone=NUMBER).contacts[0]
        add_card(session, contact, "closed", is_open=False)
    take(house, line, written())
    with house.tenant() as session:
        assert last_card(session) == "closed"


def test_D8_the_cards_of_all_members_count_and_only_theirs(
    house: Installation, line: CloudLine
) -> None:
    """A group, as the merge plugin makes it: contacts point at one customer."""
    other = "+6289876543210"
    with house.tenant() as session:
        first = create_customer(session, name="Dewi", phone=NUMBER).contacts[0]
        second = create_customer(session, name="Dewi S", phone=other).contacts[0]
        group = Customer(is_group=True)
        session.add(group)
        session.flush()
        first.customer_id = second.customer_id = group.id
        add_card(session, second, "of the other member")
    take(house, line, written())
    with house.tenant() as session:
        assert last_card(session) == "of the other member"
    with house.tenant() as session:  # and apart again
        first = contact_of(session, NUMBER)
        first.customer_id = first.home_id
    take(house, line, written())
    with house.tenant() as session:
        assert last_card(session) == "Dewi"
        assert session.scalars(select(Conversation)).one().contact_id == first.id


def test_D7_two_people_do_not_share_a_card(house: Installation, line: CloudLine) -> None:
    take(house, line, written(), written(phone("+6289876543210")))
    with house.tenant() as session:
        assert len(set(session.scalars(select(Message.card_id)))) == 2


def test_D7_what_we_send_first_goes_to_the_card_that_the_answer_will_go_to(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        contact = create_customer(session, name="Dewi", phone=NUMBER).contacts[0]
        add_card(session, contact, "of the offer")
        template = Template(name="Hi", body="Hi", provider_name="hi")
        session.add(template)
        session.flush()
        talk = find_or_open(session, line.channel(session), list(contact.identities))
        sent = send_message(session, talk, template=template, sender=Sender.API)
        assert sent.card is not None
        assert sent.card.title == "of the offer"
        add_card(session, contact, "made later", updated_at=now() + timedelta(days=1))
    take(house, line, written())
    with house.tenant() as session:
        assert last_card(session) == "of the offer"
        session.scalars(select(Card).where(Card.title == "of the offer")).one().archived_at = now()
        talk = session.scalars(select(Conversation)).one()
        answer = send_message(session, talk, text="Hello")
        assert answer.card is not None
        assert answer.card.title == "made later"  # not on one that is out of use
