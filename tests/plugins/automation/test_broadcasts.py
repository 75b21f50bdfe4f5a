"""One message to many people: once each, to nobody who opted out, through crashes and pauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from core.config import Settings
from core.errors import Refused
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind, MessageState
from core.models import (
    Channel,
    Contact,
    Customer,
    Identity,
    Job,
    Label,
    LabelOnContact,
    Message,
    Sender,
    Template,
)
from core.models.base import now
from core.services import consent, labels
from core.services.customers import create_customer
from core.services.receive import receive
from core.services.states import move
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation, installation
from core.testing.providers import whatsapp_cloud_rules as rules
from plugins import BUILTIN
from plugins.automation.broadcasts import handling, pacing, progress, saved, sending
from plugins.automation.broadcasts.models import (
    Broadcast,
    BroadcastState,
    LeftOut,
    Recipient,
    RecipientState,
)

_numbers = count(1)
SENDS = "automation.send_broadcast"


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    with installation(settings, BUILTIN) as built:
        with built.tenant() as session:
            built.desk.host.switches.enable(session, "automation")
        yield built


@pytest.fixture
def line(house: Installation) -> Iterator[CloudLine]:
    with house.cloud() as connected:
        connected.meta.templates.append(rules.Template("promo", "en", variables=1))
        yield connected


@pytest.fixture
def template_id(house: Installation, line: CloudLine) -> int:
    with house.tenant() as session:
        template = Template(
            name="Promo",
            body="Hi {contactname}",
            variables=["contactname"],
            provider_name="promo",
            channel_id=line.channel_id,
        )
        session.add(template)
        session.flush()
        return template.id


def person(session: TenantSession, name: str, phone: str = "") -> Contact:
    number = phone or f"+62812{next(_numbers):07}"
    return create_customer(session, name=name, phone=number).contacts[0]


def merge(session: TenantSession, *contacts: Contact) -> Customer:
    group = Customer(name=contacts[0].name, is_group=True)
    session.add(group)
    session.flush()
    for contact in contacts:
        contact.home.successor_id = group.id
        contact.customer_id = group.id
    session.flush()
    session.expire_all()
    return group


def write(house: Installation, template_id: int, **wanted: Any) -> int:
    """A broadcast whose audience is worked out."""
    with house.tenant() as session:
        content = wanted.pop("content", None)
        values = {"name": "Promo", "template": template_id, "per_minute": 60_000, **wanted}
        made = handling.create(session, values, content).id
    house.work()
    return made


def do(house: Installation, pk: int, work: Callable[[TenantSession, Broadcast], Any]) -> Any:
    with house.tenant() as session:
        return work(session, handling.get(session, pk))


def send_all(house: Installation, until: timedelta = timedelta(minutes=5)) -> None:
    house.desk.jobs.run_pending(until=now() + until)


def seen(house: Installation, pk: int) -> progress.Progress:
    with house.tenant(write=False) as session:
        return progress.progress_of(session, handling.get(session, pk))


def state(house: Installation, pk: int) -> BroadcastState:
    with house.tenant(write=False) as session:
        return handling.get(session, pk).state


def hear(house: Installation, line: CloudLine, number: str) -> None:
    """Somebody writes just now."""
    item = InboundMessage(
        provider_id=f"in.{next(_numbers)}",
        kind=MessageKind.TEXT,
        addresses=(Address(IdentityKind.PHONE, f"+{number}"),),
        text="Halo",
        sent_at=now(),
    )
    with house.tenant() as session:
        receive(session, line.channel(session), item)
    house.work()


def texts(line: CloudLine) -> list[str]:
    return sorted(sent.to for sent in line.meta.sent)


def test_E9_once_per_person_and_the_preview_says_who_is_left_out(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        alone, out = person(session, "Alone"), person(session, "Out")
        merged = [person(session, f"M{i}") for i in range(3)]
        merge(session, *merged)
        silent = [person(session, "S1"), person(session, "S2")]
        merge(session, *silent)
        consent.opt_out(session, out, by="keyword")
        consent.opt_out(session, silent[1], by="link")
        create_customer(session, name="No address")
        reached = sorted(each.phone.lstrip("+") for each in (alone, *merged))
    pk = write(house, template_id)
    found = seen(house, pk)
    assert (found.people, found.to_write) == (5, 2)
    assert found.left_out == {LeftOut.OPTED_OUT: 2, LeftOut.NO_WAY: 1}
    with house.tenant(write=False) as session:
        assert progress.saved_of(handling.get(session, pk), found) == 3  # 8 contacts, 5 people
    assert texts(line) == []
    do(house, pk, handling.start)
    send_all(house)
    assert state(house, pk) is BroadcastState.DONE
    sent = texts(line)
    assert len(sent) == 2
    assert set(sent) <= set(reached)
    with house.tenant(write=False) as session:
        senders = set(session.scalars(select(Message.sender)))
        assert senders == {Sender.BROADCAST}


def test_outside_the_window_only_an_approved_template_goes(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        person(session, "Never wrote")
    hear(house, line, "6281399999999")
    pk = write(house, 0, template=None, text="Hi {firstname}, {optoutlink}")
    assert seen(house, pk).left_out == {LeftOut.OUTSIDE_WINDOW: 1}
    do(house, pk, handling.start)
    send_all(house)
    assert texts(line) == ["6281399999999"]
    assert "/o/" in line.meta.sent[0].payload["text"]["body"]
    assert seen(house, write(house, template_id)).left_out == {}


def test_who_opts_out_after_the_preview_gets_nothing(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        first, _second = person(session, "A"), person(session, "B")
        first_id = first.id
    pk = write(house, template_id)
    with house.tenant() as session:
        consent.opt_out(session, session.get_one(Contact, first_id), by="link")
    do(house, pk, handling.start)
    send_all(house)
    assert len(texts(line)) == 1
    assert seen(house, pk).left_out == {LeftOut.REFUSED: 1}


def test_E12_two_who_are_merged_while_it_is_sent_get_one(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        ids = [person(session, name).id for name in ("A", "B")]
    pk = write(house, template_id, per_minute=6)  # one at a time
    do(house, pk, handling.start)
    house.work()
    assert len(texts(line)) == 1
    with house.tenant() as session:
        merge(session, *(session.get_one(Contact, each) for each in ids))
    send_all(house)
    assert (len(texts(line)), state(house, pk)) == (1, BroadcastState.DONE)
    assert seen(house, pk).left_out == {LeftOut.SAME_ADDRESS: 1}


def test_pause_resume_and_cancel(house: Installation, line: CloudLine, template_id: int) -> None:
    with house.tenant() as session:
        for name in "ABCDE":
            person(session, name)
    pk = write(house, template_id, per_minute=6)
    do(house, pk, handling.start)
    house.work()
    do(house, pk, handling.pause)
    send_all(house)
    assert (len(texts(line)), state(house, pk)) == (1, BroadcastState.PAUSED)
    for _ in range(2):
        do(house, pk, handling.start)
    house.work()
    assert len(texts(line)) == 2  # the job of before the pause is over: nobody goes twice as fast
    do(house, pk, handling.cancel)
    send_all(house)
    assert (len(texts(line)), state(house, pk)) == (2, BroadcastState.CANCELLED)
    with pytest.raises(Refused):
        do(house, pk, handling.start)


def test_only_the_failed_are_tried_again(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        for name in "ABC":
            person(session, name)
    pk = write(house, template_id)
    with pytest.raises(Refused):
        do(house, pk, handling.retry_failed)
    do(house, pk, handling.start)
    send_all(house)
    with pytest.raises(Refused, match="None of its messages"):
        do(house, pk, handling.retry_failed)
    with house.tenant() as session:
        failed = session.scalars(select(Message).order_by(Message.id)).first()
        assert failed is not None
        move(session, failed, MessageState.FAILED, now())
    assert seen(house, pk).failed == 1
    assert do(house, pk, handling.retry_failed) == 1
    send_all(house)
    found = seen(house, pk)
    assert (found.queued, found.failed, len(texts(line))) == (3, 0, 4)


def test_the_providers_limit_for_a_day_is_kept_and_goes_on_by_itself(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        for name in "ABCDE":
            person(session, name)
        channel = line.channel(session)
        channel.facts = {
            "messaging_limit": {"value": "2 customers a day", "at": "", "is_bad": False}
        }
    pk = write(house, template_id)
    do(house, pk, handling.start)
    send_all(house)
    assert (len(texts(line)), state(house, pk)) == (2, BroadcastState.SENDING)
    with house.tenant() as session:
        assert "limit" in handling.get(session, pk).reason
        waits = session.scalars(select(Job.due_at).where(Job.actor == SENDS)).one()
        assert waits > now() + timedelta(hours=23)
        for row in session.scalars(select(Recipient).where(Recipient.queued_at.is_not(None))):
            row.queued_at = now() - timedelta(hours=25)  # a day goes by
    do(house, pk, handling.pause)
    do(house, pk, handling.start)
    send_all(house)
    assert len(texts(line)) == 4


def test_a_full_channel_holds_up_no_other(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        person(session, "A")
        line.channel(session).facts = {"messaging_limit": {"value": "0", "at": "", "is_bad": False}}
        pk = handling.create(session, {"name": "x", "template": template_id}).id
    house.work()
    with house.tenant() as session:
        broadcast = handling.get(session, pk)
        first = session.scalars(select(Recipient)).one()
        other = person(session, "B")
        session.add(
            Recipient(
                broadcast_id=pk,
                customer_id=other.customer_id,
                contact_id=other.id,
                channel_id=first.channel_id,
                identity_id=other.identities[0].id,
                address="b",
            )
        )
        session.flush()
        assert sending._waiting(session, broadcast, without={line.channel_id}) == []
        assert len(sending._waiting(session, broadcast, without={line.channel_id + 1})) == 2


@pytest.mark.parametrize(
    ("told", "limit"),
    [("1,000 customers a day", 1000), ("Unlimited", None), ("", None), ("250", 250)],
)
def test_a_limit_is_read_as_the_provider_tells_it(told: str, limit: int | None) -> None:
    channel = Channel(facts={"messaging_limit": {"value": told}})
    assert pacing.limit_of(channel) == limit


def test_an_audience_by_label_and_by_what_they_did(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    hear(house, line, "6281388888888")
    with house.tenant() as session:
        vip = Label(name="VIP")
        session.add(vip)
        session.flush()
        labelled, other = person(session, "L"), person(session, "Other")
        labels.put_label(session, labelled, vip)
        merge(session, labelled, other)
        label_id = vip.id
    pk = write(house, template_id, audience={"kind": "filter", "labels": [label_id]})
    assert (seen(house, pk).people, seen(house, pk).to_write) == (1, 1)
    wrote = {"kind": "filter", "wrote_within": "7"}
    assert seen(house, write(house, template_id, audience=wrote)).to_write == 1
    silent = {"kind": "filter", "silent_for": "7"}
    assert seen(house, write(house, template_id, audience=silent)).to_write == 1
    with house.tenant() as session:
        assert session.scalar(select(func.count()).select_from(LabelOnContact)) == 1


def test_a_filter_is_saved_and_chosen_by_its_name(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        vip = Label(name="VIP")
        session.add(vip)
        session.flush()
        labels.put_label(session, person(session, "L"), vip)
        person(session, "Other")
        asked = {"kind": "filter", "labels": [vip.id], "silent_for": "7"}
    write(house, template_id, audience=asked, save_as=" Old  VIPs ")
    with house.tenant() as session:
        (kept,) = saved.all_of(session)
        assert kept.name == "Old VIPs"
        kept_id = kept.id
    pk = write(house, template_id, audience={"kind": "saved", "saved": kept_id})
    assert seen(house, pk).to_write == 1
    with house.tenant() as session:
        saved.forget(session, kept_id)
        named = handling.get(session, pk).audience
        assert saved.in_words(session, named) == ["Old VIPs", "Labelled VIP", "Silent for 7 days"]
    for audience, field in (({"kind": "saved", "saved": kept_id}, "saved"), ({}, "save_as")):
        with pytest.raises(Refused) as refused:
            write(house, template_id, audience=audience, save_as="x")
        assert refused.value.field == field


def test_a_channel_keeps_its_pace_whatever_several_broadcasts_ask(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        for number in range(5):
            person(session, f"P{number}")
    for _broadcast in range(2):
        do(house, write(house, template_id, per_minute=3), handling.start)
    for seconds in range(0, 50, 5):
        send_all(house, timedelta(seconds=seconds))
    assert len(texts(line)) == 3
    with house.tenant() as session:
        for row in session.scalars(select(Recipient).where(Recipient.queued_at.is_not(None))):
            row.queued_at = now() - timedelta(seconds=61)  # a minute goes by
    send_all(house, timedelta(seconds=60))
    assert len(texts(line)) == 6


def test_a_provider_that_takes_fewer_sets_the_pace(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        broadcast = handling.create(
            session, {"name": "x", "template": template_id, "per_minute": 60_000}
        )
        channel = line.channel(session)
        assert pacing.pace_of(session, channel, broadcast) == 4_800
        room = pacing.room(session, broadcast)[channel.id]
        assert (room.left, room.span) == (4_800, pacing.MINUTE)
        channel.facts = {"messaging_limit": {"value": "250"}}
        room = pacing.room(session, broadcast)[channel.id]
        assert (room.left, room.span) == (250, pacing.DAY)


def test_people_are_listed_by_why_they_are_left_out(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        consent.opt_out(session, person(session, "Out"), by="link")
        create_customer(session, name="No address")
        person(session, "In")
    pk = write(house, template_id)
    with house.tenant(write=False) as session:
        broadcast = handling.get(session, pk)
        found = {
            only: [str(each.contact) for each in progress.people_of(session, broadcast, only)]
            for only in ("opted_out", "no_way", "left_out", "waiting", "failed")
        }
    assert found == {
        "opted_out": ["Out"],
        "no_way": ["No address"],
        "left_out": ["Out", "No address"],
        "waiting": ["In"],
        "failed": [],
    }


def test_a_file_lists_customers_in_any_spelling(
    house: Installation, line: CloudLine, template_id: int
) -> None:
    with house.tenant() as session:
        first = person(session, "A", "0821 1111 0001")
        person(session, "B", "0821 1111 0002")
        person(session, "C", "0821 1111 0003")
        by_mail = create_customer(session, name="D", email="d@example.com").contacts[0]
        merge(session, first, by_mail)
    content = (
        b"name,phone\nA,0821 1111 0001\n\nagain,+62 821-1111-0001\nB;,0062 821 1111 0002\n"
        b"D,D@Example.com\nnobody,+6281299999999\nno number,-\n"
    )
    pk = write(house, template_id, audience={"kind": "file"}, content=content)
    found = seen(house, pk)
    assert (found.people, found.to_write) == (2, 2)
    with house.tenant(write=False) as session:
        assert handling.get(session, pk).unknown == 1
    with pytest.raises(Refused) as refused:
        write(house, template_id, audience={"kind": "file"}, content=b"nobody,+6281299999999")
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"template": None}, "text"),
        ({"template": None, "text": "Your parcel {trackingnumber}"}, "text"),
        ({"template": None, "text": "x" * 4097}, "text"),
        ({"template": 999_999}, "template"),
        ({"per_minute": "0"}, "per_minute"),
        ({"per_minute": "many"}, "per_minute"),
        ({"channels": [999_999]}, "channels"),
        ({"audience": {"kind": "filter"}}, "labels"),
        ({"audience": {"kind": "filter", "labels": [999_999]}}, "labels"),
        ({"audience": {"kind": "filter", "wrote_within": "soon"}}, "wrote_within"),
        ({"audience": {"kind": "friends"}}, "audience"),
        ({"audience": {"kind": "file"}}, "file"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(
    house: Installation, template_id: int, wanted: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        write(house, template_id, **wanted)
    assert refused.value.field == field
    with house.tenant(write=False) as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_a_crash_between_two_pages_repeats_nothing(
    house: Installation, line: CloudLine, template_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page and each handful is one transaction with the job behind it: none is half done."""
    with house.tenant() as session:
        for number in range(7):
            person(session, f"P{number}")
    monkeypatch.setattr("plugins.automation.broadcasts.audience.AT_ONCE", 2)
    crashes = count()
    queue = sending._queue

    def crash(*args: Any, **kwargs: Any) -> Any:
        done = queue(*args, **kwargs)
        if next(crashes) % 2 == 0:
            raise RuntimeError("the process died here")
        return done

    pk = write(house, template_id, per_minute=12)
    assert seen(house, pk).to_write == 7
    do(house, pk, handling.start)
    monkeypatch.setattr(sending, "_queue", crash)
    for hours in range(1, 12):
        send_all(house, timedelta(hours=hours))
    assert state(house, pk) is BroadcastState.DONE
    assert len(texts(line)) == len(set(texts(line))) == 7
    with house.tenant(write=False) as session:
        states = set(session.scalars(select(Recipient.state)))
        assert states == {RecipientState.QUEUED}
        assert session.scalar(select(func.count(Identity.id))) == 7
