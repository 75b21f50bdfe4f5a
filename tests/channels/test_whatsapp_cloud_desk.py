"""The Cloud channel in the desk: its past, its templates, its account, and who is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from core.config import Settings
from core.errors import NotFound, Refused
from core.inbound import MessageKind, MessageState
from core.listed_templates import TemplateState
from core.models import (
    Attachment,
    AttachmentState,
    Card,
    Channel,
    ChannelState,
    Conversation,
    Job,
    Message,
    Notice,
    Task,
    Template,
)
from core.services import channels
from core.services.notices import open_notices
from core.services.past import begin_import
from core.services.refresh_channel import refresh, refresh_channels
from core.services.send import Upload, send_message
from core.testing.installation import CloudLine, Installation, installation
from core.testing.prepared import prepared
from core.testing.providers.whatsapp_cloud_bodies import (
    book_entry,
    error,
    media,
    message,
    old,
    text,
)
from core.testing.providers.whatsapp_cloud_rules import Template as Approved
from plugins import BUILTIN

ANI = "6281234567890"
JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from core.web.app import create_app

    settings = Settings(home=tmp_path_factory.mktemp("cloud"), private_hosts=("127.0.0.1",))
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


@pytest.fixture
def line(house: Installation) -> Iterator[CloudLine]:
    with house.cloud() as connected:
        yield connected


def deliver(line: CloudLine, *changes: dict[str, Any]) -> None:
    assert line.post(line.meta.numbers.body(*changes)).status_code == 200
    line.house.work()


def rows(house: Installation, noun: type[Any], *where: Any) -> list[Any]:
    with house.tenant(write=False) as session:
        found = list(session.scalars(select(noun).where(*where).order_by(noun.id)))
        for row in found:
            session.expunge(row)
        return found


def channel(line: CloudLine) -> Channel:
    (found,) = rows(line.house, Channel, Channel.id == line.channel_id)
    assert isinstance(found, Channel)
    return found


def facts(line: CloudLine) -> dict[str, str]:
    return {name: fact["value"] for name, fact in channel(line).facts.items()}


def notices(house: Installation) -> list[Notice]:
    with house.tenant(write=False) as session:
        found = list(open_notices(session))
        for row in found:
            session.expunge(row)
        return found


# what came before


def past(line: CloudLine) -> dict[str, list[dict[str, Any]]]:
    own = line.meta.numbers.display_phone_number
    return {
        ANI: [
            old(ANI, "Masih ada?", id="wamid.h1", timestamp="1780000000"),
            old(own, "Masih", "read", to=ANI, id="wamid.h2", timestamp="1780000060"),
            message(ANI, "media_placeholder", id="wamid.h3", timestamp="1780000120"),
        ]
    }


def test_D14_history_is_read_and_fires_nothing(house: Installation, line: CloudLine) -> None:
    numbers = line.meta.numbers
    deliver(line, numbers.history(past(line), phase=1, chunk=2, progress=55))
    messages = rows(house, Message)
    assert [(m.body, m.direction.value, m.state) for m in messages[:2]] == [
        ("Masih ada?", "in", MessageState.RECEIVED),
        ("Masih", "out", MessageState.READ),
    ]
    assert all(m.is_history for m in messages)
    assert rows(house, Task) == rows(house, Card) == []
    (talk,) = rows(house, Conversation)
    assert (talk.state.value, talk.unread) == ("closed", 0)
    with house.desk.database.system(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0
    assert facts(line)["history"] == "The last 90 days 55%"


def test_D14_a_file_of_the_past_fills_its_placeholder(house: Installation, line: CloudLine) -> None:
    numbers = line.meta.numbers
    deliver(line, numbers.history(past(line)))
    media_id = line.meta.keep_file(JPEG, "image/jpeg")
    digest = line.meta.files[media_id].sha256_base64
    file = media(
        ANI, "image", media_id, "Foto", sha256=digest, id="wamid.h3", timestamp="1780000120"
    )
    for _ in range(2):
        deliver(line, numbers.history_files(file))
    found = rows(house, Message, Message.provider_id == "wamid.h3")
    assert [(m.kind, m.body, m.is_history) for m in found] == [(MessageKind.IMAGE, "Foto", True)]
    (attachment,) = rows(house, Attachment)
    assert attachment.state is AttachmentState.STORED
    assert rows(house, Task) == []


def test_D14_chunks_in_any_order_are_each_stored_once(house: Installation, line: CloudLine) -> None:
    numbers = line.meta.numbers
    chunks = [
        numbers.history({ANI: [old(ANI, f"Nr {n}", id=f"wamid.c{n}")]}, chunk=n, progress=n * 25)
        for n in (1, 2, 3, 4)
    ]
    for n in (3, 0, 3, 2, 1):
        deliver(line, chunks[n])
    assert {m.body for m in rows(house, Message)} == {f"Nr {n}" for n in (1, 2, 3, 4)}
    assert facts(line)["history"].endswith("100%")  # an older chunk takes nothing back


def test_a_declined_history_is_said(house: Installation, line: CloudLine) -> None:
    numbers = line.meta.numbers
    chunk = {"errors": [error(2593109, "History sharing is turned off")]}
    deliver(line, numbers.change("history", numbers.value(history=[chunk])))
    assert facts(line)["history"].startswith("Declined: History sharing is turned off")
    assert channel(line).state is ChannelState.CONNECTED


def test_the_past_is_asked_for_once_and_shown(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        begun = begin_import(session, line.channel(session), "history")
        assert (begun.offer.name, begun.problem) == ("history", "")
        assert begin_import(session, line.channel(session), "history").problem  # once only
        with pytest.raises(NotFound):
            begin_import(session, line.channel(session), "horoscopes")
    assert line.meta.imports == ["history"]
    assert facts(line)["history"] == "Asked for 0%"
    deliver(line, line.meta.numbers.history(past(line), progress=100))
    assert facts(line)["history"] == "The last day 100%"


def test_A7_the_address_book_is_passed_on(house: Installation, line: CloudLine) -> None:
    entries = [
        book_entry(ANI, "Ani"),
        book_entry(ANI, "Ani W", "edit"),
        book_entry(ANI, "", "remove"),
    ]
    deliver(line, line.meta.numbers.contacts(*entries))
    assert facts(line)["contacts"] == "Arriving"
    assert rows(house, Message) == []


# templates

HALO = Approved("order_paid", "id", variables=2, body="Halo {{1}}, pesanan {{2}} lunas")


def fetch(line: CloudLine) -> None:
    with line.house.tenant() as session:
        refresh(session, line.channel(session))
        refresh(session, line.channel(session))  # asked twice is asked once
    assert line.house.work() == 1


def template(house: Installation, name: str = "order_paid") -> Template:
    (found,) = rows(house, Template, Template.name == name)
    assert isinstance(found, Template)
    return found


def test_templates_are_fetched_followed_and_gone(house: Installation, line: CloudLine) -> None:
    line.meta.templates = [HALO, Approved("hello", "en"), Approved("hello", "id")]
    fetch(line)
    assert {t.name for t in rows(house, Template)} == {"order_paid", "hello", "hello (id)"}
    assert template(house).body == "Halo {1}, pesanan {2} lunas"
    assert facts(line)["templates"] == "3"
    line.meta.templates = [HALO]
    fetch(line)
    assert template(house, "hello").state is TemplateState.GONE
    assert not template(house, "hello").can_be_sent


def test_a_paused_template_is_not_sent_and_says_why(house: Installation, line: CloudLine) -> None:
    line.meta.templates = [HALO]
    fetch(line)
    deliver(line, line.messages(text(ANI, "Halo"))["entry"][0]["changes"][0])
    why = {"other_info": {"title": "FIRST_PAUSE", "description": "paused for 3 hours"}}
    decided = HALO.update("PAUSED", **why)
    deliver(line, line.meta.numbers.change("message_template_status_update", decided))
    assert template(house).state is TemplateState.PAUSED
    (notice,) = notices(house)
    assert "order_paid" in notice.title
    assert "paused for 3 hours" in notice.text
    values = {"1": "Ani", "2": "A-7"}
    with house.tenant() as session:
        talk = session.scalars(select(Conversation)).one()
        found = session.get_one(Template, template(house).id)
        with pytest.raises(Refused, match="paused for 3 hours"):
            send_message(session, talk, template=found, variables=values)
    approved = HALO.update("APPROVED")
    deliver(line, line.meta.numbers.change("message_template_status_update", approved))
    assert notices(house) == []
    with house.tenant() as session:
        talk = session.scalars(select(Conversation)).one()
        found = session.get_one(Template, template(house).id)
        send_message(session, talk, template=found, variables=values)
    house.work()
    assert line.meta.sent[0].payload["template"]["name"] == "order_paid"
    assert rows(house, Message)[-1].body == "Halo Ani, pesanan A-7 lunas"


def test_a_decision_on_an_unknown_template_fetches_it(house: Installation, line: CloudLine) -> None:
    line.meta.templates = [HALO]
    decided = HALO.update("APPROVED")
    deliver(line, line.meta.numbers.change("message_template_status_update", decided))
    assert template(house).state is TemplateState.APPROVED


def test_names_that_a_person_gave_outlive_a_fetch(house: Installation, line: CloudLine) -> None:
    line.meta.templates = [HALO]
    fetch(line)
    with house.tenant() as session:
        found = session.get_one(Template, template(house).id)
        found.body = "Halo {contactname}, pesanan {documentnumber} lunas"
        found.variables = ["contactname", "documentnumber"]
    fetch(line)
    assert template(house).variables == ["contactname", "documentnumber"]
    line.meta.templates = [Approved("order_paid", "id", variables=1, body="Halo {{1}}")]
    fetch(line)
    assert (template(house).body, template(house).variables) == ("Halo {1}", ["1"])


def test_the_clock_asks_for_each_connected_channel_once(
    house: Installation, line: CloudLine
) -> None:
    line.meta.templates = [HALO]
    for _ in range(2):
        with house.desk.database.system() as session:
            refresh_channels.spec.run(session, {})  # type: ignore[misc]  # it has a run
    assert house.work() == 1
    assert facts(line)["quality"] == "High"
    assert facts(line)["messaging_limit"] == "2,000 customers a day"


def test_a_fetch_that_fails_takes_no_template_away(house: Installation, line: CloudLine) -> None:
    line.meta.templates = [HALO]
    fetch(line)
    line.meta.fail_next(status=400, code=100)
    fetch(line)
    assert template(house).can_be_sent
    assert facts(line)["templates"].startswith("Could not be fetched")


# the account


def test_a_ban_stops_the_channel_says_why_and_its_end_starts_it_again(
    house: Installation, line: CloudLine
) -> None:
    numbers = line.meta.numbers
    deliver(line, line.messages(text(ANI, "Halo"))["entry"][0]["changes"][0])
    banned = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
    deliver(line, numbers.change("account_update", banned))
    assert channel(line).state is ChannelState.BROKEN
    assert "Account quality" in channel(line).reason
    (notice,) = notices(house)
    assert notice.level.value == "bad"
    with house.tenant() as session:
        send_message(session, session.scalars(select(Conversation)).one(), text="Siap")
    house.work()
    assert line.meta.sent == []
    freed = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}
    deliver(line, numbers.change("account_update", freed))
    house.work()
    assert channel(line).state is ChannelState.CONNECTED
    assert notices(house) == []
    assert len(line.meta.sent) == 1


def test_a_person_s_pause_outlives_the_end_of_a_ban(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        channels.pause(session, line.channel(session))
    freed = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}
    deliver(line, line.meta.numbers.change("account_update", freed))
    assert channel(line).state is ChannelState.PAUSED


def test_a_falling_quality_is_told_and_an_older_word_changes_nothing(
    house: Installation, line: CloudLine
) -> None:
    numbers = line.meta.numbers
    own = {"display_phone_number": numbers.display_phone_number}
    flagged = numbers.change(
        "phone_number_quality_update", own | {"event": "FLAGGED", "current_limit": "TIER_1K"}
    )
    deliver(line, flagged)
    assert facts(line)["quality"] == "Low"
    assert [notice.level.value for notice in notices(house)] == ["warning"]
    earlier = numbers.body(
        numbers.change("phone_number_quality_update", own | {"event": "UNFLAGGED"})
    )
    earlier["entry"][0]["time"] = 1780000000
    assert line.post(earlier).status_code == 200
    house.work()
    assert facts(line)["quality"] == "Low"


# files


def test_a_file_over_the_limit_is_refused_before_it_is_queued(
    house: Installation, line: CloudLine
) -> None:
    deliver(line, line.messages(text(ANI, "Halo"))["entry"][0]["changes"][0])
    large = Upload("foto.png", "image/png", b"x" * (5 * 1024 * 1024 + 1))
    with house.tenant() as session:
        talk = session.scalars(select(Conversation)).one()
        with pytest.raises(Refused, match=r"up to 5\.0 MB") as refused:
            send_message(session, talk, upload=large)
        assert refused.value.field == "upload"
    assert len(rows(house, Message)) == 1
