"""Working together in the inbox: mentions, labels, presence, quick replies, reactions, the log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.models import Contact, Conversation, Label, Mention, Message, QuickReply, Tenant
from core.models.base import now
from core.services import inbox_list
from core.services.inbox_list import Key, Sort, Wanted, Whose
from core.services.labels import labels_of
from core.services.mentions import named_in
from core.services.reactions import take_back
from core.services.tenants import RoleName
from core.web.tenant_time import zone_of
from tests.web.installation import Shop, install, open_shop, token_in
from tests.web.test_inbox import conversation, messages, post


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("team")), "melati")
    found.hire("sari", RoleName.AGENT)
    found.hire("vera", RoleName.VIEWER)
    yield found
    found.desk.database.dispose()


@pytest.fixture
def talk(shop: Shop) -> int:
    """A conversation that a new customer has just begun; its id."""
    number = f"+62813{shop.written:08d}"
    shop.customer_writes("Halo, masih ada?", number=number, name=f"Tamu {shop.written}")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        newest = select(Conversation.id).order_by(Conversation.id.desc()).limit(1)
        return int(session.scalars(newest).one())


@contextmanager
def listening(shop: Shop) -> Iterator[Callable[[], list[tuple[str, dict[str, Any]]]]]:
    """What the tenant's pages are told inside the block: call it for what came since."""
    stream = shop.desk.live.open(shop.tenant_id, None)
    assert stream is not None

    def heard() -> list[tuple[str, dict[str, Any]]]:
        found = re.findall(r"event: (.+)\ndata: (.+)\n\n", stream.take(0))
        return [(name, json.loads(data)) for name, data in found]

    yield heard
    shop.desk.live.release(stream)


# -- calling a colleague ------------------------------------------------------------


class Person:
    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@Ana Maria, lihat", ["Ana Maria"]),
        ("@ana: dan @ANA MARIA", ["Ana", "Ana Maria"]),
        ("tulis ke budi@ana.ro", []),
        ("@Anabel", []),
        ("(@Ana)", ["Ana"]),
    ],
)
def test_a_name_is_read_whole(text: str, called: list[str]) -> None:
    people: Any = [Person("Ana"), Person("Ana Maria")]
    assert [person.name for person in named_in(text, people)] == called


def test_a_note_calls_a_colleague_until_they_look(shop: Shop, talk: int) -> None:
    with listening(shop) as heard:
        post(shop.client(), f"/inbox/{talk}/note", text="@Sari bisa bantu? @Rina")
        told = heard()
    sari = shop.members["sari"]
    called = [data["member"] for name, data in told if name == "mention"]
    assert called == [sari]  # the author isn't
    counts = shop.client("sari").get("/inbox/counts").json
    assert counts["mentions"] == 1
    listed = shop.client("sari").get("/inbox/list?whose=mentions").get_data(as_text=True)
    assert f'id="row-{talk}"' in listed
    assert f'id="row-{talk}"' not in shop.client().get("/inbox/list?whose=mentions").text
    assert '<b class="bubble-mention">@Sari</b>' in shop.client().get(f"/inbox/{talk}/").text
    post(shop.client("sari"), f"/inbox/{talk}/read")
    assert shop.client("sari").get("/inbox/counts").json["mentions"] == 0
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(Mention).where(Mention.member_id == sari)).one().seen_at


def test_an_answer_to_the_customer_calls_nobody(shop: Shop, talk: int) -> None:
    before = shop.client("sari").get("/inbox/counts").json["mentions"]
    post(shop.client(), f"/inbox/{talk}/reply", text="@Sari yang kirim ya")
    assert shop.client("sari").get("/inbox/counts").json["mentions"] == before


# -- labels ------------------------------------------------------------


def worn(shop: Shop, talk: int) -> list[str]:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        contact = session.get_one(Contact, session.get_one(Conversation, talk).contact_id)
        return [label.name for label in labels_of(session, [contact])[contact.id]]


def test_a_label_is_put_on_made_and_taken_off_in_place(shop: Shop, talk: int) -> None:
    client = shop.client("sari")
    made = post(client, f"/inbox/{talk}/label", name="  Grosir ")
    assert made.status_code == 200
    assert "Grosir" in made.text
    assert "inbox-changed" in made.headers["HX-Trigger"]
    post(client, f"/inbox/{talk}/label", name="GROSIR")
    assert worn(shop, talk) == ["Grosir"]
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        label = session.scalars(select(Label).where(Label.name == "Grosir")).one()
        assert session.scalars(select(Label).where(Label.name == "GROSIR")).first() is None
    listed = client.get(f"/inbox/list?label={label.id}").text
    assert f'id="row-{talk}"' in listed
    assert listed.count('id="row-') == 1
    post(client, f"/inbox/{talk}/unlabel", label=label.id)
    assert worn(shop, talk) == []
    assert post(client, f"/inbox/{talk}/label", name="x" * 41).status_code == 422
    assert post(client, f"/inbox/{talk}/label", label=99_999).status_code == 404
    assert post(shop.client("vera"), f"/inbox/{talk}/label", name="X").status_code == 403


# -- order and filters ------------------------------------------------------------


def test_who_waits_longest_stands_first(shop: Shop, talk: int) -> None:
    shop.customer_writes("Saya juga", number="+6281777000001")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.get_one(Conversation, talk).waiting_since = now() - timedelta(days=3)
        session.flush()
        wanted = Wanted(sort=Sort.WAITING)
        seen, after = [], None
        while True:
            page = inbox_list.list_page(session, wanted, after, limit=2)
            seen += page.rows
            after = page.after and Key.parse(str(page.after))
            if after is None:
                break
        assert seen[0].id == talk
        assert [row.waiting_since for row in seen] == sorted(
            row.waiting_since for row in seen if row.waiting_since
        )
        ranks = [inbox_list.rank_of(row, Sort.WAITING) for row in seen]
        assert ranks == sorted(ranks, reverse=True)
    post(shop.client(), f"/inbox/{talk}/reply", text="Ini")
    assert f'id="row-{talk}"' not in shop.client().get("/inbox/list?sort=waiting").text


def test_filters_of_the_address_stand_in_the_page(shop: Shop, talk: int) -> None:
    page = shop.client().get(f"/inbox/?whose=mine&sort=waiting&channel={shop.channel_id}").text
    assert 'value="mine" checked' in page
    assert 'name="sort" value="waiting"' in page
    assert "checked>" in page
    assert f'<option value="{shop.channel_id}" selected>' in page
    nonsense = shop.client().get("/inbox/?whose=x&sort=y&shelf=z&channel=a&label=-1&division=9")
    assert nonsense.status_code == 200
    assert Whose.ALL.value == "all"


# -- what happened ------------------------------------------------------------


def test_what_was_done_stands_between_the_messages(shop: Shop, talk: int) -> None:
    client = shop.client()
    post(client, f"/inbox/{talk}/assign", agent=shop.members["sari"])
    post(client, f"/inbox/{talk}/close")
    post(client, f"/inbox/{talk}/reopen")
    post(client, f"/inbox/{talk}/snooze", until=(now() + timedelta(hours=2)).isoformat())
    thread = client.get(f"/inbox/{talk}/thread").text
    order = [
        "Halo, masih ada?",
        "gave this to Sari",
        "closed this",
        "opened this again",
        "snoozed this until",
    ]
    places = [thread.index(words) for words in order]
    assert places == sorted(places)
    last = messages(shop, talk)[-1].id
    news = client.get(f"/inbox/{talk}/messages?after={last}").text
    assert "gave this to Sari" in news


def test_a_conversation_that_comes_back_by_itself_says_nothing(shop: Shop, talk: int) -> None:
    post(shop.client(), f"/inbox/{talk}/close")
    number = f"+62813{shop.written - 1:08d}"
    shop.customer_writes("Satu lagi", number=number)
    thread = shop.client().get(f"/inbox/{talk}/thread").text
    assert "Satu lagi" in thread
    assert "opened this again" not in thread


def test_a_custom_snooze_is_on_the_tenants_clock(shop: Shop, talk: int) -> None:
    answer = post(shop.client(), f"/inbox/{talk}/snooze", until="2031-03-01T09:00")
    assert answer.status_code == 200
    until = conversation(shop, talk).snoozed_until
    assert until is not None
    with shop.desk.database.system(write=False) as system:
        zone = zone_of(system.get_one(Tenant, shop.tenant_id))
    assert until.astimezone(zone).isoformat()[:16] == "2031-03-01T09:00"
    for wrong in ("2001-01-01T09:00", "soon", ""):
        refused = post(shop.client(), f"/inbox/{talk}/snooze", until=wrong)
        assert refused.status_code == 422
        assert refused.json["message"]


# -- presence ------------------------------------------------------------


def test_presence_is_told_and_kept_nowhere(shop: Shop, talk: int) -> None:
    rina = shop.members["rina"]
    with listening(shop) as heard:
        assert post(shop.client(), f"/inbox/{talk}/presence", doing="typing").status_code == 204
        ((name, data),) = heard()
        assert data.pop("channel") > 0
        assert (name, data) == (
            "presence",
            {"conversation": talk, "member": rina, "doing": "typing"},
        )
        assert post(shop.client(), f"/inbox/{talk}/presence", doing="x").status_code == 400
        assert post(shop.client(), "/inbox/99999/presence", doing="here").status_code == 404
        assert heard() == []


# -- quick replies ------------------------------------------------------------


def test_quick_replies_are_kept_checked_and_offered(shop: Shop, talk: int) -> None:
    client = shop.client()
    form = {"shortcut": "/Makasih", "text": "Terima kasih, {contactname}! — {username}"}
    assert post(client, "/quickreplyview/add", **form).status_code == 302
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert session.scalars(select(QuickReply)).one().shortcut == "makasih"
    offered = shop.client("sari").get("/inbox/quick_replies").json
    assert offered == [{"shortcut": "makasih", "text": form["text"]}]
    refused = post(client, "/quickreplyview/add", shortcut="ongkir", text="{resi}")
    assert "Nothing fills {resi}" in refused.text
    refused = post(client, "/quickreplyview/add", shortcut="dua kata", text="x")
    assert "without spaces" in refused.text
    assert post(shop.client("sari"), "/quickreplyview/add", **form).status_code in (302, 403)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        assert len(session.scalars(select(QuickReply)).all()) == 1
    thread = client.get(f"/inbox/{talk}/thread").text
    assert "&#34;contactname&#34;: &#34;Tamu" in thread


# -- reactions ------------------------------------------------------------


def reactions(shop: Shop, message_id: int) -> dict[str, str]:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return session.get_one(Message, message_id).reactions


def test_a_reaction_is_shown_sent_and_taken_back(shop: Shop, talk: int) -> None:
    client, message = shop.client(), messages(shop, talk)[0]
    answer = post(client, f"/inbox/message/{message.id}/react", emoji="👍")
    assert answer.status_code == 200
    assert "👍" in answer.text
    assert reactions(shop, message.id) == {"us": "👍"}
    post(client, f"/inbox/message/{message.id}/react", emoji="👍")
    assert reactions(shop, message.id) == {}
    assert len(messages(shop, talk)) == 1  # a reaction is no message
    for wrong in ("stop", "x" * 30):
        assert post(client, f"/inbox/message/{message.id}/react", emoji=wrong).status_code == 422
    vera = post(shop.client("vera"), f"/inbox/message/{message.id}/react", emoji="👍")
    assert vera.status_code == 403


def test_a_reaction_that_the_phone_refuses_is_taken_back(shop: Shop, talk: int) -> None:
    message = messages(shop, talk)[0]
    post(shop.client(), f"/inbox/message/{message.id}/react", emoji="🎉")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        take_back(session, {"message_id": message.id, "emoji": "❤️"})  # superseded: stays
        assert session.get_one(Message, message.id).reactions == {"us": "🎉"}
        take_back(session, {"message_id": message.id, "emoji": "🎉"})
    assert reactions(shop, message.id) == {}


# -- over REST -------------------------------------------------------------------------------


def test_F1_a_program_snoozes_notes_labels_and_reacts(shop: Shop, talk: int) -> None:
    client = shop.client()
    headers = {"X-CSRFToken": token_in(client.get("/users/userinfo/").text)}
    until = (now() + timedelta(hours=3)).isoformat()

    def ask(path: str, **body: Any) -> tuple[int, Any]:
        answer = client.post(f"/api/v1/{path}", json=body, headers=headers)
        return answer.status_code, answer.json

    assert ask(f"conversation/{talk}/snooze", until=until)[0] == 200
    assert conversation(shop, talk).snoozed_until is not None
    assert ask(f"conversation/{talk}/snooze", until="2001-01-01T00:00:00Z")[0] == 422
    assert ask(f"conversation/{talk}/snooze", until="2031-01-01T00:00:00")[0] == 422
    assert ask(f"conversation/{talk}/note", text="dari program")[0] == 201
    assert messages(shop, talk)[-1].body == "dari program"
    assert ask(f"conversation/{talk}/note", text=" ")[0] == 422
    assert ask(f"conversation/{talk}/label", name="Reseller")[0] == 200
    assert worn(shop, talk) == ["Reseller"]
    assert ask(f"conversation/{talk}/label", name="")[0] == 422
    assert ask(f"conversation/{talk}/unlabel", name="reseller")[0] == 200
    assert worn(shop, talk) == []
    assert ask(f"conversation/{talk}/unlabel", name="none such")[0] == 404
    first = messages(shop, talk)[0].id
    assert ask(f"message/{first}/react", emoji="👍")[0] == 202
    assert reactions(shop, first) == {"us": "👍"}
    assert ask("message/99999/react", emoji="👍")[0] == 404
