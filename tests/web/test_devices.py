"""My devices: connecting a phone by QR code, what can go wrong, and testing a connection."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from core.config import Settings
from core.inbound import MessageState
from core.models import (
    AuditEntry,
    Card,
    Channel,
    ChannelState,
    Conversation,
    Message,
    Module,
)
from core.services import channels
from core.services.pairing import check_phones
from core.services.send import send_message
from core.services.tenants import RoleName
from core.setup import prepare
from core.testing.providers.gowa import GowaSimulator, signature
from core.testing.providers.gowa_bodies import event, text
from core.testing.providers.gowa_devices import ban_words
from core.testing.providers.telegram import TOKEN, TelegramSimulator
from core.testing.working import work_off
from core.web.app import create_app
from plugins import BUILTIN
from tests.web.installation import Shop, open_shop, token_in

OWN = "+6281100000001"
OTHER = "+40721000002"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = Settings(home=tmp_path_factory.mktemp("devices"), private_hosts=("127.0.0.1",))
    prepare(settings, BUILTIN)
    found = open_shop(create_app(settings, BUILTIN), "melati")
    yield found
    found.desk.database.dispose()


@pytest.fixture
def gowa() -> Iterator[GowaSimulator]:
    with GowaSimulator() as simulator:
        yield simulator


@dataclass
class Device:
    """A phone's channel, as its admin works with it."""

    shop: Shop
    gowa: GowaSimulator
    id: int

    def post(self, rest: str, **form: str) -> Any:
        client = self.shop.client()
        token = token_in(client.get("/profile/").get_data(as_text=True))
        headers = {"X-CSRFToken": token}
        return client.post(f"/channels/{self.id}/{rest}", data=form, headers=headers)

    def says(self, rest: str, **form: str) -> str:
        answer = self.post(rest, **form)
        assert answer.status_code == 200, answer.status
        return str(answer.get_data(as_text=True))

    def read(self, look: Callable[[Channel], Any]) -> Any:
        with self.shop.desk.database.tenant(self.shop.tenant_id) as session:
            return look(session.get_one(Channel, self.id))

    @property
    def state(self) -> tuple[ChannelState, str]:
        found: tuple[ChannelState, str] = self.read(lambda channel: (channel.state, channel.reason))
        return found

    def picture(self, **form: str) -> bytes:
        page = self.says("pair/code", **form)
        found = re.search(r'src="data:image/png;base64,([^"]+)"', page)
        assert found, page
        return base64.b64decode(found[1])

    def pair(self) -> None:
        self.picture()
        assert self.gowa.scan(OWN)
        assert "Connected" in self.says("pair/state")

    def tick(self) -> None:
        """A minute passes: the check that the clock starts is run, and what it starts."""
        with self.shop.desk.database.system() as session:
            check_phones.spec.run(session, {})  # type: ignore[misc]  # it has a run
        self.shop.desk.jobs.run_pending()


@pytest.fixture
def device(shop: Shop, gowa: GowaSimulator, request: pytest.FixtureRequest) -> Device:
    client = shop.client()
    form = {
        "csrf_token": token_in(client.get("/channels/new/whatsapp_qr").get_data(as_text=True)),
        "name": request.node.name[:80],
        "own_number": "+62 811 0000 0001",
        "gateway_url": gowa.url,
        "gateway_user": "sapa",
        "gateway_password": "gateway-password",
    }
    answer = client.post("/channels/new/whatsapp_qr", data=form)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    found = re.search(r"/channels/(\d+)/pair", answer.headers["Location"])
    assert found
    return Device(shop, gowa, int(found[1]))


def test_D4_the_own_number_needs_its_country_prefix(shop: Shop) -> None:
    client = shop.client()
    page = client.get("/channels/new/whatsapp_qr").get_data(as_text=True)
    form = {"csrf_token": token_in(page), "name": "Toko", "own_number": "0811 0000 0001"}
    answer = client.post("/channels/new/whatsapp_qr", data=form)
    assert answer.status_code == 422
    assert "country prefix" in answer.get_data(as_text=True)
    assert 'value="0811 0000 0001"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("secret", ["secret", " secret ", "short"])
def test_the_gateway_s_default_secret_is_refused(shop: Shop, secret: str) -> None:
    client = shop.client()
    page = client.get("/channels/new/whatsapp_qr").get_data(as_text=True)
    form = {"name": "Toko", "own_number": OWN, "webhook_secret": secret}
    answer = client.post("/channels/new/whatsapp_qr", data={**form, "csrf_token": token_in(page)})
    assert answer.status_code == 422
    assert ("GOWA&#39;s default" if "secret" in secret else "16 characters") in answer.get_data(
        as_text=True
    )


def test_D5_a_code_is_shown_scanned_and_confirmed(device: Device) -> None:
    assert device.state == (ChannelState.NEW, "")
    picture = device.picture()
    assert device.post("pair/state").status_code == 204
    assert device.gowa.scan(OWN, picture)
    page = device.says("pair/state")
    assert "Connected" in page
    assert OWN in page
    assert device.state == (ChannelState.CONNECTED, "")
    with device.shop.desk.database.tenant(device.shop.tenant_id) as session:
        done = session.scalars(
            select(AuditEntry.action).where(
                AuditEntry.noun == "channel", AuditEntry.row_id == device.id
            )
        ).all()
    assert "pair" in done


def test_D5_the_webhook_and_its_own_secret_are_set_by_pairing(device: Device) -> None:
    device.picture()
    slot = device.gowa.device
    uuid = device.read(lambda channel: str(channel.uuid))
    assert slot.id == f"sapa-{uuid}"
    assert slot.webhook_url.endswith(f"/webhooks/{uuid}")
    assert len(slot.webhook_secret) >= 32
    assert "message.ack" in slot.webhook_events


def test_D5_a_code_is_replaced_before_it_runs_out(device: Device) -> None:
    first = device.picture()
    page = device.says("pair/code", round="1")
    delay = re.search(r"load delay:(\d+)s", page)
    assert delay
    assert int(delay[1]) < 30  # what the gateway says that a picture is good for
    device.gowa.advance(int(delay[1]))
    second = device.picture(round="2")
    assert second != first
    assert not device.gowa.scan(OWN, first)
    assert device.gowa.scan(OWN, second)


def test_D5_nobody_scans(device: Device) -> None:
    assert "Nobody scanned the code" in device.says("pair/code", round="7")
    assert device.state == (ChannelState.NEW, "")


def test_D5_the_second_way_is_a_code_to_type(device: Device) -> None:
    page = device.says("pair/code", by_code="1")
    code = re.search(r"[0-9A-F]{4}-[0-9A-F]{4}", page)
    assert code
    assert not device.gowa.type_code(OWN, "AAAA-AAAA")
    assert device.gowa.type_code(OWN, code[0])
    assert "Connected" in device.says("pair/state")


def test_D4_another_phone_than_the_one_entered_is_told(device: Device) -> None:
    device.picture()
    device.gowa.scan(OTHER)
    page = device.says("pair/state")
    assert "Another phone scanned" in page
    assert OTHER in page
    assert OWN in page
    assert device.state[0] is ChannelState.NEW
    assert device.post("unpair").status_code == 302
    assert device.gowa.device.number == ""


@pytest.mark.parametrize(
    ("words", "title", "more"),
    [
        (ban_words(101, "26h0m0s"), "banned this number", "address books (101)"),
        (ban_words(102), "banned this number", "blocked it (102)"),
        (ban_words(104), "banned this number", "same message"),
        (ban_words(106, "1h30m0s"), "banned this number", "It ends"),
        ("client outdated", "too old", "update GOWA"),
        ("stream replaced", "Another program", "unlink it on the phone"),
        ("websocket is odd", "gateway refuses", "websocket is odd"),
    ],
)
def test_D5_a_failure_says_what_happened(device: Device, words: str, title: str, more: str) -> None:
    device.picture()
    device.gowa.device.trouble = words
    page = device.says("pair/code")
    assert title in page
    assert more in page
    assert device.state == (ChannelState.NEW, "")


def test_D5_a_gateway_that_is_down_is_named(device: Device) -> None:
    device.gowa.stop()
    page = device.says("pair/code")
    assert "does not answer" in page
    assert "Is GOWA running there?" in page


def test_D5_a_logout_is_seen_within_a_minute(device: Device) -> None:
    device.pair()
    device.gowa.log_out()
    device.tick()
    state, reason = device.state
    assert state is ChannelState.BROKEN
    assert "logged out" in reason
    page = device.shop.client().get("/channels/").get_data(as_text=True)
    assert "No phone is paired" in page
    device.picture()
    assert device.post("pair/state").status_code == 204  # still out is no news while one scans
    device.gowa.scan(OWN)
    assert "Connected" in device.says("pair/state")


def test_a_lost_line_is_dialled_again_and_the_channel_recovers(device: Device) -> None:
    device.pair()
    device.gowa.lose_line()
    device.tick()
    assert device.state[0] is ChannelState.BROKEN
    device.tick()
    assert device.state == (ChannelState.CONNECTED, "")


def test_a_ban_while_it_runs_is_told_with_its_end(device: Device) -> None:
    device.pair()
    device.gowa.lose_line(ban_words(101, "1h0m0s"))
    device.tick()
    state, reason = device.state
    assert state is ChannelState.BROKEN
    assert "(101)" in reason
    assert "It ends" in reason


def test_a_paused_phone_stays_paused(device: Device) -> None:
    device.pair()
    device.post("pause")
    device.tick()
    assert device.state[0] is ChannelState.PAUSED


def test_a_check_that_still_waits_is_not_doubled(device: Device) -> None:
    device.pair()
    with device.shop.desk.database.system() as session:
        for _ in range(2):
            check_phones.spec.run(session, {})  # type: ignore[misc]  # it has a run
            session.flush()
    calls = len(device.gowa.calls)
    device.shop.desk.jobs.run_pending()
    assert [call.path for call in device.gowa.calls[calls:]].count(
        f"/devices/{device.gowa.device.id}/status"
    ) == 1


def deliver(device: Device, content: Any, name: str = "message") -> int:
    """A webhook of the gateway, as it signs it."""
    slot = device.gowa.device
    body = json.dumps(event(name, content, OWN, slot.id)).encode()
    path = slot.webhook_url.partition("/webhooks/")[2]
    answer = device.shop.app.test_client().post(
        f"/webhooks/{path}", data=body, headers=signature(slot.webhook_secret, body)
    )
    device.shop.desk.jobs.run_pending()
    return int(answer.status_code)


def test_the_first_webhook_is_seen(device: Device) -> None:
    device.pair()
    client = device.shop.client()
    page = client.get(f"/channels/{device.id}/arrived").get_data(as_text=True)
    assert "Waiting for the first webhook" in page
    assert 'hx-trigger="every 3s"' in page
    assert deliver(device, text("6289999999999", "Halo")) == 200
    page = client.get(f"/channels/{device.id}/arrived").get_data(as_text=True)
    assert "The first webhook has arrived" in page
    assert "hx-get" not in page


def test_D13_what_the_filter_ignored_is_counted_in_the_table(device: Device) -> None:
    device.pair()
    with device.shop.desk.database.tenant(device.shop.tenant_id) as session:
        channel = session.get_one(Channel, device.id)
        channels.change_channel(
            session,
            channel,
            name=channel.name,
            region="",
            owner=None,
            module_id=None,
            filter_kind="known",
            filter_numbers="",
            values={},
        )
    deliver(device, text("6289999999998", "Halo"))
    page = device.shop.client().get("/channels/").get_data(as_text=True)
    assert "1 message ignored by the filter" in page
    with device.shop.desk.database.tenant(device.shop.tenant_id) as session:
        kept = session.scalars(select(Message).where(Message.channel_id == device.id)).all()
    assert kept == []


def test_the_connection_is_tested(device: Device) -> None:
    assert "Press Pair and scan" in device.says("test")
    device.pair()
    page = device.says("test")
    assert page.count("sapa-good") == 3
    assert "No webhook has come yet" in page
    device.gowa.device.webhook_secret = "secret"
    assert "signs with another secret" in device.says("test")
    device.gowa.device.webhook_url = ""
    assert "delivers elsewhere" in device.says("test")
    device.gowa.credentials = "sapa:changed"
    assert "--basic-auth" in device.says("test")
    device.gowa.stop()
    assert "Is GOWA running there?" in device.says("test")


def test_A2_my_devices_lists_numbers_with_their_actions(device: Device) -> None:
    page = device.shop.client().get("/channels/").get_data(as_text=True)
    assert "My devices" in page
    row = page[page.index(f'href="/channels/{device.id}"') :]
    row = row[: row.index("</tr>")]
    for words in (OWN, "WhatsApp (QR code)", "New", "Pair", "Settings", "Test"):
        assert words in row


def test_an_unpaired_phone_sends_nothing_and_keeps_it(device: Device) -> None:
    with device.shop.desk.database.tenant(device.shop.tenant_id) as session:
        channel = session.get_one(Channel, device.id)
        assert channels.is_held(session, channel)
        with pytest.raises(Exception, match="pair it first"):
            channels.resume(session, channel)
    device.pair()
    with device.shop.desk.database.tenant(device.shop.tenant_id) as session:
        assert not channels.is_held(session, session.get_one(Channel, device.id))


def test_over_rest_a_program_pairs_too(device: Device) -> None:
    client = device.shop.client()
    token = token_in(client.get("/profile/").get_data(as_text=True))
    headers = {"X-CSRFToken": token}
    path = f"/api/v1/channel/{device.id}"
    typed = client.post(f"{path}/connect", json={"by_code": True}, headers=headers).get_json()
    assert typed["stage"] == "waiting"
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}", typed["text"])
    shown = client.post(f"{path}/qr", headers=headers).get_json()
    assert shown["stage"] == "waiting"
    assert shown["seconds"] == 30
    picture = base64.b64decode(shown["image"].removeprefix("data:image/png;base64,"))
    asked = len(device.gowa.calls)
    assert client.get(f"{path}/qr").get_json()["stage"] == "waiting"
    assert not [c for c in device.gowa.calls[asked:] if c.path.endswith("/login")]
    assert device.gowa.scan(OWN, picture)
    assert client.post(f"{path}/qr", headers=headers).get_json()["stage"] == "paired"
    assert device.state[0] is ChannelState.CONNECTED
    tested = client.post(f"{path}/test", headers=headers).get_json()
    assert tested["is_good"] is True


def test_over_rest_a_kind_without_a_phone_is_refused(shop: Shop) -> None:
    client = shop.client()
    answer = client.get(f"/api/v1/channel/{shop.channel_id}/qr")
    assert answer.status_code == 422
    assert "no phone to pair" in answer.get_json()["message"]


def as_person(shop: Shop, name: str, path: str, **form: str) -> Any:
    client = shop.client(name)
    token = token_in(client.get("/profile/").get_data(as_text=True))
    return client.post(path, data=form, headers={"X-CSRFToken": token})


@pytest.fixture(scope="module")
def budi(shop: Shop) -> str:
    shop.hire("budi", RoleName.AGENT)
    shop.hire("sari", RoleName.AGENT)
    return "budi"


def test_D3_connecting_starts_in_the_profile_of_any_agent(device: Device, budi: str) -> None:
    shop, gowa = device.shop, device.gowa
    page = shop.client(budi).get("/profile/").get_data(as_text=True)
    assert "Your WhatsApp number" in page
    assert 'name="own_number"' in page
    refused = as_person(shop, budi, "/profile/number/connect", own_number="0812 0000 0009")
    assert refused.status_code == 422
    assert "country prefix" in refused.get_data(as_text=True)
    assert 'value="0812 0000 0009"' in refused.get_data(as_text=True)
    answer = as_person(shop, budi, "/profile/number/connect", own_number="+62 812 0000 0009")
    assert answer.status_code == 302
    where = answer.headers["Location"].removesuffix("/pair")
    assert shop.client(budi).get(f"{where}/pair").status_code == 200
    code = as_person(shop, budi, f"{where}/pair/code")
    assert "sapa-qr" in code.get_data(as_text=True)
    (slot,) = [each for each in gowa.devices.values() if each.attempt]
    slot.pair("+6281200000009")
    told = as_person(shop, budi, f"{where}/pair/state").get_data(as_text=True)
    assert "Connected" in told
    assert "/channels/" not in told  # a page that is not an agent's to open
    page = shop.client(budi).get("/profile/").get_data(as_text=True)
    assert "+6281200000009" in page
    pk = int(where.rsplit("/", 1)[1])
    for other in ("sari", "rina"):
        assert as_person(shop, other, f"/profile/number/{pk}/unpair").status_code == 404
    with shop.desk.database.tenant(shop.tenant_id) as session:
        made, first = session.get_one(Channel, pk), session.get_one(Channel, device.id)
        mine, theirs = channels.account_of(session, made), channels.account_of(session, first)
        assert mine.secrets["gateway_password"] == theirs.secrets["gateway_password"]
        assert mine.secrets["webhook_secret"] != theirs.secrets["webhook_secret"]
        assert made.owner_id == shop.members[budi]
        channels.archive(session, made)


def test_D6_the_module_for_unknown_senders_stands_beside_the_connection(
    device: Device, budi: str
) -> None:
    shop = device.shop
    with shop.desk.database.tenant(shop.tenant_id) as session:
        module = Module(name="Leads")
        session.add(module)
        session.flush()
        leads = module.id
        session.get_one(Channel, device.id).owner_id = shop.members[budi]
    path = f"/profile/number/{device.id}/module"
    assert as_person(shop, budi, path, module=str(leads)).status_code == 302
    assert device.read(lambda channel: channel.module_id) == leads
    page = shop.client(budi).get("/profile/").get_data(as_text=True)
    assert f'<option value="{leads}" selected>Leads' in page
    assert as_person(shop, budi, path, module="999").status_code == 422
    device.picture()
    device.gowa.scan(OWN)
    device.says("pair/state")
    assert deliver(device, text("6289999999997", "Halo")) == 200
    with shop.desk.database.tenant(shop.tenant_id) as session:
        card = session.scalars(select(Card).where(Card.module_id == leads)).one()
        assert card.contact.phone == "+6289999999997"


def test_D4_a_number_is_connected_once(device: Device, budi: str) -> None:
    refused = as_person(device.shop, "sari", "/profile/number/connect", own_number=OWN)
    assert refused.status_code == 422
    assert "connected already" in refused.get_data(as_text=True)


def test_a_send_without_an_answer_is_settled_by_its_echo(device: Device) -> None:
    device.pair()
    assert deliver(device, text("6289999999996", "Halo")) == 200
    database, tenant_id = device.shop.desk.database, device.shop.tenant_id
    device.gowa.drop_next(is_processed=True, only="/send/")
    with database.tenant(tenant_id) as session:
        conversation = session.scalars(
            select(Conversation).where(Conversation.channel_id == device.id)
        ).one()
        sent = send_message(session, conversation, text="Ada, kak").id
    device.shop.desk.jobs.run_pending()

    def state() -> MessageState:
        with database.tenant(tenant_id, write=False) as session:
            return session.get_one(Message, sent).state

    assert state() is MessageState.UNKNOWN
    device.shop.desk.jobs.run_pending()
    assert [each.text for each in device.gowa.sent] == ["Ada, kak"]  # never blindly repeated
    assert deliver(device, text("6289999999996", "Ada, kak", own=OWN)) == 200
    assert state() is MessageState.SENT
    with database.tenant(tenant_id, write=False) as session:
        found = session.scalars(select(Message).where(Message.channel_id == device.id)).all()
    assert len(found) == 2


def test_a_phone_that_logged_out_breaks_the_channel_at_the_next_send(device: Device) -> None:
    device.pair()
    assert deliver(device, text("6289999999995", "Halo")) == 200
    device.gowa.log_out()
    with device.shop.desk.database.tenant(device.shop.tenant_id) as session:
        conversation = session.scalars(
            select(Conversation).where(Conversation.channel_id == device.id)
        ).one()
        send_message(session, conversation, text="Ada, kak")
    device.shop.desk.jobs.run_pending()
    state, reason = device.state
    assert state is ChannelState.BROKEN
    assert "pair it again" in reason


@pytest.mark.parametrize("way", ["screen", "rest"])
def test_a_channel_that_is_given_up_is_told_to_its_provider_and_forgets_its_secrets(
    shop: Shop, way: str
) -> None:
    with TelegramSimulator() as telegram:
        with shop.desk.database.tenant(shop.tenant_id) as session:
            session.desk.host.switches.enable(session, "telegram")
            channel = channels.create_channel(
                session,
                kind="telegram",
                name=f"Bot {way}",
                values={"bot_token": TOKEN, "api_url": telegram.url},
            )
            pk = channel.id
        work_off(shop.desk)
        assert telegram.webhook["url"]
        client = shop.client()
        token = token_in(client.get("/profile/").get_data(as_text=True))
        answer = (
            client.delete(f"/api/v1/channel/{pk}", headers={"X-CSRFToken": token})
            if way == "rest"
            else client.post(f"/channels/{pk}/archive", headers={"X-CSRFToken": token})
        )
        assert answer.status_code in (200, 302)
        assert telegram.webhook == {}
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        gone = session.get_one(Channel, pk)
        assert gone.archived_at is not None
        assert gone.sealed == ""
