"""The inbox over HTTP: who may do what, what each fragment holds, and what it costs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from core.inbound import Address, IdentityKind, InboundMessage, MessageKind, MessageState
from core.listed_templates import TemplateState
from core.media_types import safe_inline_type
from core.models import (
    Attachment,
    AttachmentState,
    Channel,
    Conversation,
    ConversationState,
    Direction,
    Division,
    Message,
    Template,
)
from core.models.base import now
from core.services import channels, inbox_list
from core.services.inbox_list import Key, Shelf, Wanted, Whose
from core.services.receive import receive
from core.services.tenants import RoleName
from tests.web.installation import SECRET, Shop, install, open_shop, token_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(scope="module")
def two_shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    """Two tenants of one installation: *melati* with a team, *mawar* beside it."""
    app = install(tmp_path_factory.mktemp("inbox"))
    melati, mawar = open_shop(app, "melati"), open_shop(app, "mawar")
    melati.hire("sari", RoleName.AGENT)
    melati.hire("vera", RoleName.VIEWER)
    melati.hire("gudang", RoleName.WAREHOUSE)
    yield melati, mawar
    melati.desk.database.dispose()


@pytest.fixture
def shop(two_shops: tuple[Shop, Shop]) -> Shop:
    return two_shops[0]


@pytest.fixture
def talk(shop: Shop) -> int:
    """A conversation that a new customer has just begun; its id."""
    shop.customer_writes(
        "Halo, masih ada?",
        number=f"+62813{shop.written:08d}",
        name=f"Tamu {shop.written}",
        sent_at=now().isoformat(),
    )
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        newest = select(Conversation.id).order_by(Conversation.id.desc()).limit(1)
        return int(session.scalars(newest).one())


def post(client: FlaskClient, address: str, **form: Any) -> Any:
    """Post as htmx does, with the page's CSRF token."""
    token = token_in(client.get("/users/userinfo/").get_data(as_text=True))
    return client.post(
        address,
        data=form,
        headers={"HX-Request": "true", "X-CSRFToken": token},
        content_type="multipart/form-data",
    )


def messages(shop: Shop, talk: int) -> list[Message]:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        found = select(Message).where(Message.conversation_id == talk).order_by(Message.id)
        return list(session.scalars(found))


def conversation(shop: Shop, talk: int) -> Conversation:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return session.get_one(Conversation, talk)


@contextmanager
def counted(shop: Shop) -> Iterator[list[str]]:
    """The statements that run inside the block."""
    seen: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(shop.desk.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(shop.desk.database.engine, "before_cursor_execute", note)


# -- who may -------------------------------------------------------------------------------


def test_nobody_reads_the_inbox_without_signing_in(shop: Shop, talk: int) -> None:
    client = shop.app.test_client()
    assert client.get("/inbox/").status_code == 302
    asked = client.get(f"/inbox/{talk}/thread", headers={"HX-Request": "true"})
    assert asked.status_code == 401
    assert asked.headers["HX-Redirect"].startswith("/login/")


def test_F9_a_viewer_reads_and_writes_nothing(shop: Shop, talk: int) -> None:
    client = shop.client("vera")
    page = client.get(f"/inbox/{talk}/").get_data(as_text=True)
    assert "Halo, masih ada?" in page
    assert "composer-form" not in page
    assert "/close" not in page
    for address in ("reply", "note", "assign", "hand_over", "snooze", "close", "reopen", "read"):
        assert post(client, f"/inbox/{talk}/{address}", text="x").status_code == 403, address
    assert conversation(shop, talk).unread == 1


def test_F9_the_warehouse_has_no_inbox(shop: Shop, talk: int) -> None:
    client = shop.client("gudang")
    assert client.get("/inbox/").status_code == 403
    assert client.get(f"/inbox/{talk}/thread").status_code == 403
    assert "/inbox/" not in client.get("/users/userinfo/").get_data(as_text=True)


def test_F6_another_tenant_sees_nothing(two_shops: tuple[Shop, Shop], talk: int) -> None:
    melati, mawar = two_shops
    client = mawar.client()
    message = messages(melati, talk)[0]
    for address in (f"/inbox/{talk}/", f"/inbox/{talk}/thread", f"/inbox/{talk}/messages"):
        assert client.get(address).status_code == 404, address
    for address in ("reply", "note", "assign", "snooze", "close", "reopen", "read"):
        form = {"text": "x", "until": (now() + timedelta(hours=1)).isoformat()}
        assert post(client, f"/inbox/{talk}/{address}", **form).status_code == 404, address
    assert post(client, f"/inbox/message/{message.id}/retry").status_code == 404
    assert "Halo, masih ada?" not in client.get("/inbox/list").get_data(as_text=True)
    assert "row-" not in client.get(f"/inbox/rows?ids={talk}").get_data(as_text=True)
    assert len(messages(melati, talk)) == 1


def test_a_post_without_the_token_changes_nothing(shop: Shop, talk: int) -> None:
    client = shop.client()
    assert client.post(f"/inbox/{talk}/reply", data={"text": "x"}).status_code == 400
    assert client.get(f"/inbox/{talk}/read").status_code == 405
    assert len(messages(shop, talk)) == 1
    assert conversation(shop, talk).unread == 1


# -- the list --------------------------------------------------------------------------------


def test_the_list_costs_at_most_eight_statements(shop: Shop, talk: int) -> None:
    for number in range(12):
        shop.customer_writes("Halo", number=f"+6285500000{number:03d}", name=f"Orang {number}")
    client = shop.client()
    client.get("/inbox/list")  # the permissions are cached from here on
    with counted(shop) as seen:
        rows = client.get("/inbox/list").get_data(as_text=True)
    assert rows.count("inbox-row ") + rows.count('inbox-row"') >= 12
    assert len(seen) <= 8, seen
    with counted(shop) as seen:
        client.get(f"/inbox/rows?ids={talk}")
    assert len(seen) <= 9, seen


def test_the_list_is_paged_by_key_without_a_gap(shop: Shop) -> None:
    for number in range(8):
        shop.customer_writes("Halo", number=f"+6285600000{number:03d}")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        every = list(session.scalars(select(Conversation)))
        for row in every:
            row.last_at = datetime(2026, 1, 1, tzinfo=UTC)  # all at once: the id decides
            row.state = ConversationState.OPEN
        session.flush()
        seen, after = [], None
        while True:
            page = inbox_list.list_page(session, Wanted(), after, limit=3)
            seen += [row.id for row in page.rows]
            after = page.after and Key.parse(str(page.after))
            if after is None:
                break
        assert seen == sorted((row.id for row in every), reverse=True)
        session.rollback()


def test_a_page_that_was_made_up_is_refused(shop: Shop) -> None:
    answer = shop.client().get("/inbox/list?after=tomorrow")
    assert answer.status_code == 400
    assert shop.client().get("/inbox/rows?ids=1,x").status_code == 400


def test_the_list_is_filtered(shop: Shop, talk: int) -> None:
    sari = shop.members["sari"]
    client = shop.client()
    assert post(client, f"/inbox/{talk}/assign", agent=sari).status_code == 200
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        other = session.scalar(select(Channel.id).where(Channel.id != shop.channel_id)) or 10_000

        def found(**wanted: Any) -> bool:
            page = inbox_list.list_page(session, Wanted(**wanted), limit=500)
            return talk in [row.id for row in page.rows]

        assert found(whose=Whose.MINE, member_id=sari)
        assert not found(whose=Whose.MINE, member_id=shop.members["rina"])
        assert not found(whose=Whose.UNASSIGNED)
        assert found(channel_id=shop.channel_id)
        assert not found(channel_id=other)
        assert not found(shelf=Shelf.CLOSED)
    assert post(client, f"/inbox/{talk}/close").status_code == 200
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        closed = inbox_list.list_page(session, Wanted(shelf=Shelf.CLOSED), limit=500).rows
        assert talk in [row.id for row in closed]
        assert inbox_list.still_listed(session, Wanted(), [talk]) == []


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("lest", True),
        ("LESTARI", True),
        ("0811 2233", True),
        ("+62 811-2233", True),
        ("4455", True),
        ("100%", False),
        ("nobody", False),
        ("9999", False),
    ],
)
def test_names_and_numbers_are_found(shop: Shop, text: str, hits: bool) -> None:
    shop.customer_writes("Halo", number="+6281122334455", name="Wati Lestari")
    found = shop.client().get("/inbox/list", query_string={"q": text}).get_data(as_text=True)
    assert ("Wati Lestari" in found) is hits


# -- the thread --------------------------------------------------------------------------------


def test_opening_costs_few_statements_and_reads_nothing(shop: Shop, talk: int) -> None:
    client = shop.client()
    client.get(f"/inbox/{talk}/thread")
    with counted(shop) as seen:
        thread = client.get(f"/inbox/{talk}/thread").get_data(as_text=True)
    assert "Halo, masih ada?" in thread
    assert 'hx-swap-oob="innerHTML"' in thread
    # messages are two: their ids by the index alone, as a merged customer's timeline needs it
    assert len(seen) <= 19, "\n".join(seen)
    assert conversation(shop, talk).unread == 1  # a GET
    assert post(client, f"/inbox/{talk}/read").status_code == 204
    assert conversation(shop, talk).unread == 0


def test_only_what_is_new_or_changed_is_fetched(shop: Shop, talk: int) -> None:
    client = shop.client()
    first = messages(shop, talk)[0]
    assert client.get(f"/inbox/{talk}/messages?after={first.id}").get_data(as_text=True) == ""
    post(client, f"/inbox/{talk}/note", text="Satu")
    post(client, f"/inbox/{talk}/note", text="Dua")
    ids = [message.id for message in messages(shop, talk)]
    news = client.get(f"/inbox/{talk}/messages?after={ids[1]}&ids={ids[0]}").get_data(as_text=True)
    assert re.findall(r'data-message="(\d+)"', news) == [str(ids[0]), str(ids[2])]


def test_a_long_thread_is_paged(shop: Shop, talk: int) -> None:
    client = shop.client()
    with shop.desk.database.tenant(shop.tenant_id) as session:
        first = session.scalars(select(Message).where(Message.conversation_id == talk)).one()
        for number in range(50):
            session.add(
                Message(
                    conversation_id=talk,
                    channel_id=first.channel_id,
                    contact_id=first.contact_id,
                    direction=Direction.IN,
                    sender=first.sender,
                    body=f"Nomor {number}",
                    state=MessageState.RECEIVED,
                )
            )
    newest = client.get(f"/inbox/{talk}/thread").get_data(as_text=True)
    shown = [int(i) for i in re.findall(r'data-message="(\d+)"', newest)]
    assert len(shown) == 40
    assert f"before={shown[0]}" in newest
    earlier = client.get(f"/inbox/{talk}/messages?before={shown[0]}").get_data(as_text=True)
    assert len(re.findall(r'data-message="', earlier)) == 11
    assert "before=" not in earlier


def test_what_a_customer_wrote_is_never_markup(shop: Shop) -> None:
    shop.customer_writes(
        '<img src=x onerror=alert(1)> http://a.example/"onmouseover=x',
        number="+6281555000111",
        name="<b>Iwan</b>",
    )
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        newest = select(Conversation.id).order_by(Conversation.id.desc()).limit(1)
        talk = session.scalars(newest).one()
    page = shop.client().get(f"/inbox/{talk}/").get_data(as_text=True)
    assert "<img src=x" not in page
    assert "<b>Iwan</b>" not in page
    assert '"onmouseover' not in page
    assert "&lt;img src=x" in page


# -- writing -----------------------------------------------------------------------------------


def test_a_reply_is_queued_and_shown(shop: Shop, talk: int) -> None:
    client = shop.client()
    answer = post(client, f"/inbox/{talk}/reply", text="Masih\r\nada", reply_to="")
    assert answer.status_code == 200
    assert "ticks-queued" in answer.get_data(as_text=True)
    sent = messages(shop, talk)[1]
    assert (sent.body, sent.state, sent.author_id) == (
        "Masih\nada",
        MessageState.QUEUED,
        shop.members["rina"],
    )
    assert conversation(shop, talk).waiting_since is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"text": "  "}, "Write a message first."),
        ({"text": "x" * 5000}, "takes up to 4096 characters"),
        ({"text": "a\x00b"}, "can't be sent"),
        ({"text": "x", "template": "999999"}, "This template is gone"),
        ({"upload": (io.BytesIO(b""), "leer.png")}, "This file is empty"),
        ({"upload": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}, "can't carry application/pdf"),
        ({"upload": (io.BytesIO(SVG), "a.svg", "image/svg+xml")}, "can't carry"),
    ],
)
def test_a_refusal_says_what_to_do(
    shop: Shop, talk: int, form: dict[str, Any], sentence: str
) -> None:
    answer = post(shop.client(), f"/inbox/{talk}/reply", **form)
    assert answer.status_code == 422
    assert sentence in answer.json["message"]
    assert len(messages(shop, talk)) == 1


def test_a_quote_from_another_conversation_is_refused(shop: Shop, talk: int) -> None:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        strange = session.scalar(select(Message.id).where(Message.conversation_id != talk))
    answer = post(shop.client(), f"/inbox/{talk}/reply", text="x", reply_to=strange)
    assert answer.status_code == 422
    assert len(messages(shop, talk)) == 1


def test_a_note_stays_inside(shop: Shop, talk: int) -> None:
    answer = post(shop.client(), f"/inbox/{talk}/note", text="Diskon 10 %")
    assert "bubble-note" in answer.get_data(as_text=True)
    note = messages(shop, talk)[1]
    assert (note.direction, note.kind) == (Direction.INTERNAL, MessageKind.NOTE)
    assert conversation(shop, talk).waiting_since is not None  # the customer still waits
    assert conversation(shop, talk).preview == "Halo, masih ada?"


def test_a_template_needs_its_variables(shop: Shop, talk: int) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        template = Template(name=f"Salam {talk}", body="Halo {contactname}!")
        session.add(template)
        session.flush()
        template_id = template.id
    client = shop.client()
    refused = post(client, f"/inbox/{talk}/reply", template=template_id)
    assert refused.json["message"] == "The template needs a value for {contactname}."
    assert (
        post(
            client, f"/inbox/{talk}/reply", template=template_id, var_contactname="Dewi"
        ).status_code
        == 200
    )
    assert messages(shop, talk)[1].body == "Halo Dewi!"


def test_only_a_failed_message_is_sent_again(shop: Shop, talk: int) -> None:
    client = shop.client()
    post(client, f"/inbox/{talk}/reply", text="Halo")
    sent = messages(shop, talk)[1]
    assert post(client, f"/inbox/message/{sent.id}/retry").status_code == 422
    with shop.desk.database.tenant(shop.tenant_id) as session:
        row = session.get_one(Message, sent.id)
        row.state, row.error_reason = MessageState.FAILED, "Number not in use."
    thread = client.get(f"/inbox/{talk}/thread").get_data(as_text=True)
    assert "Number not in use." in thread
    assert f"/inbox/message/{sent.id}/retry" in thread
    assert post(client, f"/inbox/message/{sent.id}/retry").status_code == 200
    assert messages(shop, talk)[1].state is MessageState.QUEUED


def test_a_person_settles_what_nobody_knows(shop: Shop, talk: int) -> None:
    client = shop.client()
    post(client, f"/inbox/{talk}/reply", text="Halo")
    sent = messages(shop, talk)[1]
    assert post(client, f"/inbox/message/{sent.id}/arrived").status_code == 422  # it is queued
    with shop.desk.database.tenant(shop.tenant_id) as session:
        row = session.get_one(Message, sent.id)
        row.state, row.error_reason = MessageState.UNKNOWN, "The gateway did not answer."
    thread = client.get(f"/inbox/{talk}/thread").get_data(as_text=True)
    assert "press It arrived; if not, send it again" in thread
    assert f"/inbox/message/{sent.id}/retry" in thread
    settled = post(client, f"/inbox/message/{sent.id}/arrived")
    assert settled.status_code == 200
    assert "The gateway did not answer." not in settled.text
    assert messages(shop, talk)[1].state is MessageState.ACCEPTED
    assert post(client, f"/api/v1/message/{sent.id}/arrived").status_code == 409


def cloud_talk(shop: Shop, wrote: datetime) -> int:
    """A conversation on a WhatsApp number whose customer wrote then; its id."""
    with shop.desk.database.tenant(shop.tenant_id) as session:
        number = session.scalar(select(func.count(Channel.id))) or 0
        channel = channels.create_channel(
            session,
            kind="whatsapp_cloud",
            name=f"WhatsApp {number}",
            own_address="+62811000222",
            values={
                "phone_number_id": f"10{number}",
                "waba_id": "222",
                "access_token": "EAAx",
                "app_secret": "s",
                "verify_token": "v",
            },
        )
        receive(
            session,
            channel,
            InboundMessage(
                provider_id=f"wamid.{number}",
                addresses=(Address(IdentityKind.PHONE, f"+6287700000{number:03d}"),),
                kind=MessageKind.TEXT,
                sent_at=wrote,
                text="Halo dari WhatsApp",
                name="Ratna",
            ),
        )
        talk = select(Conversation.id).where(Conversation.channel_id == channel.id)
        return int(session.scalars(talk).one())


def test_B14_outside_the_window_only_an_approved_template_is_offered(shop: Shop) -> None:
    talk = cloud_talk(shop, now() - timedelta(hours=25))
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.add(Template(name=f"Ours {talk}", body="Halo"))
        session.add(
            Template(
                name=f"Approved {talk}", body="Ya", provider_name="ya", state=TemplateState.APPROVED
            )
        )
        session.add(
            Template(
                name=f"Rejected {talk}",
                body="Tidak",
                provider_name="tidak",
                state=TemplateState.REJECTED,
            )
        )
    thread = shop.client().get(f"/inbox/{talk}/thread").get_data(as_text=True)
    assert "More than 24 hours have passed" in thread
    assert f"Approved {talk}" in thread
    assert f"Ours {talk}" not in thread
    offered, _, withheld = thread.partition("composer-withheld")
    assert f"Rejected {talk}" not in offered
    assert f"<b>Rejected {talk}</b> <span>The provider rejected it." in withheld
    answer = post(shop.client(), f"/inbox/{talk}/reply", text="Halo")
    assert answer.status_code == 422
    assert "approved template" in answer.json["message"]
    assert post(shop.client(), f"/inbox/{talk}/note", text="Telepon saja").status_code == 200


def test_inside_the_window_the_time_left_is_shown(shop: Shop) -> None:
    talk = cloud_talk(shop, now() - timedelta(hours=18, minutes=30))
    thread = shop.client().get(f"/inbox/{talk}/thread").get_data(as_text=True)
    assert "5 h left for free text" in thread
    assert "More than 24 hours" not in thread


# -- handling ------------------------------------------------------------------------------------


def test_a_conversation_is_assigned_handed_over_snoozed_closed_reopened(
    shop: Shop, talk: int
) -> None:
    client, sari = shop.client(), shop.members["sari"]
    with shop.desk.database.tenant(shop.tenant_id) as session:
        division = Division(name=f"Sales {talk}")
        session.add(division)
        session.flush()
        division_id = division.id
    answer = post(client, f"/inbox/{talk}/assign", agent=sari)
    assert "inbox-changed" in answer.headers["HX-Trigger"]
    assert conversation(shop, talk).assignee_id == sari
    assert post(client, f"/inbox/{talk}/assign", agent=999_999).status_code == 404
    assert post(client, f"/inbox/{talk}/hand_over", division=division_id).status_code == 200
    row = conversation(shop, talk)
    assert (row.assignee_id, row.division_id) == (None, division_id)
    until = (now() + timedelta(hours=1)).isoformat()
    assert post(client, f"/inbox/{talk}/snooze", until=until).status_code == 200
    assert conversation(shop, talk).state is ConversationState.PENDING
    assert post(client, f"/inbox/{talk}/reopen").status_code == 200
    assert conversation(shop, talk).state is ConversationState.OPEN
    assert post(client, f"/inbox/{talk}/close").status_code == 200
    assert conversation(shop, talk).state is ConversationState.CLOSED


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T09:00:00+00:00"])
def test_a_snooze_needs_a_time_to_come(shop: Shop, talk: int, until: str) -> None:
    answer = post(shop.client(), f"/inbox/{talk}/snooze", until=until)
    assert answer.status_code == 422
    assert "time" in answer.json["message"]


def test_a_snoozed_conversation_comes_back_by_itself(shop: Shop, talk: int) -> None:
    until = now() + timedelta(hours=1)
    post(shop.client(), f"/inbox/{talk}/snooze", until=until.isoformat())
    shop.desk.jobs.run_pending()
    assert conversation(shop, talk).state is ConversationState.PENDING
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.get_one(Conversation, talk).snoozed_until = now() - timedelta(seconds=1)
    shop.desk.jobs.run_pending(until=until + timedelta(minutes=1))
    assert conversation(shop, talk).state is ConversationState.OPEN


def test_only_who_can_answer_can_be_given_a_conversation(shop: Shop, talk: int) -> None:
    thread = shop.client().get(f"/inbox/{talk}/thread").get_data(as_text=True)
    menu = thread[thread.index("Assign to") : thread.index("Bring it back")]
    assert "Sari" in menu
    assert "Gudang" not in menu
    assert "Vera" not in menu


# -- files -----------------------------------------------------------------------------------------


def attach(shop: Shop, talk: int, content: bytes, name: str, mime_type: str) -> str:
    """A stored file on the conversation's first message; its address."""
    with shop.desk.database.tenant(shop.tenant_id) as session:
        message = session.scalars(select(Message).where(Message.conversation_id == talk)).first()
        assert message is not None
        file = Attachment(
            message_id=message.id,
            kind=MessageKind.IMAGE,
            name=name,
            mime_type=mime_type,
            size=len(content),
            sha256=shop.desk.media.put(shop.tenant_id, content),
            state=AttachmentState.STORED,
        )
        session.add(file)
        session.flush()
        return f"/files/{file.uuid}"


def test_a_picture_is_shown_inline_and_kept_by_nobody_else(shop: Shop, talk: int) -> None:
    address = attach(shop, talk, PNG, "kue.png", "text/html")
    answer = shop.client().get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "image/png"  # by its bytes, not by its word
    assert not answer.headers.get("Content-Disposition", "").startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Cookie"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = shop.client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    part = shop.client().get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, PNG[:4])


@pytest.mark.parametrize(
    ("content", "name", "mime_type"),
    [
        (SVG, "a.svg", "image/svg+xml"),
        (b"<!doctype html><script>alert(1)</script>", "a.png", "image/png"),
        (b"%PDF-1.7", "a.pdf", "application/pdf"),
    ],
)
def test_what_could_run_is_downloaded(
    shop: Shop, talk: int, content: bytes, name: str, mime_type: str
) -> None:
    answer = shop.client().get(attach(shop, talk, content, name, mime_type))
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert safe_inline_type(content) is None


def test_F6_a_file_is_its_tenants_alone(two_shops: tuple[Shop, Shop], talk: int) -> None:
    melati, mawar = two_shops
    address = attach(melati, talk, PNG, "kue.png", "image/png")
    assert mawar.client().get(address).status_code == 404
    assert melati.client("gudang").get(address).status_code == 403
    assert melati.app.test_client().get(address).status_code == 302


# -- the phone's doors -----------------------------------------------------------------------------


def test_the_phone_takes_a_message_for_the_secret_alone(shop: Shop) -> None:
    address = f"/simulator/phone/{shop.channel_uuid}"
    sent = {"to": "+6281234567890", "opaque": "o-1", "kind": "text", "text": "Halo"}
    client = shop.app.test_client()
    assert client.post(address, json=sent).status_code == 401
    proof = {"Authorization": f"Bearer {SECRET}"}
    wrong = {"Authorization": "Bearer guess"}
    assert client.post(address, json=sent, headers=wrong).status_code == 401
    nowhere = "/simulator/phone/00000000-0000-0000-0000-000000000000"
    assert client.post(nowhere, json=sent, headers=proof).status_code == 404
    assert client.post(address, data="{", headers=proof).status_code == 400
    first = client.post(address, json=sent, headers=proof)
    assert first.status_code == 200
    again = client.post(address, json=sent, headers=proof)
    assert again.json == first.json  # one message, however often it is sent


def test_F4_a_phone_that_is_switched_off_answers_nobody(two_shops: tuple[Shop, Shop]) -> None:
    _, mawar = two_shops
    client, desk = mawar.client(), mawar.desk
    assert client.get("/simulator/").status_code == 200
    proof = {"Authorization": f"Bearer {SECRET}"}
    address = f"/simulator/phone/{mawar.channel_uuid}"
    with desk.database.tenant(mawar.tenant_id) as session:
        desk.host.switches.disable(session, "simulator")
    try:
        assert client.get("/simulator/").status_code == 404
        answer = mawar.app.test_client().post(address, json={"to": "+62811"}, headers=proof)
        assert answer.status_code == 404
    finally:
        with desk.database.tenant(mawar.tenant_id) as session:
            desk.host.switches.enable(session, "simulator")
