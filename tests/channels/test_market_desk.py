"""The marketplaces in the desk: chats and files, orders by push, access that is renewed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.serving import make_server

from core.config import Settings
from core.errors import Invalid
from core.inbound import MessageKind, MessageState
from core.models import (
    Attachment,
    AttachmentState,
    AuditEntry,
    BadInboundItem,
    Card,
    Channel,
    ChannelCount,
    ChannelState,
    Contact,
    Conversation,
    Direction,
    Identity,
    Job,
    Message,
    Module,
    Order,
    OrderStatus,
    PaymentState,
    Task,
)
from core.models.base import now
from core.services import channels
from core.services.bad_items import read_again
from core.services.channel_accounts import account_of
from core.services.conversation_of import find_or_open
from core.services.lines import line_of
from core.services.notices import open_notices
from core.services.renew_access import RenewCall, renew_accesses
from core.services.send import Upload, send_message
from core.testing.installation import Installation, installation
from core.testing.prepared import prepared
from core.testing.providers.market import MarketSimulator
from core.testing.providers.shopee import ShopeeSimulator
from core.testing.providers.tiktok_shop import message
from core.web.app import create_app
from plugins import BUILTIN
from plugins.channels.shopee.jobs import fill_gaps
from plugins.channels.tiktok_shop.calls import cipher_of
from tests.channels.shops import LAZADA, MARKETS, SHOPEE, TIKTOK_SHOP, TIKTOK_TALK, Market, tokens

JPEG = b"\xff\xd8\xff\xe0 a picture"
PLACED, PAID, SHIPPED, RECEIVED, CANCELLED = range(5)


@dataclass
class Shop:
    """One connected shop of a marketplace, served over real HTTP."""

    house: Installation
    market: Market
    simulator: Any
    channel_id: int

    def push(self, step: int, tracking: str = "") -> None:
        """The marketplace's order gets there, and the desk works."""
        self.market.push(self.simulator, self.market.statuses[step], tracking)
        self.house.work()

    def deliver(self, body: Any) -> int:
        delivery = self.simulator.deliver(body)
        self.house.work()
        return int(delivery.statuses[-1])

    def rows(self, noun: type[Any], *where: Any) -> list[Any]:
        with self.house.tenant(write=False) as session:
            found = list(session.scalars(select(noun).where(*where).order_by(noun.id)))
            for row in found:
                session.expunge(row)
            return found

    def order(self) -> Order:
        (found,) = self.rows(Order)
        assert isinstance(found, Order)
        return found

    def channel(self) -> Channel:
        (found,) = self.rows(Channel, Channel.id == self.channel_id)
        assert isinstance(found, Channel)
        return found

    def secrets(self) -> dict[str, str]:
        with self.house.tenant(write=False) as session:
            return dict(account_of(session, session.get_one(Channel, self.channel_id)).secrets)

    def notes(self) -> list[str]:
        """What was written into the order's history because it could not be done."""
        entries = self.rows(AuditEntry, AuditEntry.action == "shop")
        return [str(entry.changes["note"][1]) for entry in entries]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("market")
    settings = Settings(home=home, private_hosts=("127.0.0.1",), base_url="http://127.0.0.1:8080")
    prepared(settings, BUILTIN)
    app = create_app(settings, BUILTIN)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield settings, app, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()
    app.extensions["sapa"].database.dispose()


@pytest.fixture
def house(place: Any) -> Iterator[Installation]:
    settings, app, _ = place
    prepared(settings, BUILTIN)
    with installation(settings, BUILTIN, app=app) as made:
        yield made


def connect(house: Installation, market: Market, simulator: MarketSimulator, url: str) -> Shop:
    """Connect a shop that another program has authorised."""
    with house.tenant() as session:
        values = {**market.settings(simulator), **market.secrets(simulator), **tokens(simulator)}
        channel = channels.create_channel(
            session, kind=market.kind, name=f"Toko {market.kind}", values=values
        )
        simulator.webhook_url = f"{url}/webhooks/{channel.uuid}"
        if market is SHOPEE:
            channel.settings = {**channel.settings, "push_url": simulator.webhook_url}
        shop = Shop(house, market, simulator, channel.id)
    house.work()
    return shop


@pytest.fixture(params=MARKETS, ids=lambda market: market.kind)
def shop(request: pytest.FixtureRequest, house: Installation, place: Any) -> Iterator[Shop]:
    market: Market = request.param
    with market.simulator() as simulator:
        yield connect(house, market, simulator, place[2])


def only(market: Market) -> Any:
    return pytest.mark.parametrize("shop", [market], indirect=True, ids=[market.kind])


# chats


def test_E1_a_buyer_writes_and_is_answered(shop: Shop) -> None:
    assert shop.deliver(shop.simulator.message("Masih ada?")) == 200
    (talk,) = shop.rows(Conversation)
    with shop.house.tenant() as session:
        send_message(session, session.get_one(Conversation, talk.id), text="Ada, kak")
    shop.house.work()
    (sent,) = shop.simulator.sent
    answer = shop.rows(Message, Message.direction == Direction.OUT)[0]
    assert (sent.text, answer.state) == ("Ada, kak", MessageState.ACCEPTED)
    assert answer.provider_id == sent.id, "64 bits, to the last digit"
    assert shop.rows(Task)[0].done_at is not None


def test_E1_a_picture_goes_both_ways(shop: Shop) -> None:
    url = shop.simulator.keep_file(JPEG)
    assert shop.deliver(shop.market.picture(shop.simulator, url)) == 200
    (attachment,) = shop.rows(Attachment)
    assert (attachment.kind, attachment.state) == (MessageKind.IMAGE, AttachmentState.STORED)
    (talk,) = shop.rows(Conversation)
    with shop.house.tenant() as session:
        upload = Upload("mawar.jpg", "image/jpeg", JPEG)
        send_message(session, session.get_one(Conversation, talk.id), upload=upload)
    shop.house.work()
    assert shop.simulator.uploads == [JPEG]
    (sent,) = shop.simulator.sent
    assert shop.simulator.url in str(sent.content)


def test_D15_what_the_seller_types_in_the_app_is_ours(shop: Shop) -> None:
    shop.deliver(shop.simulator.message("Masih ada?"))
    typed = shop.market.echo(shop.simulator, "Ada")
    assert [shop.deliver(typed) for _ in range(2)] == [200, 200]
    assert [row.direction for row in shop.rows(Message)] == [Direction.IN, Direction.OUT]
    assert len(shop.rows(Contact)) == 1
    assert shop.rows(Task)[0].done_at is not None


def test_a_forged_and_another_shop_s_push_store_nothing(shop: Shop) -> None:
    body = shop.simulator.message("Halo")
    assert shop.simulator.deliver(b"{}").statuses[-1] == 400
    courier = shop.simulator._courier
    assert courier.post_forged(body).statuses == (401,)
    assert courier.post_unsigned(body).statuses == (401,)
    owner = shop.market.own if shop.market is LAZADA else "shop_id"
    assert shop.deliver({**body, owner: "999"}) == 200
    assert shop.rows(Message) == []
    assert [(row.what, row.count) for row in shop.rows(ChannelCount)] == [("other_shop", 1)]


@only(TIKTOK_SHOP)
def test_what_waits_together_stands_in_the_order_of_its_index(shop: Shop) -> None:
    for index in (3, 1, 2):
        data = message(f"77{index}", TIKTOK_TALK, f"Nr {index}", index=str(index))
        assert shop.simulator.deliver(shop.simulator.event(14, data)).is_delivered
    shop.house.work()
    assert [row.body for row in shop.rows(Message)] == ["Nr 1", "Nr 2", "Nr 3"]


@only(LAZADA)
def test_a_buyer_who_only_ordered_has_no_session(shop: Shop) -> None:
    shop.push(PAID)
    assert shop.order().contact_id
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        talk = find_or_open(session, channel, list(session.scalars(select(Identity))))
        send_message(session, talk, text="Terima kasih")
    shop.house.work()
    (row,) = shop.rows(Message)
    assert (row.state, row.error_class) == (MessageState.FAILED, "recipient")
    shop.deliver(shop.simulator.message("Kapan dikirim?"))
    assert len(shop.rows(Contact)) == len(shop.rows(Conversation)) == 1


# orders


def test_B3_an_order_goes_its_whole_way(shop: Shop) -> None:
    shop.push(PLACED)
    order = shop.order()
    assert (order.status, order.payment) == (OrderStatus.PROCESSING, PaymentState.UNPAID)
    assert (str(order.total), order.currency) == ("30000.50", "IDR")
    assert (order.number, order.external_id) == (shop.market.number, shop.market.number)
    shop.push(PAID)
    assert shop.order().payment is PaymentState.PAID
    shop.push(SHIPPED, "JNE0012345")
    assert (shop.order().status, shop.order().tracking_number) == (
        OrderStatus.SHIPPED,
        "JNE0012345",
    )
    shop.push(RECEIVED, "JNE0012345")
    assert shop.order().status is OrderStatus.RECEIVED
    assert (shop.notes(), shop.rows(BadInboundItem)) == ([], [])


def test_E1_chat_and_order_of_one_buyer_are_one_customer(shop: Shop) -> None:
    shop.deliver(shop.simulator.message("Masih ada?"))
    shop.push(PLACED)
    (first, *others) = shop.rows(Contact)
    if not shop.market.is_one_customer:  # TikTok numbers chats and orders differently
        assert [shop.order().contact_id] == [each.id for each in others]
        return
    assert (shop.order().contact_id, others) == (first.id, [])


def test_E1_an_order_first_and_the_chat_after_it(shop: Shop) -> None:
    shop.push(PLACED)
    shop.deliver(shop.simulator.message("Kapan dikirim?"))
    count = 1 if shop.market.is_one_customer else 2
    assert len(shop.rows(Contact)) == count
    assert shop.rows(Contact)[0].name


def test_a_second_order_has_the_same_customer(shop: Shop) -> None:
    shop.push(PLACED)
    simulator, number = shop.simulator, "9" + shop.market.number[1:]
    simulator.orders[number] = shop.market.order(number, shop.market.statuses[PAID])
    shop.deliver(simulator.order_event(number, shop.market.statuses[PAID]))
    assert [order.contact_id for order in shop.rows(Order)] == [shop.rows(Contact)[0].id] * 2


def test_a_cancelled_order_is_cancelled_and_stays_so(shop: Shop) -> None:
    shop.push(PAID)
    shop.push(CANCELLED)
    assert shop.order().status is OrderStatus.CANCELLED
    shop.push(SHIPPED, "JNE1")
    assert shop.order().status is OrderStatus.CANCELLED
    assert shop.notes() == ["This order is cancelled."]


def test_B7_sent_without_a_tracking_number_waits_for_it(shop: Shop) -> None:
    shop.push(PAID)
    shop.push(SHIPPED)
    assert shop.order().status is OrderStatus.PROCESSING
    (note,) = shop.notes()
    assert "tracking number" in note
    shop.push(SHIPPED, "JNE2")
    assert shop.order().status is OrderStatus.SHIPPED


def test_pushes_in_any_order_end_where_the_shop_is(shop: Shop) -> None:
    simulator, market = shop.simulator, shop.market
    market.put(simulator, market.statuses[SHIPPED], "JNE3")
    for step in (SHIPPED, PLACED, PAID, PLACED):
        simulator.deliver(simulator.order_event(market.number, market.statuses[step]))
    shop.house.work()
    order = shop.order()
    assert (order.status, order.payment) == (OrderStatus.SHIPPED, PaymentState.PAID)
    assert shop.notes() == []


def test_a_status_that_nobody_knows_is_written_down(shop: Shop) -> None:
    shop.push(PLACED)
    shop.market.put(shop.simulator, "TELEPORTED")
    assert shop.deliver(shop.simulator.order_event(shop.market.number, "TELEPORTED")) == 200
    assert shop.order().status is OrderStatus.PROCESSING
    assert ["TELEPORTED" in note for note in shop.notes()] == [True]
    assert [row.what for row in shop.rows(ChannelCount)] == ["order status TELEPORTED"]


def test_an_order_that_the_shop_does_not_have_is_kept_for_a_person(shop: Shop) -> None:
    simulator = shop.simulator
    assert shop.deliver(simulator.order_event("123456", shop.market.statuses[PAID])) == 200
    (bad,) = shop.rows(BadInboundItem)
    assert (shop.rows(Order), "123456" in bad.reason) == ([], True)


@only(SHOPEE)
def test_an_order_that_was_kept_is_asked_for_again(shop: Shop) -> None:
    shop.deliver(shop.simulator.order_event(shop.market.number, shop.market.statuses[PAID]))
    (bad,) = shop.rows(BadInboundItem)
    shop.market.put(shop.simulator, shop.market.statuses[PAID])
    with shop.house.tenant() as session:
        read_again(session, session.get_one(BadInboundItem, bad.id))
    shop.house.work()
    assert (shop.order().external_id, shop.rows(BadInboundItem)) == (shop.market.number, [])


@only(SHOPEE)
def test_an_order_pushed_without_access_waits_for_three_days(shop: Shop) -> None:
    token = shop.simulator.access_token
    shop.simulator.expire_access()
    shop.push(PAID)
    with shop.house.desk.database.system() as session:
        session.execute(update(Job).values(due_at=now(), failures=100))
    shop.house.work()
    assert (shop.rows(Order), shop.channel().state) == ([], ChannelState.BROKEN)
    shop.simulator.access_token = token
    with shop.house.desk.database.system() as session:
        session.execute(update(Job).values(due_at=now()))
    shop.house.work()
    assert (len(shop.rows(Order)), shop.rows(BadInboundItem)) == (1, [])


@only(SHOPEE)
@pytest.mark.parametrize("actor", ["core.fetch_order", "core.renew_access"])
def test_a_pause_that_a_shop_asks_for_is_kept(shop: Shop, actor: str) -> None:
    shop.simulator.fail_next(status=429, retry_after="900")
    if actor == "core.fetch_order":
        shop.push(PAID)
    else:
        renew_now(shop)
    (job,) = shop.rows(Job, Job.actor == actor)
    assert timedelta(minutes=14) < job.due_at - now() <= timedelta(minutes=15)


@only(TIKTOK_SHOP)
def test_a_pause_asked_for_with_a_name_is_kept(shop: Shop) -> None:
    shop.simulator.fail_next(status=429, only="/conversations/", retry_after="900")
    shop.deliver(shop.simulator.message("Halo"))
    (job,) = shop.rows(Job, Job.actor == "core.fetch_name")
    assert timedelta(minutes=14) < job.due_at - now() <= timedelta(minutes=15)


def test_a_busy_shop_is_asked_for_the_order_again(shop: Shop) -> None:
    shop.simulator.fail_next(status=503)
    shop.push(PAID)
    assert shop.rows(Order) == []
    with shop.house.desk.database.system() as session:
        session.execute(update(Job).values(due_at=now()))
    shop.house.work()
    assert shop.order().payment is PaymentState.PAID


# access


def test_access_is_renewed_when_a_shop_is_connected(shop: Shop) -> None:
    assert shop.simulator.renewals == 1
    assert shop.secrets()["access_token"] == shop.simulator.access_token
    until = shop.channel().access_until
    assert until is not None
    assert until > now() + timedelta(hours=3)
    assert shop.channel().state is ChannelState.CONNECTED
    assert "access" not in str(shop.channel().settings.values()), "tokens are sealed"


def test_access_is_renewed_before_it_ends_and_once(shop: Shop) -> None:
    database = shop.house.desk.database
    with database.system() as session:
        session.execute(update(Channel).values(access_until=now() + timedelta(minutes=20)))
    for _ in range(2):
        with database.system() as session:
            renew_accesses.spec.run(session, {})
    shop.house.work()
    with database.system() as session:
        renew_accesses.spec.run(session, {})
    shop.house.work()
    assert (shop.simulator.renewals, shop.simulator.spent) == (2, 0)
    shop.deliver(shop.simulator.message("Halo"))
    assert shop.secrets()["access_token"] == shop.simulator.access_token


def test_a_code_is_traded_at_once_and_forgotten(shop: Shop) -> None:
    shop.simulator.codes.add("the-code")
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        channels.configure(session, channel, {"auth_code": "the-code"})
    shop.house.work()
    assert shop.simulator.codes == set()
    assert "auth_code" not in shop.secrets()
    assert shop.secrets()["access_token"] == shop.simulator.access_token


def test_refused_renewal_stops_the_shop_and_a_new_code_mends_it(shop: Shop) -> None:
    shop.simulator.refresh_tokens.clear()
    shop.simulator.expire_access()
    with shop.house.desk.database.system() as session:
        session.execute(update(Channel).values(access_until=now()))
        session.flush()
        renew_accesses.spec.run(session, {})
    shop.house.work()
    channel = shop.channel()
    assert (channel.state, channel.access_until) == (ChannelState.BROKEN, None)
    with shop.house.tenant(write=False) as session:
        (notice,) = open_notices(session)
        assert "Authorise the shop again" in notice.text
    shop.simulator.codes.add("a-new-code")
    with shop.house.tenant() as session:
        channels.configure(
            session, session.get_one(Channel, shop.channel_id), {"auth_code": "a-new-code"}
        )
    shop.house.work()
    assert shop.channel().state is ChannelState.CONNECTED


@only(SHOPEE)
def test_a_shop_that_a_person_paused_stays_paused(shop: Shop) -> None:
    with shop.house.tenant() as session:
        channels.pause(session, session.get_one(Channel, shop.channel_id))
    shop.simulator.expire_access()
    shop.push(PAID)
    assert shop.channel().state is ChannelState.PAUSED
    with shop.house.tenant(write=False) as session:
        assert len(open_notices(session)) == 1
    shop.simulator.codes.add("a-new-code")
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        channels.configure(session, channel, {"auth_code": "a-new-code"})
    shop.house.work()
    assert shop.channel().state is ChannelState.PAUSED
    with shop.house.tenant(write=False) as session:
        assert list(open_notices(session)) == []


@only(SHOPEE)
def test_a_form_that_is_saved_meanwhile_loses_no_tokens(shop: Shop) -> None:
    call = RenewCall()
    payload = {"channel_id": shop.channel_id}
    with shop.house.tenant() as session:
        claimed = call.claim(session, payload)
    assert claimed is not None
    renewed = call.call(claimed)
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        channels.configure(session, channel, {"push_key": "another-key"})
    with shop.house.tenant() as session:
        call.complete(session, payload, claimed, renewed)
    assert shop.secrets()["access_token"] == shop.simulator.access_token
    assert shop.secrets()["push_key"] == "another-key"


@only(SHOPEE)
def test_a_rename_writes_no_old_token_back(shop: Shop) -> None:
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        old, settings = channel.sealed, dict(channel.settings)
        secrets = {**account_of(session, channel).secrets, "refresh_token": "the-new-one"}
        sealed = session.desk.box.seal(secrets, context=f"channel:{channel.uuid}")
        elsewhere = Channel.__table__
        session.connection().execute(
            update(elsewhere).where(elsewhere.c.id == channel.id).values(sealed=sealed)
        )
        assert channel.sealed == old, "as it was loaded"
        channels.configure(session, channel, settings)
    assert shop.secrets()["refresh_token"] == "the-new-one"


@only(TIKTOK_SHOP)
def test_a_cipher_that_was_not_told_is_asked_for_soon(shop: Shop) -> None:
    forget(shop, "shop_cipher")
    shop.simulator.fail_next(status=429, only="/authorization/")
    renew_now(shop)
    assert "shop_cipher" not in shop.secrets()
    with shop.house.desk.database.system() as session:
        renew_accesses.spec.run(session, {})
    shop.house.work()
    assert shop.secrets()["shop_cipher"].endswith(f":{shop.simulator.cipher}")
    until = shop.channel().access_until
    assert until is not None
    assert until > now() + timedelta(hours=3)
    assert shop.secrets()["access_token"] == shop.simulator.access_token


@only(TIKTOK_SHOP)
def test_another_shop_gets_a_cipher_of_its_own(shop: Shop) -> None:
    renew_now(shop)
    shop.simulator.shop_id, shop.simulator.cipher = "7494560109732330002", "GCP_other"
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        channels.configure(session, channel, {"shop_id": shop.simulator.shop_id})
        assert cipher_of(account_of(session, channel)) == "", "the old shop's is not sent"
    shop.house.work()
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        assert cipher_of(account_of(session, channel)) == "GCP_other"


@only(TIKTOK_SHOP)
def test_a_form_opened_earlier_wipes_no_cipher(shop: Shop) -> None:
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        channels.configure(session, channel, {**channel.settings, "shop_cipher": ""})
        assert cipher_of(account_of(session, channel)) == shop.simulator.cipher


def renew_now(shop: Shop) -> None:
    """The clock says that the access ends."""
    with shop.house.desk.database.system() as session:
        session.execute(update(Channel).values(access_until=now()))
        session.flush()
        renew_accesses.spec.run(session, {})
    shop.house.work()


def forget(shop: Shop, secret: str) -> None:
    """The channel never had this secret."""
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        secrets = dict(account_of(session, channel).secrets)
        del secrets[secret]
        channel.sealed = session.desk.box.seal(secrets, context=f"channel:{channel.uuid}")


def test_a_busy_shop_is_asked_for_access_again(shop: Shop) -> None:
    shop.simulator.fail_next(status=503)
    with shop.house.desk.database.system() as session:
        session.execute(update(Channel).values(access_until=now()))
        session.flush()
        renew_accesses.spec.run(session, {})
    shop.house.work()
    assert (shop.simulator.renewals, shop.channel().state) == (1, ChannelState.CONNECTED)
    with shop.house.desk.database.system() as session:
        session.execute(update(Job).values(due_at=now()))
    shop.house.work()
    assert shop.simulator.renewals == 2


def test_the_test_of_the_connection_says_what_is_wrong(shop: Shop) -> None:
    shop.simulator.push_config = {"callback_url": "", "push_config_on_list": [3]}
    with shop.house.tenant(write=False) as session:
        line = line_of(session, session.get_one(Channel, shop.channel_id))
    findings = line.findings()
    assert findings[0].is_good
    assert all(each.advice for each in findings if not each.is_good)
    shop.simulator.expire_access()
    (finding,) = line.findings()
    assert (finding.is_good, bool(finding.advice)) == (False, True)


def test_a_shop_id_with_letters_is_refused_beside_its_field(shop: Shop) -> None:
    with shop.house.tenant() as session:
        channel = session.get_one(Channel, shop.channel_id)
        with pytest.raises(Invalid) as refused:
            channels.configure(session, channel, {shop.market.own: "my shop"})
    assert list(refused.value.errors) == [shop.market.own]


# lost pushes


@only(SHOPEE)
def test_lost_pushes_are_fetched_taken_in_and_confirmed(shop: Shop) -> None:
    shopee = shop.simulator
    assert isinstance(shopee, ShopeeSimulator)
    bodies = [shopee.message(f"Nr {n}") for n in range(101)]
    for body in bodies:
        shopee.lose(body)
    shop.deliver(bodies[5])  # came all the same
    fill(shop)
    assert sorted(row.body for row in shop.rows(Message)) == sorted(f"Nr {n}" for n in range(101))
    assert shopee.lost == []
    fill(shop)
    assert len(shop.rows(Message)) == 101


@only(SHOPEE)
def test_a_page_with_a_stranger_s_shop_is_read_and_not_confirmed(shop: Shop) -> None:
    shopee = shop.simulator
    shopee.lose(shopee.message("Halo"))
    shopee.lose({**shopee.message("Hai"), "shop_id": 999})
    fill(shop)
    assert [row.body for row in shop.rows(Message)] == ["Halo"]
    assert len(shopee.lost) == 2
    assert "999" in shop.channel().facts["lost pushes"]["value"]


@only(SHOPEE)
def test_a_page_with_a_stranger_s_shop_is_read_once(shop: Shop) -> None:
    shopee = shop.simulator
    shopee.lose(shopee.push(2, {"shop_id": shopee.shop_id}))  # it stops the channel
    shopee.lose({**shopee.message("Hai"), "shop_id": 999})
    fill(shop)
    assert shop.channel().state is ChannelState.BROKEN
    with shop.house.tenant() as session:
        channels.resume(session, session.get_one(Channel, shop.channel_id))
    fill(shop)
    assert shop.channel().state is ChannelState.CONNECTED


@only(SHOPEE)
def test_a_stranger_s_page_holds_up_the_others_for_a_day_only(shop: Shop) -> None:
    shopee = shop.simulator
    moment = int(now().timestamp()) - 3600
    for _ in range(100):
        shopee.lose({**shopee.message("Hai"), "shop_id": 999, "timestamp": moment})
    shopee.lose(shopee.message("Halo"))
    fill(shop)
    assert (shop.rows(Message), len(shopee.lost)) == ([], 101)
    for entry in shopee.lost[:100]:
        entry["timestamp"] -= 24 * 3600
    fill(shop)
    assert [row.body for row in shop.rows(Message)] == ["Halo"]
    assert (shopee.lost, "lost pushes" in shop.channel().facts) == ([], False)


@only(SHOPEE)
@pytest.mark.parametrize("state", [ChannelState.PAUSED, ChannelState.BROKEN])
def test_a_shop_that_is_held_gets_its_lost_pushes_too(shop: Shop, state: ChannelState) -> None:
    shop.simulator.lose(shop.simulator.message("Halo"))
    with shop.house.tenant() as session:
        session.get_one(Channel, shop.channel_id).state = state
    fill(shop)
    assert [row.body for row in shop.rows(Message)] == ["Halo"]
    assert (shop.simulator.lost, shop.channel().state) == ([], state)


@only(SHOPEE)
def test_a_lost_push_without_a_shop_is_kept_before_it_is_confirmed(shop: Shop) -> None:
    shopee = shop.simulator
    shopee.lose(shopee.message("Halo"))
    shopee.lose({**shopee.message("Hai"), "shop_id": None})
    shopee.lost[0]["shop_id"] = None  # its body says whose it is
    fill(shop)
    assert [row.body for row in shop.rows(Message)] == ["Halo"]
    assert (len(shop.rows(BadInboundItem)), shopee.lost) == (1, [])


def fill(shop: Shop) -> None:
    """The clock says that it is time to look for lost pushes."""
    with shop.house.tenant() as session:
        fill_gaps.spec.run(session, {})
    shop.house.work()


def test_D8_an_unknown_buyer_of_a_module_s_shop_gets_a_card(shop: Shop) -> None:
    with shop.house.tenant() as session:
        module = Module(name="Sales")
        session.add(module)
        session.flush()
        session.get_one(Channel, shop.channel_id).module_id = module.id
    shop.push(PLACED)
    shop.deliver(shop.simulator.message("Halo"))
    assert len(shop.rows(Card)) == 1
    with shop.house.tenant(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 1
