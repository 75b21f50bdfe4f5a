"""The message dialog (D11) for channels that speak no phone numbers: who is reached, who isn't."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.inbound import Address, IdentityKind, InboundMessage, MessageKind
from core.models import Channel, ChannelState, Contact, Conversation, Customer, Message
from core.models.base import now
from core.services import channels, customers, message_dialog, plugins
from core.services.receive import receive
from core.services.tenants import RoleName
from core.tenancy.session import TenantSession
from plugins import BUILTIN
from plugins.merge import services as merging
from tests.web.installation import Shop, install, open_shop
from tests.web.test_inbox import post

NUMBER = "+6281234567890"
PSID = Address(IdentityKind.PSID, "7001000200030004")
META = {"access_token": "t", "app_secret": "s", "verify_token": "v"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("dialog"), plugins=BUILTIN), "melati")
    found.hire("sari", RoleName.AGENT)
    with found.desk.database.tenant(found.tenant_id) as session:
        plugins.enable(session, "merge")
        customers.create_customer(session, name="Dewi Lestari", phone=NUMBER)
    yield found
    found.desk.database.dispose()


def page_of(session: TenantSession) -> Channel:
    """A connected page."""
    return channels.create_channel(
        session, kind="messenger", name="Page", values={"page_id": "104857600000001", **META}
    )


def wrote(session: TenantSession, page: Channel, ago: timedelta) -> Conversation:
    """Dewi wrote to the page so long ago, and her contacts are one customer."""
    said = InboundMessage("m-1", (PSID,), MessageKind.TEXT, now() - ago, text="Halo", name="Dewi")
    receive(session, page, said)
    main = session.scalars(select(Customer).order_by(Customer.id)).first()
    talk = session.scalars(select(Conversation).where(Conversation.channel_id == page.id)).one()
    assert main is not None
    merging.merge(session, main.id, [talk.contact.customer_id])
    return talk


def choice(session: TenantSession, page: Channel) -> message_dialog.SenderChoice | None:
    to = message_dialog.addressee(session, NUMBER)
    found = {each.channel.id: each for each in message_dialog.senders(session, to)}
    return found.get(page.id)


def test_D11_who_never_wrote_there_can_not_be_written_to(shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        found = choice(session, page_of(session))
        assert found is not None
        assert found.reason == "They haven't written here yet, and can't be written to first."
        session.rollback()


def test_D11_of_a_stranger_only_the_number_is_known(shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        page = page_of(session)
        to = message_dialog.addressee(session, "+6285550009999")
        assert page not in [each.channel for each in message_dialog.senders(session, to)]
        session.rollback()


@pytest.mark.parametrize(
    ("ago", "reason"),
    [
        (timedelta(hours=1), ""),
        (timedelta(days=3), ""),  # a person may answer for seven days
        (timedelta(days=8), "More than 7 days have passed since the customer last wrote: Page"),
    ],
)
def test_D11_who_wrote_there_is_reached_while_the_window_is_open(
    shop: Shop, ago: timedelta, reason: str
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        page = page_of(session)
        wrote(session, page, ago)
        found = choice(session, page)
        assert found is not None
        assert str(found.reason)[: len(reason)] == reason
        assert bool(found.reason) is bool(reason)
        assert not found.needs_template
        session.rollback()


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ChannelState.PAUSED, "It is paused."),
        (ChannelState.BROKEN, "It isn't connected. The token has ended."),
    ],
)
def test_D11_a_page_that_is_disconnected_says_so(
    shop: Shop, state: ChannelState, reason: str
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        page = page_of(session)
        wrote(session, page, timedelta(hours=1))
        page.state, page.reason = state, "The token has ended."
        session.flush()
        found = choice(session, page)
        assert found is not None
        assert found.reason == reason
        session.rollback()


def test_D11_a_plugin_that_is_off_says_so(shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        page = page_of(session)
        plugins.disable(session, "messenger")
        found = choice(session, page)
        plugins.enable(session, "messenger")
        assert found is not None
        assert str(found.reason).startswith("Its plugin is off.")
        session.rollback()


def test_D11_it_goes_to_the_conversation_that_there_is(shop: Shop) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        page = page_of(session)
        talk_id, page_id = wrote(session, page, timedelta(hours=1)).id, page.id
    client = shop.client("sari")
    dialog = client.get("/message/?to=081234567890").text
    assert "Page" in dialog
    answer = post(client, "/message/send", to=NUMBER, channel=page_id, text="Siap")
    assert answer.status_code == 200
    assert f"/inbox/{talk_id}/" in answer.text
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        sent = session.scalars(select(Message).where(Message.body == "Siap")).one()
        assert (sent.conversation_id, sent.channel_id) == (talk_id, page_id)
        assert len(session.scalars(select(Contact)).all()) == 2
