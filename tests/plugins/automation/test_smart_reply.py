"""Smart Reply (B17): when a bot speaks, when it is silent, and that it answers once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.api import Actor, acting_as
from core.config import Settings
from core.events import MessageReceived
from core.inbound import MessageState
from core.models import (
    Contact,
    Conversation,
    ConversationState,
    Membership,
    Message,
    Task,
)
from core.services import assigning, consent, conversations, erase
from core.services.send import send_message
from core.testing.installation import installation
from plugins import BUILTIN
from plugins.automation.smart_reply import hearing, hours, speaking, trying
from plugins.automation.smart_reply.keeping import Draft
from plugins.automation.smart_reply.models import Heard, HeardState, Talk
from plugins.automation.smart_reply.silence import OFTEN
from plugins.automation.smart_reply.tidying import KEPT, tidy
from tests.plugins.automation.conftest import Shop, hire, shop_in
from tests.plugins.automation.replies import answers, codes, division, heard, install, step, steps
from tests.plugins.automation.test_actions import listener


def talk(session: Any) -> Conversation:
    found: Conversation = session.scalars(select(Conversation)).one()
    return found


def as_person(session: Any, member_id: int) -> Any:
    member = session.get_one(Membership, member_id)
    return acting_as(Actor(member.name, user_id=member.user_id))


def test_B17_words_a_menu_and_a_person(lite: Shop) -> None:
    install(lite)
    phone = lite.write("Selamat pagi", name="Dewi")
    lite.write("1", phone)
    lite.write("ada PRICE LIST?", phone)
    lite.write("hargai kami", phone)
    assert answers(lite) == [
        "Halo Dewi!\n\n1. Harga\n2. Admin", "Mulai 50.000", "Mulai 50.000", "Maaf?",
    ]  # fmt: skip
    with lite.house.tenant(write=False) as session:
        conversation = talk(session)
        assert conversation.waiting_since is not None  # a bot's answer is no person's
        assert session.scalars(select(Task.done_at)).all() == [None]


def test_B17_its_handover_goes_to_a_division_and_then_it_is_silent(lite: Shop) -> None:
    install(lite)
    phone = lite.write("Halo")
    lite.write("2", phone)
    lite.write("harga", phone)
    assert answers(lite)[1:] == ["Sebentar ya"]
    assert codes(lite) == ["answered", "answered", "left"]
    assert "Penjualan" in heard(lite)[-1].reason
    with lite.house.tenant(write=False) as session:
        conversation = talk(session)
        assert str(conversation.division) == "Penjualan"


def test_what_is_not_understood_is_said_twice_in_a_row(lite: Shop) -> None:
    install(lite)
    phone = lite.write("Halo")
    for text in ("apa", "kok", "gitu", "harga", "eh"):
        lite.write(text, phone)
    assert answers(lite)[1:] == ["Maaf?", "Maaf?", "Mulai 50.000", "Maaf?"]
    assert codes(lite)[3] == "nothing"


def test_closing_lets_it_begin_anew(lite: Shop) -> None:
    install(lite)
    phone = lite.write("Halo")
    lite.write("selesai", phone)
    with lite.house.tenant(write=False) as session:
        assert talk(session).state is ConversationState.CLOSED
    lite.write("Halo lagi", phone)
    assert [text.partition("!")[0][:4] for text in answers(lite)] == ["Halo", "Samp", "Halo"]


@pytest.mark.parametrize("more", [{"is_echo": True}, {"is_history": True}, {"is_automatic": True}])
def test_B17_echoes_history_and_machines_are_not_answered(
    lite: Shop, more: dict[str, bool]
) -> None:
    install(lite)
    phone = lite.write("Halo", **more)
    assert (answers(lite), heard(lite)) == ([], [])
    lite.write("Halo", phone)
    expected = ["person"] if "is_echo" in more else ["answered"]
    assert codes(lite) == expected


def test_B17_it_stops_when_a_person_answers_until_they_rest_or_close(lite: Shop) -> None:
    install(lite)
    member_id = hire(lite)
    phone = lite.write("Halo")
    with lite.house.tenant() as session:
        author = session.get_one(Membership, member_id)
        said = send_message(session, talk(session), text="Saya bantu", author=author).id
    lite.work()
    lite.write("harga", phone)
    assert codes(lite) == ["answered", "person"]
    with lite.house.tenant() as session:  # half a day goes by
        session.get_one(Message, said).created_at -= timedelta(hours=12)
        session.scalars(select(Talk)).one().since -= timedelta(hours=13)
    lite.write("harga", phone)
    assert codes(lite)[2:] == ["answered"]
    with lite.house.tenant() as session:
        send_message(session, talk(session), text="Ada lagi?", author=session.get_one(
            Membership, member_id))  # fmt: skip
        conversations.close(session, talk(session))
    lite.work()
    lite.write("harga", phone)
    assert codes(lite)[3:] == ["answered"]


def test_B17_it_stops_when_a_person_takes_it_but_not_when_routing_gives_it(lite: Shop) -> None:
    install(lite)
    member_id = hire(lite)
    phone = lite.write("Halo")
    with lite.house.tenant() as session:
        assigning.assign(session, talk(session), session.get_one(Membership, member_id))
    lite.write("harga", phone)
    with lite.house.tenant() as session:
        assigning.assign(session, talk(session), None)
        with as_person(session, member_id):
            assigning.assign(session, talk(session), session.get_one(Membership, member_id))
    lite.write("harga", phone)
    assert codes(lite) == ["answered", "answered", "taken"]


def test_a_rule_that_hands_over_silences_it(lite: Shop) -> None:
    division_id = division(lite)
    install(lite, settings={"steps": steps(division_id)})
    phone = lite.write("Halo")
    lite.rule("message_received", {"action": "hand_over", "values": {"division": str(division_id)}})
    lite.write("komplain", phone)
    lite.write("harga", phone)
    assert codes(lite)[2:] == ["left"]


def test_B17_an_answer_comes_once_however_often_the_work_comes(shop: Shop) -> None:
    install(shop)
    shop.write("Halo")
    (one,) = heard(shop)
    for _time in range(2):
        with shop.house.tenant() as session, shop.house.desk.host.switches.pinned(session):
            message = session.get_one(Message, one.message_id)
            event = MessageReceived(
                message_id=message.id,
                conversation_id=message.conversation_id,
                contact_id=message.contact_id,
                channel_id=message.channel_id,
            )
            assert hearing.hear(session, event) is None
            assert speaking.AnswerCall().claim(session, {"heard_id": one.id}) is None
    shop.work()
    assert len(answers(shop)) == 1


def waiting(shop: Shop) -> tuple[int, speaking.Asked]:
    """A message that the bot is being asked about: claimed, not answered yet."""
    with shop.house.tenant() as session, shop.house.desk.host.switches.pinned(session):
        one = session.scalars(select(Heard)).one()
        one.state, one.answer_id, one.ended_at = HeardState.WAITING, None, None
        session.scalars(select(Talk)).one().answers = 0
        for message in session.scalars(select(Message).where(Message.sender == "bot")):
            session.delete(message)
        session.flush()
        asked = speaking.AnswerCall().claim(session, {"heard_id": one.id})
        assert asked is not None
        return one.id, asked


def test_B17_two_workers_who_thought_about_it_answer_once(lite: Shop) -> None:
    install(lite)
    lite.write("Halo")
    heard_id, asked = waiting(lite)
    call = speaking.AnswerCall()
    for _worker in range(2):
        with lite.house.tenant() as session:
            call.complete(session, {"heard_id": heard_id}, asked, call.call(asked))
    assert len(answers(lite)) == 1


def test_B17_whoever_answers_while_it_thinks_is_faster(lite: Shop) -> None:
    install(lite)
    member_id = hire(lite)
    lite.write("Halo")
    heard_id, asked = waiting(lite)
    with lite.house.tenant() as session:
        author = session.get_one(Membership, member_id)
        send_message(session, talk(session), text="Saya di sini", author=author)
    with lite.house.tenant() as session:
        call = speaking.AnswerCall()
        call.complete(session, {"heard_id": heard_id}, asked, call.call(asked))
    assert (answers(lite), codes(lite)) == ([], ["answered"])
    assert heard(lite)[0].state is HeardState.SILENT


def test_B17_two_bots_that_answer_each_other_come_to_an_end(lite: Shop) -> None:
    install(lite)
    phone = lite.write("Halo")
    for number in range(OFTEN + 3):
        lite.write(f"harga {number}", phone)
    assert len(answers(lite)) == OFTEN
    assert codes(lite)[OFTEN:] == ["loop", "left", "left", "left"]


def test_B17_the_same_sentence_and_our_own_words_are_a_machines(lite: Shop) -> None:
    install(lite)
    phone = lite.write("Kami segera membalas harga Anda")
    lite.write("Kami segera membalas harga Anda", phone)
    lite.write("Kami segera membalas harga Anda", phone)
    assert codes(lite) == ["answered", "answered", "loop"]
    other = lite.write("Halo")
    lite.write(answers(lite)[-1], other)
    assert codes(lite)[-1] == "echo"


def test_who_opted_out_gets_an_answer_and_the_wish_itself_none(lite: Shop) -> None:
    install(lite)
    phone = lite.write("STOP")
    assert codes(lite) == ["wish"]
    with lite.house.tenant(write=False) as session:
        assert not consent.may_automate(session, session.scalars(select(Contact)).one())
    lite.write("harga?", phone)
    assert answers(lite) == ["Mulai 50.000"]


def test_quiet_hours_are_the_businesss_clock(lite: Shop) -> None:
    local = lite.now().astimezone(ZoneInfo("Asia/Jakarta"))
    later = [(local + timedelta(hours=number)).strftime("%H:%M") for number in (2, 3)]
    spans = {"days": range(7), "from": later[0], "to": later[1]}
    install(lite, hours={"mode": "within", **spans})
    phone = lite.write("Halo")
    assert (codes(lite), answers(lite)) == (["hours"], [])
    with lite.house.tenant() as session:
        reply = session.get_one(Heard, heard(lite)[0].id).smart_reply
        reply.hours = {**reply.hours, "mode": "outside"}
    lite.write("Halo", phone)
    assert codes(lite)[1:] == ["answered"]


@pytest.mark.parametrize(
    ("mode", "begin", "end", "at", "is_quiet"),
    [
        ("always", "", "", "2026-05-01T03:00", False),
        ("within", "09:00", "17:00", "2026-05-01T09:00", False),
        ("within", "09:00", "17:00", "2026-05-01T17:00", True),
        ("within", "09:00", "17:00", "2026-05-02T10:00", True),  # a Saturday
        ("outside", "09:00", "17:00", "2026-05-01T10:00", True),
        ("outside", "09:00", "17:00", "2026-05-02T10:00", False),
        ("within", "20:00", "06:00", "2026-05-02T05:59", False),  # Friday's night
        ("within", "20:00", "06:00", "2026-05-03T05:59", True),
        ("within", "20:00", "06:00", "2026-05-01T05:59", True),
    ],
)
def test_hours_on_fridays(mode: str, begin: str, end: str, at: str, is_quiet: bool) -> None:
    kept = hours.checked({"mode": mode, "days": ["4"], "from": begin, "to": end})
    assert hours.is_quiet(kept, datetime.fromisoformat(at)) is is_quiet


def test_what_comes_late_is_a_persons(lite: Shop) -> None:
    install(lite)
    lite.write("Halo", sent_at=lite.now() - timedelta(hours=3))
    assert codes(lite) == ["late"]


def test_switched_off_it_hears_nothing(lite: Shop) -> None:
    install(lite, is_on=False)
    lite.write("Halo")
    assert (heard(lite), answers(lite)) == ([], [])


def test_an_erased_customer_leaves_no_words_behind(lite: Shop) -> None:
    install(lite)
    lite.write("Halo")
    with lite.house.tenant() as session:
        erase.erase_contact(session, session.scalars(select(Contact)).one())
    lite.work()
    with lite.house.tenant(write=False) as session:
        assert session.scalars(select(Talk.memory)).all() == [{}]
    assert [(each.state, each.reason) for each in heard(lite)] == [(HeardState.ANSWERED, "")]


def test_the_phone_beside_the_form_says_what_the_bot_would(lite: Shop) -> None:
    division_id = division(lite)
    draft = Draft(settings={"steps": steps(division_id)})
    said = ["Pagi", "apa?", "2", "halo?"]
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        found = trying.play(session, draft, said)
        draft.settings["steps"][0]["text"] = "{trackingnumber}"
        assert "{trackingnumber}" in trying.missing(session, draft)[0]
    assert [each.answer for each in found[1:]] == ["Maaf?", "Sebentar ya", ""]
    assert found[0].answer.endswith("1. Harga\n2. Admin")
    assert str(found[2].after) == "Handed over to Penjualan"
    assert answers(lite) == []


def test_every_fault_of_the_steps_is_told(lite: Shop) -> None:
    wrong = [
        step("1", "", "words", "", words=" , "),
        step("2", "Sambutan", "menu", "x" * 2001, options=["9"], then="hand_over"),
    ]
    draft = Draft(settings={"steps": wrong})
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        told = trying.missing(session, draft)
    assert len(told) == 8, told


def test_old_claims_go_at_night(lite: Shop) -> None:
    install(lite)
    phone = lite.write("Halo")
    lite.write("harga", phone)
    with lite.house.tenant() as session:
        session.get_one(Heard, heard(lite)[0].id).created_at -= KEPT + timedelta(days=1)
    with lite.house.tenant() as session:
        tidy.spec.run(session, {})  # type: ignore[misc]
    assert len(heard(lite)) == 1


@contextmanager
def clerks(settings: Settings, patch: pytest.MonkeyPatch) -> Iterator[Shop]:
    plugins = (*BUILTIN, "tests.plugins.automation.clerk")
    with installation(settings, plugins) as house, shop_in(house, patch) as shop:
        with house.tenant() as session:
            house.desk.host.switches.enable(session, "clerk")
        yield shop
        house.desk.outbound.close()


def test_B17_a_third_partys_bot_answers_by_a_model(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clerks(sqlite_settings, monkeypatch) as shop, listener(answers=[200]) as (url, asked):
        install(shop, bot="clerk", settings={"url": url})
        phone = shop.write("Halo", name="Dewi")
        shop.write("Apa kabar?", phone)
        assert answers(shop) == ["1: Halo", "2: Apa kabar?"]
        (_key, first), (key, second) = asked
        assert first == {"text": "Halo", "past": [], "name": "Dewi", "seen": 0}
        assert second["past"] == [[False, "Halo"], [True, "1: Halo"]]
        assert key.startswith("sapa-answer-")


def test_B17_a_bot_that_fails_leaves_it_to_a_person(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clerks(sqlite_settings, monkeypatch) as shop, listener(answers=[500]) as (url, asked):
        install(shop, bot="clerk", settings={"url": url})
        shop.write("Halo")
        shop.pass_time(minutes=10)
        shop.pass_time(minutes=20)
        assert (len(asked), answers(shop)) == (3, [])
        (one,) = heard(shop)
        assert one.state is HeardState.FAILED
        assert len({key for key, _body in asked}) == 1
        with shop.house.tenant(write=False) as session:
            assert session.scalars(select(Message.state)).all() == [MessageState.RECEIVED]
