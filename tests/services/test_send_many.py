"""Sending to many at once is sending to one after another: row by row and word by word the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.errors import Refused
from core.inbound import IdentityKind, MessageKind, MessageState
from core.models import (
    Card,
    Channel,
    Consent,
    Contact,
    Conversation,
    ConversationState,
    Customer,
    Direction,
    Identity,
    Message,
    Module,
    Sender,
    Template,
)
from core.models.base import now
from core.services import addresses, channels, conversation_of, plugins
from core.services.customers import create_customer
from core.services.send import send_message
from core.services.send_many import Letter, send_many
from core.tenancy.session import TenantSession
from core.testing.installation import Installation
from tests.flow.picture import picture

PEOPLE = 24
LETTERS = 40
BODIES = ("Halo {name}!", "  {name}, promo\nhari   ini ", "{missing} {name}", "{blank}", "x{long}")

LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)

Said = str | tuple[str, str | None]
Send = Callable[[TenantSession, Sequence[Letter], Template], list[int | Refused]]


class Crowd:
    """Seeded: a tenant's channels and people, as odd as they come, and letters to them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def settle(self, session: TenantSession) -> None:
        self._channels(session)
        module = Module(name="Sales")
        session.add(module)
        session.flush()
        people = [self._person(session, number, module) for number in range(PEOPLE)]
        for one, other in zip(people[::6], people[1::6], strict=True):
            self._merge(session, one, other)
        session.add_all(
            [
                *(Template(name=body, body=body) for body in BODIES),
                Template(
                    name="Promo",
                    body="Hi {name}",
                    variables=["name"],
                    provider_name="promo",
                    channel_id=session.scalars(select(Channel.id).order_by(Channel.id)).first(),
                ),
            ]
        )

    def _channels(self, session: TenantSession) -> None:
        for number, name in enumerate(("Cloud 1", "Cloud 2", "Gone"), 1):
            cloud = channels.create_channel(
                session,
                kind="whatsapp_cloud",
                name=name,
                own_address=f"+62811000000{number}",
                module_id=None,
                values={
                    "phone_number_id": str(number),
                    "waba_id": "1",
                    "access_token": "t",
                    "app_secret": "s",
                    "verify_token": "v",
                    "graph_url": "http://127.0.0.1:9/",
                },
            )
        channels.archive(session, cloud)
        channels.create_channel(
            session,
            kind="simulator",
            name="Phone",
            own_address="+628110000009",
            module_id=None,
            values={"phone_url": "http://127.0.0.1:9/", "secret": "a-phone-secret"},
        )
        session.flush()

    def _person(self, session: TenantSession, number: int, module: Module) -> Contact:
        name = self.chance.choice(("", f"Dewi {number}"))
        made = create_customer(session, name=name, phone=f"+62812{number:08}").contacts[0]
        cloud = session.scalars(select(Channel).where(Channel.name == "Cloud 1")).one()
        if self.chance.random() < 0.3:
            session.add(
                Identity(
                    contact_id=made.id,
                    kind=IdentityKind.BSUID,
                    scope=cloud.id,
                    address=f"ID.{number}",
                )
            )
        made.consent = self.chance.choice(
            (Consent.UNKNOWN, Consent.IN, Consent.UNKNOWN, Consent.OUT)
        )
        session.flush()
        session.expire(made)
        for title in range(self.chance.choice((0, 0, 1, 2))):
            card = Card(title=f"Card {title}", module_id=module.id, contact_id=made.id)
            card.is_open = self.chance.random() < 0.7
            card.archived_at = now() if self.chance.random() < 0.2 else None
            session.add(card)
            session.flush()
        self._talk(session, made)
        return made

    def _talk(self, session: TenantSession, contact: Contact) -> None:
        """Conversations there are, with a window or without, at this address or at another."""
        for channel in session.scalars(select(Channel).order_by(Channel.id)):
            if self.chance.random() < 0.5:
                continue
            identity = self.chance.choice(contact.identities)
            if identity.scope not in (0, channel.id):
                continue
            state = self.chance.choice(list(ConversationState))
            talk = conversation_of.find_or_open(session, channel, [identity], state=state)
            talk.window_until = self.chance.choice((LONG_AGO, now() + timedelta(hours=5)))
            talk.waiting_since = now()
            cards = session.scalars(select(Card.id).where(Card.contact_id == contact.id)).all()
            said = Message(
                conversation_id=talk.id,
                channel_id=channel.id,
                contact_id=contact.id,
                card_id=self.chance.choice(cards) if cards else None,
                direction=Direction.IN,
                sender=Sender.CUSTOMER,
                kind=MessageKind.TEXT,
                body="Halo",
                state=MessageState.RECEIVED,
            )
            session.add(said)
            session.flush()

    def _merge(self, session: TenantSession, *contacts: Contact) -> None:
        group = Customer(name="Merged", is_group=True)
        session.add(group)
        session.flush()
        for contact in contacts:
            contact.home.successor_id = group.id
            contact.customer_id = group.id
        session.flush()

    def letters(self, session: TenantSession) -> list[Letter]:
        """Some to the same person, to the same address and over channels that can't."""
        every = session.scalars(select(Channel).order_by(Channel.id)).all()
        known = session.scalars(select(Identity).order_by(Identity.id)).all()
        return [
            Letter(
                self.chance.choice(every),
                self.chance.choice(known),
                {
                    "name": self.chance.choice(("Dewi", "Budi", "Nyonya Sri")),
                    "blank": " ",
                    "long": "y" * self.chance.choice((10, 5000)),
                },
            )
            for _each in range(LETTERS)
        ]


def one_by_one(
    session: TenantSession, letters: Sequence[Letter], template: Template
) -> list[int | Refused]:
    """As whoever has few does it; one who is refused leaves nothing."""
    outcome: list[int | Refused] = []
    for letter in letters:
        try:
            with session.begin_nested():
                sent = send_message(
                    session,
                    conversation_of.find_or_open(
                        session, letter.channel, [letter.identity], state=ConversationState.CLOSED
                    ),
                    template=template,
                    variables=dict(letter.values),
                    sender=Sender.BROADCAST,
                )
        except Refused as refused:
            outcome.append(refused)
        else:
            outcome.append(sent.id)
    return outcome


def together(
    session: TenantSession, letters: Sequence[Letter], template: Template
) -> list[int | Refused]:
    return send_many(session, letters, template=template)


def told(
    house: Installation, seed: int, name: str, send: Send
) -> tuple[list[Said], dict[str, Any], set[str]]:
    """What was said of each letter, the tenant's rows after them, and what pages were told."""
    shop, crowd, began = house.add_tenant(f"{name}{seed}"), Crowd(seed), now()
    with shop.tenant() as session:
        crowd.settle(session)
    with shop.tenant(write=False) as session:
        names = session.scalars(select(Template.name).order_by(Template.id)).all()
    said, heard = list[Said](), set[str]()
    stream = house.desk.live.open(shop.tenant_id, None)
    assert stream is not None
    for template_name in names:
        with shop.tenant() as session:
            template = session.scalars(select(Template).filter_by(name=template_name)).one()
            for outcome in send(session, crowd.letters(session), template):
                is_refused = isinstance(outcome, Refused)
                said.append((str(outcome), outcome.field) if is_refused else "sent")  # type: ignore[union-attr]  # told apart
        heard |= {line for line in stream.take(0).split("\n") if line.startswith("event")}
    house.desk.live.release(stream)
    return said, picture(shop, began - timedelta(seconds=1)), heard


@pytest.mark.parametrize("seed", range(4))
def test_E9_a_message_to_many_is_a_message_to_each(house: Installation, seed: int) -> None:
    expected, found = told(house, seed, "one", one_by_one), told(house, seed, "many", together)
    assert found[0] == expected[0]
    assert {"sent"} < {*expected[0]}
    for table in sorted({*expected[1], *found[1]}):
        assert found[1].get(table) == expected[1].get(table), table
    assert found[2] == expected[2] == {"event: conversation", "event: message"}


def test_a_channel_whose_plugin_is_off_says_so_for_each(house: Installation) -> None:
    said = []
    for name, send in (("one", one_by_one), ("many", together)):
        shop = house.add_tenant(name)
        with shop.tenant() as session:
            Crowd(1).settle(session)
            plugins.disable(session, "whatsapp_cloud")
        with shop.tenant() as session:
            template = session.scalars(select(Template).filter_by(name=BODIES[0])).one()
            cloud = session.scalars(select(Channel).filter_by(name="Cloud 1")).one()
            known = session.scalars(select(Identity).order_by(Identity.id).limit(2))
            letters = [Letter(cloud, each, {"name": "Dewi"}) for each in known]
            said.append([str(each) for each in send(session, letters, template)])
    assert said[0] == said[1]
    assert "its plugin is off" in said[0][0]


def test_an_erased_address_is_refused_both_ways(house: Installation) -> None:
    with house.tenant() as session:
        Crowd(3).settle(session)
        phone = session.scalars(select(Channel).filter_by(name="Phone")).one()
        gone = session.scalars(select(Identity).order_by(Identity.id)).first()
        assert gone is not None
        addresses.erase(gone)
        session.flush()
        letters = [Letter(phone, gone, {"name": "Dewi"})]
        template = session.scalars(select(Template).filter_by(name=BODIES[0])).one()
        one, many = (str(send(session, letters, template)[0]) for send in (one_by_one, together))
    assert one == many
    assert "was erased" in one


def test_an_answer_goes_one_by_one(house: Installation) -> None:
    with house.tenant() as session, pytest.raises(ValueError, match="answers somebody"):
        send_many(session, [], template=Template(body="Halo"), sender=Sender.AGENT)


def test_what_the_session_holds_of_a_conversation_is_read_again(house: Installation) -> None:
    with house.tenant() as session:
        crowd = Crowd(2)
        crowd.settle(session)
        phone = session.scalars(select(Channel).filter_by(name="Phone")).one()
        made = create_customer(session, name="Ayu", phone="+628129999999").contacts[0]
        talk = conversation_of.find_or_open(session, phone, list(made.identities))
        template = session.scalars(select(Template).filter_by(name=BODIES[0])).one()
        send_many(session, [Letter(phone, made.identities[0], {"name": "Ayu"})], template=template)
        assert talk.preview == "Halo Ayu!"
        assert session.scalars(select(Conversation.id).filter_by(id=talk.id)).one() == talk.id
