"""Sending through a real provider over HTTP: errors by class, window, unknown, echoes, switches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.errors import Refused
from core.inbound import InboundStatus, MessageState
from core.jobs.outbox import enqueue
from core.jobs.spec import RetryAt
from core.listed_templates import TemplateState
from core.models import (
    Channel,
    ChannelState,
    Consent,
    Contact,
    Conversation,
    Job,
    JobState,
    Message,
    Sender,
    Template,
)
from core.models.base import now
from core.outbound import SendFailed
from core.services import channels, plugins
from core.services.receive import receive
from core.services.send import retry, send_message
from core.services.sending import SendCall
from core.testing.installation import CloudLine, Installation
from core.testing.providers import whatsapp_cloud_rules as rules
from tests.services.test_receive import take, written

pytestmark = pytest.mark.usefixtures("customer")


@pytest.fixture
def customer(house: Installation, line: CloudLine) -> None:
    """Somebody who wrote a moment ago."""
    take(house, line, written())


def queue(house: Installation, text: str = "Selamat pagi", **more: object) -> int:
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        return send_message(session, conversation, text=text, **more).id  # type: ignore[arg-type]


def told(house: Installation, message_id: int) -> Message:
    with house.tenant(write=False) as session:
        return session.get_one(Message, message_id)


def send_jobs(house: Installation) -> list[Job]:
    with house.tenant(write=False) as session:
        jobs = select(Job).where(Job.tenant_id == house.tenant_id, Job.actor == "core.send")
        return list(session.scalars(jobs))


def test_a_message_is_accepted_with_our_id_in_its_opaque_field(
    house: Installation, line: CloudLine
) -> None:
    message_id = queue(house)
    house.work()
    message = told(house, message_id)
    assert (message.state, message.provider_id) == (
        MessageState.ACCEPTED,
        line.meta.sent[0].wamid,
    )
    assert line.meta.sent[0].opaque == str(message.uuid)


@pytest.mark.parametrize(
    ("code", "error_class"),
    [(131026, "recipient"), (131047, "template"), (132001, "payload"), (190, "channel")],
)
def test_a_refusal_is_final_and_says_why(
    house: Installation, line: CloudLine, code: int, error_class: str
) -> None:
    line.meta.fail_next(status=400, code=code, only="/messages")
    message_id = queue(house)
    house.work()
    message = told(house, message_id)
    assert (message.state, message.error_class) == (MessageState.FAILED, error_class)
    assert message.error_code == str(code)
    assert message.error_reason
    assert send_jobs(house) == []


def test_a_credential_error_breaks_the_channel_and_holds_back_the_rest(
    house: Installation, line: CloudLine
) -> None:
    line.meta.fail_next(status=401, code=190, only="/messages")
    queue(house, "first")
    second = queue(house, "second")
    house.work()
    with house.tenant() as session:
        channel = line.channel(session)
        assert channel.state is ChannelState.BROKEN
        assert "190" in channel.reason or channel.reason
    assert told(house, second).state is MessageState.QUEUED
    assert line.meta.sent == []
    with house.tenant() as session:
        channels.resume(session, line.channel(session))
    house.work()
    assert told(house, second).state is MessageState.ACCEPTED


def test_a_busy_provider_is_asked_again_and_takes_it_once(
    house: Installation, line: CloudLine
) -> None:
    line.meta.fail_next(2, status=429, code=130429, only="/messages")
    message_id = queue(house)
    for hours in range(1, 4):
        house.desk.jobs.run_pending(until=now() + timedelta(hours=hours))
    message = told(house, message_id)
    assert (message.state, len(line.meta.sent)) == (MessageState.ACCEPTED, 1)
    assert message.error_reason == ""


def test_a_provider_that_stays_busy_ends_as_failed_and_a_person_may_retry(
    house: Installation, line: CloudLine
) -> None:
    line.meta.fail_next(40, status=429, code=130429, only="/messages")
    message_id = queue(house)
    for hours in range(1, 15):
        house.desk.jobs.run_pending(until=now() + timedelta(hours=2 * hours))
    message = told(house, message_id)
    assert (message.state, message.error_class) == (MessageState.FAILED, "retry")
    assert message.error_reason
    assert [job.state for job in send_jobs(house)] == [JobState.DEAD]
    with line.meta._lock:
        line.meta._faults.clear()
    with house.tenant() as session:
        retry(session, session.get_one(Message, message_id))
    house.work()
    assert told(house, message_id).state is MessageState.ACCEPTED


def test_a_time_out_is_unknown_is_not_repeated_and_a_receipt_clears_it(
    house: Installation, line: CloudLine
) -> None:
    line.meta.drop_next(is_processed=True, only="/messages")
    message_id = queue(house)
    house.work()
    house.desk.jobs.run_pending(until=now() + timedelta(days=1))
    message = told(house, message_id)
    assert (message.state, len(line.meta.sent)) == (MessageState.UNKNOWN, 1)
    assert message.error_reason
    sent = line.meta.sent[0]
    take(house, line, InboundStatus(sent.wamid, MessageState.DELIVERED, now(), sent.opaque))
    message = told(house, message_id)
    assert (message.state, message.provider_id) == (MessageState.DELIVERED, sent.wamid)
    assert message.error_reason == ""


def test_an_echo_clears_what_was_unknown(house: Installation, line: CloudLine) -> None:
    line.meta.drop_next(is_processed=True, only="/messages")
    message_id = queue(house)
    house.work()
    sent = line.meta.sent[0]
    take(house, line, written(provider_id=sent.wamid, is_echo=True, text="Selamat pagi"))
    assert told(house, message_id).state is MessageState.SENT
    with house.tenant() as session:
        assert len(session.scalars(select(Message)).all()) == 2


def test_an_echo_that_made_a_row_of_its_own_is_folded_by_the_receipt(
    house: Installation, line: CloudLine
) -> None:
    line.meta.drop_next(is_processed=True, only="/messages")
    message_id = queue(house)
    house.work()
    sent = line.meta.sent[0]
    echo = written(provider_id=sent.wamid, is_echo=True, text="another text")
    reply = written(reply_to=sent.wamid, text="thanks")
    receipt = InboundStatus(sent.wamid, MessageState.READ, now(), sent.opaque)
    take(house, line, echo, reply, receipt)
    message = told(house, message_id)
    assert (message.state, message.provider_id) == (MessageState.READ, sent.wamid)
    with house.tenant() as session:
        answer = session.scalars(select(Message).where(Message.body == "thanks")).one()
        assert answer.reply_to_id == message_id
        assert session.scalars(select(Message).where(Message.body == "another text")).all() == []


def test_an_attempt_that_finds_a_begun_one_never_calls(
    house: Installation, line: CloudLine
) -> None:
    message_id = queue(house)
    with house.tenant() as session:
        session.get_one(Message, message_id).state = MessageState.SENDING  # and then kill -9
    house.work()
    assert (told(house, message_id).state, line.meta.sent) == (MessageState.UNKNOWN, [])


def test_a_late_receipt_of_the_first_attempt_does_not_end_the_second(
    house: Installation, line: CloudLine
) -> None:
    message_id = queue(house)
    house.work()
    first = line.meta.sent[0]
    failed = InboundStatus(
        first.wamid, MessageState.FAILED, now(), first.opaque, "recipient", "131026", "unreachable"
    )
    take(house, line, failed)
    with house.tenant() as session:
        retry(session, session.get_one(Message, message_id))
    take(house, line, failed)
    house.work()
    message = told(house, message_id)
    assert (message.state, message.provider_id) == (
        MessageState.ACCEPTED,
        line.meta.sent[1].wamid,
    )


def test_a_receipt_during_the_call_beats_its_error(house: Installation, line: CloudLine) -> None:
    message_id = queue(house)
    call = SendCall()
    with house.tenant() as session:
        claimed = call.claim(session, {"message_id": message_id})
    assert claimed is not None
    opaque = claimed.message.opaque
    take(house, line, InboundStatus("wamid.x", MessageState.DELIVERED, now(), opaque))
    with house.tenant() as session:
        error = SendFailed("retry", "500", "Busy.")
        verdict = call.fail(session, {"message_id": message_id}, claimed, error)
    assert not isinstance(verdict, RetryAt)
    assert told(house, message_id).state is MessageState.DELIVERED


def test_only_a_failed_or_unknown_message_is_sent_again(
    house: Installation, line: CloudLine
) -> None:
    message_id = queue(house)
    house.work()
    with house.tenant() as session, pytest.raises(Refused):
        retry(session, session.get_one(Message, message_id))
    assert len(line.meta.sent) == 1


# window, templates


def close_window(house: Installation) -> None:
    with house.tenant() as session:
        past = now() - timedelta(minutes=1)
        session.scalars(select(Conversation)).one().window_until = past


def test_B14_outside_the_window_it_is_refused_here_and_nobody_is_called(
    house: Installation, line: CloudLine
) -> None:
    queued = queue(house)
    close_window(house)
    with house.tenant() as session, pytest.raises(Refused) as refused:
        send_message(session, session.scalars(select(Conversation)).one(), text="too late")
    assert "24 hours" in refused.value.message
    assert refused.value.field == "text"
    house.work()
    message = told(house, queued)  # queued in time, late when its turn came
    assert (message.state, message.error_class) == (MessageState.FAILED, "template")
    assert line.meta.calls == []


def test_B14_a_template_goes_through_a_closed_window(house: Installation, line: CloudLine) -> None:
    line.meta.templates.append(rules.Template("order_sent", "id", variables=1))
    close_window(house)
    with house.tenant() as session:
        template = Template(
            name="Sent",
            body="Your order {documentnumber} is on its way",
            language="id",
            variables=["documentnumber"],
            provider_name="order_sent",
            state=TemplateState.APPROVED,
        )
        session.add(template)
        session.flush()
        message_id = send_message(
            session,
            session.scalars(select(Conversation)).one(),
            template=template,
            variables={"documentnumber": "A-7"},
        ).id
    house.work()
    assert told(house, message_id).state is MessageState.ACCEPTED
    assert told(house, message_id).body == "Your order A-7 is on its way"
    assert line.meta.sent[0].payload["template"]["name"] == "order_sent"


# who may not be written to, and what may not send


def test_an_opt_out_silences_automation_over_every_contact_of_the_person(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written(text="stop"))
    before = len(line.meta.calls)
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        with pytest.raises(Refused, match="asked not to"):
            send_message(session, conversation, text="Promo", sender=Sender.AUTOMATION)
        send_message(session, conversation, text="Sorry to see you go")
    house.work()
    assert len(line.meta.calls) == before + 1


def test_an_opt_out_between_queue_and_call_is_honoured(
    house: Installation, line: CloudLine
) -> None:
    message_id = queue(house, sender=Sender.AUTOMATION)
    with house.tenant() as session:
        session.scalars(select(Contact)).one().consent = Consent.OUT
    house.work()
    message = told(house, message_id)
    assert (message.state, message.error_class) == (MessageState.FAILED, "recipient")
    assert line.meta.calls == []


def test_a_paused_channel_holds_back_and_resumes_in_order(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        channels.pause(session, line.channel(session))
    for n in range(3):
        queue(house, f"{n}")
    house.work()
    assert line.meta.calls == []
    with house.tenant() as session:
        channels.resume(session, line.channel(session))
        channels.resume(session, line.channel(session))
    house.work()
    assert [sent.payload["text"]["body"] for sent in line.meta.sent] == ["0", "1", "2"]


def test_an_archived_channel_sends_nothing(house: Installation, line: CloudLine) -> None:
    message_id = queue(house)
    with house.tenant() as session:
        channel = session.get_one(Channel, line.channel_id)
        channels.archive(session, channel)
        with pytest.raises(Refused):
            channels.resume(session, channel)
    house.work()
    assert told(house, message_id).state is MessageState.FAILED
    assert line.meta.calls == []


def test_a_plugin_that_is_off_sends_nothing_and_what_waits_goes_when_it_is_on(
    house: Installation, line: CloudLine
) -> None:
    message_id = queue(house)
    switch(house, is_on=False)
    house.work()
    assert (told(house, message_id).state, line.meta.calls) == (MessageState.QUEUED, [])
    assert [job.state for job in send_jobs(house)] == [JobState.PARKED]
    with house.tenant() as session, pytest.raises(Refused, match="plugin is off"):
        send_message(session, session.scalars(select(Conversation)).one(), text="no")
    switch(house, is_on=True)
    house.work()
    assert told(house, message_id).state is MessageState.ACCEPTED


def test_what_has_gone_stale_meanwhile_ends_as_not_sent(
    house: Installation, line: CloudLine
) -> None:
    message_id = queue(house)
    switch(house, is_on=False)
    house.work()
    with house.tenant() as session:
        for job in session.scalars(select(Job).where(Job.actor == "core.send")):
            job.due_at = now() - timedelta(days=60)
    switch(house, is_on=True)
    house.work()
    message = told(house, message_id)
    assert message.state is MessageState.FAILED
    assert message.error_reason == "Not sent: the plugin was off."
    assert line.meta.calls == []


def test_a_job_written_twice_sends_once(house: Installation, line: CloudLine) -> None:
    message_id = queue(house)
    with house.tenant() as session:
        enqueue(session, "core.send", {"message_id": message_id})
    house.work()
    assert len(line.meta.sent) == 1


def test_a_text_longer_than_the_channel_takes_is_refused(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        with pytest.raises(Refused, match="4096"):
            send_message(session, conversation, text="x" * 4097)
        with pytest.raises(Refused, match="first"):
            send_message(session, conversation, text="  ")
    assert send_jobs(house) == []


def switch(house: Installation, *, is_on: bool) -> None:
    with house.tenant() as session:
        (plugins.enable if is_on else plugins.disable)(session, "whatsapp_cloud")


def test_a_status_without_any_id_is_only_counted(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        receive(session, line.channel(session), InboundStatus("", MessageState.READ, now()))
    with house.tenant() as session:
        assert session.scalars(select(Job.id)).all() == []


def test_who_writes_at_once_writes_in_turn(house: Installation) -> None:
    """Messages leave in the order in which the thread shows them, however many write into it."""

    def write(writer: int) -> None:
        for number in range(12):
            queue(house, f"{writer} {number}")

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(4)))
    ids = [job.payload["message_id"] for job in sorted(send_jobs(house), key=lambda job: job.id)]
    assert len(ids) == 48
    assert ids == sorted(ids)
