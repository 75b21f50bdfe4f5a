"""One customer writes on five channels within a minute: five conversations, one timeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from core.models import Contact, Conversation, Customer, Message, Notice
from core.services import inbox_thread
from core.services.timeline import timeline
from core.testing.installation import Installation
from core.testing.providers.base import wait_until
from plugins.merge import services as merging
from tests.channels import five_lines
from tests.web.installation import open_shop, served


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Installation, list[five_lines.Line]]]:
    with ExitStack() as stack:
        app = stack.enter_context(served(tmp_path, private_hosts=("127.0.0.1",)))
        shop = open_shop(app, "melati")
        house = Installation(shop.desk, shop.tenant_id, app)
        yield house, five_lines.connect(house, shop.desk.settings.public_url, stack)


def words_in(house: Installation) -> set[str]:
    with house.tenant(write=False) as session:
        return set(session.scalars(select(Message.body)))


def named(house: Installation) -> bool:
    with house.tenant(write=False) as session:
        return set(session.scalars(select(Contact.name))) == {five_lines.NAME}


def test_E1_five_channels_one_customer(
    desk: tuple[Installation, list[five_lines.Line]],
) -> None:
    house, lines = desk
    said = [f"Halo dari {line.kind}" for line in lines]
    for line, words in zip(lines, said, strict=True):
        assert line.write(words), line.kind
        assert wait_until(lambda words=words: words in words_in(house), 15)
    assert wait_until(lambda: named(house), 15)

    with house.tenant() as session:
        talks = session.scalars(select(Conversation).order_by(Conversation.id)).all()
        assert [talk.channel.kind for talk in talks] == [line.kind for line in lines]
        # both WhatsApp channels know her by her number: one contact, and three more
        people = session.scalars(select(Customer).order_by(Customer.id)).all()
        assert len(people) == 4
        before = [one.body for one in timeline(session, [talks[2].contact_id], limit=50)]
        assert before == ["Halo dari messenger"]
        assert [one.id for one in inbox_thread.panel(session, talks[0]).others] == [talks[1].id]
        assert inbox_thread.panel(session, talks[2]).others == []
        merging.merge(session, people[0].id, [each.id for each in people[1:]])

    with house.tenant(write=False) as session:
        talks = session.scalars(select(Conversation).order_by(Conversation.id)).all()
        (customer,) = {talk.contact.customer for talk in talks}
        members = [contact.id for contact in customer.contacts]
        assert [one.body for one in timeline(session, members, limit=50)] == said[::-1]
        for talk in talks:  # the panel beside each shows the others
            others = {other.id for other in inbox_thread.panel(session, talk).others}
            assert others == {each.id for each in talks} - {talk.id}
        assert session.scalars(select(Notice)).all() == []
