"""Messenger and Instagram in the desk: names, files, receipts of many, the window, the walls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.config import Settings
from core.errors import Refused
from core.inbound import IdentityKind, MessageKind, MessageState
from core.models import (
    Attachment,
    AttachmentState,
    Card,
    ChannelCount,
    Contact,
    Conversation,
    ConversationState,
    Customer,
    Identity,
    Job,
    Message,
    Sender,
    Task,
)
from core.models.base import now
from core.services.send import Upload, send_message
from core.testing.installation import Installation, installation
from core.testing.prepared import prepared
from core.testing.providers.base import Answer, Call
from core.testing.providers.messenger_bodies import PlatformBodies, file, milliseconds
from plugins import BUILTIN
from tests.channels.meta_line import PlatformLine, platform_line

ANI = "7001000200030004"
JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from core.web.app import create_app

    settings = Settings(home=tmp_path_factory.mktemp("meta"), private_hosts=("127.0.0.1",))
    prepared(settings, BUILTIN)
    app = create_app(settings, BUILTIN)
    yield settings, app
    app.extensions["sapa"].database.dispose()


@pytest.fixture
def house(place: Any) -> Iterator[Installation]:
    settings, app = place
    prepared(settings, BUILTIN)
    with installation(settings, BUILTIN, app=app) as made:
        yield made


@pytest.fixture(params=["messenger", "instagram"])
def line(request: pytest.FixtureRequest, house: Installation) -> Iterator[PlatformLine]:
    with platform_line(house, request.param) as connected:
        yield connected


@pytest.fixture
def page(house: Installation) -> Iterator[PlatformLine]:
    with platform_line(house, "messenger") as connected:
        yield connected


def rows(house: Installation, noun: type[Any], *where: Any) -> list[Any]:
    with house.tenant(write=False) as session:
        found = list(session.scalars(select(noun).where(*where).order_by(noun.id)))
        for row in found:
            session.expunge(row)
        return found


def answer(line: PlatformLine, text: str, sender: Sender = Sender.AGENT) -> int:
    """The id of an answer that is sent."""
    with line.house.tenant() as session:
        talk = session.scalars(select(Conversation)).one()
        return send_message(session, talk, text=text, sender=sender).id


def states(line: PlatformLine) -> list[MessageState]:
    return [
        message.state
        for message in rows(line.house, Message)
        if message.state is not MessageState.RECEIVED
    ]


def hurry(line: PlatformLine) -> None:
    """Look now at the watermark that waits to be looked at again."""
    with line.house.desk.database.system() as session:
        waits = (Job.actor == "core.look_at_watermark", Job.due_at > now())
        assert session.execute(update(Job).where(*waits).values(due_at=now())).rowcount == 1
    line.house.work()


def wrote(line: PlatformLine, ago: timedelta) -> None:
    """Their last message came so long ago."""
    with line.house.tenant() as session:
        until = now() - ago + timedelta(hours=24)
        session.execute(update(Conversation).values(window_until=until))


# who wrote


@pytest.mark.parametrize("people", [1, 6])  # one by one, and in a run
def test_the_name_is_asked_for_once_and_shown(house: Installation, people: int) -> None:
    with platform_line(house, "messenger") as line:
        ids = [f"{int(ANI) + n}" for n in range(people)]
        line.meta.names = {each: {"name": f"Ani {n}"} for n, each in enumerate(ids)}
        line.deliver(*(line.meta.bodies.text(each, "Halo") for each in ids))
        expected = [f"Ani {n}" for n in range(people)]
        assert [contact.name for contact in rows(house, Contact)] == expected
        assert [customer.name for customer in rows(house, Customer)] == expected
        assert [task.title for task in rows(house, Task)] == expected
        assert {identity.kind for identity in rows(house, Identity)} == {IdentityKind.PSID}
        line.deliver(line.meta.bodies.text(ids[0], "Lagi"))
        assert len([call for call in line.meta.calls if call.method == "GET"]) == people


@pytest.mark.parametrize("people", [1, 6])  # one by one, and in a run
def test_a_name_that_an_outage_hid_is_asked_for_when_they_come_back(
    house: Installation, people: int
) -> None:
    with platform_line(house, "messenger") as line:
        ids = [f"{int(ANI) + n}" for n in range(people)]
        line.deliver(*(line.meta.bodies.text(each, "Halo") for each in ids))
        line.deliver(*(line.meta.bodies.text(each, "Masih ada?") for each in ids))
        assert [contact.name for contact in rows(house, Contact)] == [""] * people
        asked = len([call for call in line.meta.calls if call.method == "GET"])
        assert asked == people  # the talk goes on: not once for each message
        line.meta.names = {each: {"name": f"Ani\x00 {n}"} for n, each in enumerate(ids)}
        with house.tenant() as session:
            session.execute(update(Conversation).values(state=ConversationState.CLOSED))
        line.deliver(*(line.meta.bodies.text(each, "Lagi") for each in ids))
        assert [contact.name for contact in rows(house, Contact)] == [
            f"Ani {n}" for n in range(people)
        ]
        line.deliver(*(line.meta.bodies.text(each, "Lagi") for each in ids))
        assert len([call for call in line.meta.calls if call.method == "GET"]) == 2 * people


def test_a_name_that_can_not_be_had_is_left_out(page: PlatformLine) -> None:
    page.deliver(page.meta.bodies.text(ANI, "Halo"))
    (contact,) = rows(page.house, Contact)
    assert contact.name == ""
    assert [message.body for message in rows(page.house, Message)] == ["Halo"]


def test_a_busy_meta_is_asked_for_the_name_again(page: PlatformLine) -> None:
    page.meta.names[ANI] = {"name": "Ani"}
    page.meta.fail_next(status=503, only=ANI)
    page.deliver(page.meta.bodies.text(ANI, "Halo"))
    assert rows(page.house, Contact)[0].name == ""
    with page.house.desk.database.system() as session:
        session.execute(update(Job).values(due_at=now()))
    page.house.work()
    assert rows(page.house, Contact)[0].name == "Ani"


def test_a_person_s_name_is_kept(page: PlatformLine) -> None:
    page.meta.names[ANI] = {"name": "Ani"}
    assert page.post(page.meta.bodies.body(page.meta.bodies.text(ANI, "Halo"))) == 200
    page.meta.fail_next(status=503, only=ANI)
    page.house.work()
    with page.house.tenant() as session:
        session.scalars(select(Contact)).one().name = "Bu Ani"
    with page.house.desk.database.system() as session:
        session.execute(update(Job).values(due_at=now()))
    page.house.work()
    assert rows(page.house, Contact)[0].name == "Bu Ani"


def test_the_same_person_on_another_page_is_another(house: Installation) -> None:
    other = PlatformBodies("104857600000002")
    with (
        platform_line(house, "messenger") as first,
        platform_line(house, "messenger", name="Second", bodies=other) as second,
    ):
        first.deliver(first.meta.bodies.text(ANI, "Halo"))
        second.deliver(second.meta.bodies.text(ANI, "Halo"))
        assert [row.scope for row in rows(house, Identity)] == [
            first.channel_id,
            second.channel_id,
        ]
        assert len(rows(house, Contact)) == 2


# files


def test_files_are_fetched_at_once_and_sent_before_their_text(line: PlatformLine) -> None:
    house, meta = line.house, line.meta
    url = meta.keep_file(JPEG, "image/jpeg", "a.jpg")
    line.deliver(meta.bodies.files(ANI, file("image", url), file("image", url + "&x=old")))
    kept = rows(house, Attachment)
    assert [(each.state, each.size) for each in kept] == [(AttachmentState.STORED, len(JPEG))] * 2
    with house.tenant() as session:
        talk = session.scalars(select(Conversation)).one()
        upload = Upload("b.jpg", "image/jpeg", JPEG)
        send_message(session, talk, text="Ini fotonya", upload=upload)
        with pytest.raises(Refused):
            send_message(session, talk, text="x" * 5000, upload=upload)
    house.work()
    first, second = meta.sent
    assert list(first.message["attachment"]["payload"]) == ["attachment_id"]
    assert second.text == "Ini fotonya"
    assert [m.kind for m in rows(house, Message)[1:]] == [MessageKind.IMAGE, MessageKind.TEXT]


def test_an_address_elsewhere_is_not_called(page: PlatformLine) -> None:
    page.deliver(page.meta.bodies.files(ANI, file("image", "http://169.254.169.254/latest")))
    (kept,) = rows(page.house, Attachment)
    assert kept.state is AttachmentState.FAILED
    assert "169.254.169.254 is not a host" in kept.reason


# receipts


def test_a_watermark_moves_everything_before_it(page: PlatformLine) -> None:
    bodies = page.meta.bodies
    page.deliver(bodies.text(ANI, "Halo"))
    for text in ("Satu", "Dua"):
        answer(page, text)
    page.house.work()
    until = milliseconds() + 1
    page.deliver(bodies.delivered(ANI, watermark=until))
    assert states(page) == [MessageState.DELIVERED] * 2
    answer(page, "Tiga")
    page.house.work()
    page.deliver(bodies.read(ANI, watermark=until))
    assert states(page) == [MessageState.READ, MessageState.READ, MessageState.ACCEPTED]


def test_instagram_reads_up_to_a_message(house: Installation) -> None:
    with platform_line(house, "instagram") as line:
        bodies = line.meta.bodies
        line.deliver(bodies.text(ANI, "Halo"))
        for text in ("Satu", "Dua", "Tiga"):
            answer(line, text)
        house.work()
        line.deliver(bodies.read(ANI, mid=line.meta.sent[1].mid))
        assert states(line) == [MessageState.READ, MessageState.READ, MessageState.ACCEPTED]


def test_a_watermark_of_another_is_not_theirs(page: PlatformLine) -> None:
    bodies, budi = page.meta.bodies, f"{int(ANI) + 1}"
    page.deliver(bodies.text(ANI, "Halo"))
    answer(page, "Satu")
    page.house.work()
    page.deliver(bodies.text(budi, "Hai"), bodies.read(budi, watermark=milliseconds() + 60_000))
    page.deliver(bodies.read("999", watermark=milliseconds()))
    assert states(page) == [MessageState.ACCEPTED]


def test_a_watermark_before_the_answer_is_looked_at_again(page: PlatformLine) -> None:
    bodies = page.meta.bodies
    page.deliver(bodies.text(ANI, "Halo"))
    sent = answer(page, "Satu")
    with page.house.tenant() as session:  # the call is out, its answer on the way
        message = session.get_one(Message, sent)
        message.state = MessageState.SENDING
    assert page.post(bodies.body(bodies.read(ANI, watermark=milliseconds() + 1))) == 200
    with page.house.desk.database.system() as session:
        session.execute(
            update(Job).where(Job.actor == "core.send").values(due_at=now() + timedelta(1))
        )
    page.house.work()
    assert states(page) == [MessageState.SENDING]
    hurry(page)  # still on its way, and the mark is young
    with page.house.tenant() as session:
        session.get_one(Message, sent).state = MessageState.ACCEPTED
    hurry(page)
    assert states(page) == [MessageState.READ]


def test_a_mark_that_is_old_is_given_up(page: PlatformLine) -> None:
    bodies = page.meta.bodies
    page.deliver(bodies.text(ANI, "Halo"))
    sent = answer(page, "Satu")
    page.house.work()
    with page.house.tenant() as session:
        message = session.get_one(Message, sent)
        message.state, message.sent_at = MessageState.UNKNOWN, now() - timedelta(hours=1)
    mark = milliseconds() - 11 * 60_000
    page.deliver({**bodies.read(ANI, watermark=mark), "timestamp": mark})
    hurry(page)
    with page.house.desk.database.system() as session:
        waiting = select(Job).where(Job.actor == "core.look_at_watermark", Job.due_at > now())
        assert session.scalars(waiting).all() == []


def test_a_message_that_waited_was_not_read_before_it_left(page: PlatformLine) -> None:
    bodies = page.meta.bodies
    page.deliver(bodies.text(ANI, "Halo"))
    sent = answer(page, "Satu")
    written = rows(page.house, Message, Message.id == sent)[0].created_at
    with page.house.tenant() as session:
        early = written - timedelta(minutes=5)
        session.execute(update(Message).where(Message.id == sent).values(sent_at=early))
    page.house.work()
    page.deliver(bodies.read(ANI, watermark=milliseconds() - 60_000))
    assert states(page) == [MessageState.ACCEPTED]


def test_a_mark_from_before_a_film_left_is_not_the_film_s(page: PlatformLine) -> None:
    page.deliver(page.meta.bodies.text(ANI, "Halo"))
    with page.house.tenant() as session:
        talk = session.scalars(select(Conversation)).one()
        send_message(session, talk, upload=Upload("b.mp4", "video/mp4", b"\0\0\0\x18ftypmp42"))
    marks: list[int] = []
    take = page.meta.answer

    def noting(call: Call) -> Answer:
        told = take(call)
        if call.path.endswith("message_attachments"):
            marks.append(milliseconds())  # they look at the screen while the film goes up
        return told

    page.meta.answer = noting  # type: ignore[method-assign]
    page.house.work()
    page.deliver(page.meta.bodies.read(ANI, watermark=marks[0]))
    assert states(page) == [MessageState.ACCEPTED]
    page.deliver(page.meta.bodies.read(ANI, watermark=milliseconds() + 1))
    assert states(page) == [MessageState.READ]


def test_a_mark_at_a_message_that_has_no_id_yet_is_looked_for_again(house: Installation) -> None:
    with platform_line(house, "instagram") as line:
        line.deliver(line.meta.bodies.text(ANI, "Halo"))
        sent = answer(line, "Satu")
        house.work()
        (taken,) = line.meta.sent
        with house.tenant() as session:  # its answer is on the way
            session.get_one(Message, sent).provider_id = None
        line.deliver(line.meta.bodies.read(ANI, mid=taken.mid))
        assert states(line) == [MessageState.ACCEPTED]
        with house.tenant() as session:
            session.get_one(Message, sent).provider_id = taken.mid
        hurry(line)
        assert states(line) == [MessageState.READ]


def test_an_echo_with_our_id_folds_into_our_message(house: Installation) -> None:
    with platform_line(house, "messenger") as line:
        line.deliver(line.meta.bodies.text(ANI, "Halo"))
        sent = answer(line, "Siap")
        line.meta.drop_next(is_processed=True, only="/messages")
        house.work()
        assert states(line) == [MessageState.UNKNOWN]
        (taken,) = line.meta.sent
        line.deliver(line.meta.bodies.echo(ANI, "Siap", mid=taken.mid, metadata=taken.opaque))
        found = rows(house, Message, Message.id == sent)[0]
        assert (found.state, found.provider_id) == (MessageState.SENT, taken.mid)
        assert len(rows(house, Message)) == 2


# the window


def test_a_person_may_answer_for_seven_days_and_a_machine_for_one(line: PlatformLine) -> None:
    line.deliver(line.meta.bodies.text(ANI, "Halo"))
    line.meta.closed_windows.add(ANI)
    wrote(line, timedelta(days=2))
    answer(line, "Maaf, baru sempat")
    line.house.work()
    assert line.meta.sent[0].payload["tag"] == "HUMAN_AGENT"
    for sender in (Sender.AUTOMATION, Sender.BOT, Sender.API):
        with pytest.raises(Refused, match="only a person may still answer"):
            answer(line, "Promo", sender)
    wrote(line, timedelta(days=7, minutes=1))
    with pytest.raises(Refused, match="More than 7 days have passed"):
        answer(line, "Masih perlu?")
    assert len(line.meta.sent) == 1


def test_one_that_waited_past_the_window_says_so(page: PlatformLine) -> None:
    page.deliver(page.meta.bodies.text(ANI, "Halo"))
    sent = answer(page, "Siap")
    wrote(page, timedelta(days=8))
    page.house.work()
    found = rows(page.house, Message, Message.id == sent)[0]
    assert (found.state, found.error_class) == (MessageState.FAILED, "template")
    assert page.meta.sent == []


def test_what_meta_itself_finds_shut_is_told(page: PlatformLine) -> None:
    page.deliver(page.meta.bodies.text(ANI, "Halo"))
    page.meta.closed_windows.add(ANI)
    sent = answer(page, "Siap")
    page.house.work()
    found = rows(page.house, Message, Message.id == sent)[0]
    assert (found.state, found.error_class, found.error_code) == (
        MessageState.FAILED,
        "template",
        "10",
    )


# the walls


def test_F6_a_body_for_another_page_writes_nothing_there(house: Installation) -> None:
    """One app serves the pages of two tenants: its signature is the same for both."""
    theirs = PlatformBodies("104857600000009")
    neighbour = house.add_tenant("warung")
    with (
        platform_line(house, "messenger") as ours,
        platform_line(neighbour, "messenger", bodies=theirs) as other,
    ):
        assert ours.post(theirs.body(theirs.text(ANI, "Rahasia"))) == 200
        mixed = ours.meta.bodies.body(ours.meta.bodies.text(ANI, "Halo"))
        mixed["entry"] += theirs.body(theirs.text(ANI, "Rahasia"))["entry"]
        assert ours.post(mixed) == 200
        house.work()
        assert [message.body for message in rows(house, Message)] == ["Halo"]
        assert rows(neighbour, Message) == rows(neighbour, Contact) == []
        assert {c.what: c.count for c in rows(house, ChannelCount)} == {"other_account": 2}
        assert other.post(ours.meta.bodies.body()) == 200


def test_a_card_is_named_after_who_it_is_about(house: Installation) -> None:
    with house.cloud() as cloud, house.tenant() as session:
        module_id = cloud.channel(session).module_id
    with platform_line(house, "messenger", module_id=module_id) as line:
        line.meta.names[ANI] = {"name": "Ani Wijaya"}
        line.deliver(line.meta.bodies.text(ANI, "Halo"))
        assert [card.title for card in rows(house, Card)] == ["Ani Wijaya"]
