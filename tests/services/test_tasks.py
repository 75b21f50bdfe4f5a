"""Reply tasks: opened by the customer, closed by an answer, one for each own number."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.models import Conversation, Message, Sender, Task
from core.models.base import now
from core.services.send import send_message
from core.testing.installation import CloudLine, Installation
from tests.services.test_receive import take, written


def open_tasks(house: Installation) -> list[Task]:
    with house.tenant(write=False) as session:
        return list(session.scalars(select(Task).where(Task.done_at.is_(None))))


def test_D10_the_first_deadline_stands(house: Installation, line: CloudLine) -> None:
    take(house, line, written(), written(), written())
    with house.tenant() as session:
        first = session.scalars(select(Message).order_by(Message.id)).first()
        assert first is not None
        assert [task.deadline for task in open_tasks(house)] == [first.created_at]


def test_D10_answering_closes_it_and_the_next_message_opens_another(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written())
    with house.tenant() as session:
        send_message(session, session.scalars(select(Conversation)).one(), text="Halo")
    assert open_tasks(house) == []
    take(house, line, written())
    assert len(open_tasks(house)) == 1


def test_D10_an_automatic_message_is_no_answer(house: Installation, line: CloudLine) -> None:
    take(house, line, written())
    with house.tenant() as session:
        conversation = session.scalars(select(Conversation)).one()
        send_message(session, conversation, text="We got it", sender=Sender.AUTOMATION)
    assert len(open_tasks(house)) == 1


def test_D12_each_own_number_has_its_task(house: Installation, line: CloudLine) -> None:
    with house.cloud() as other:
        take(house, line, written())
        take(house, other, written())
        assert len(open_tasks(house)) == 2
        with house.tenant() as session:
            answered = session.scalars(
                select(Conversation).where(Conversation.channel_id == other.channel_id)
            ).one()
            send_message(session, answered, text="Halo")
        assert [task.channel_id for task in open_tasks(house)] == [line.channel_id]


def test_D15_an_echo_is_outgoing_and_closes_the_task(house: Installation, line: CloudLine) -> None:
    take(house, line, written(), written(is_echo=True, text="typed on the phone"))
    assert open_tasks(house) == []
    with house.tenant() as session:
        echo = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert echo is not None
        assert (echo.direction.value, echo.sender, echo.state.value) == (
            "out",
            Sender.PHONE,
            "sent",
        )
        assert session.scalars(select(Conversation)).one().waiting_since is None


def test_D15_an_echo_from_before_the_customers_last_message_is_no_answer_to_it(
    house: Installation, line: CloudLine
) -> None:
    moment = now().replace(microsecond=0)
    late = written(is_echo=True, sent_at=moment - timedelta(minutes=5))
    take(house, line, written(sent_at=moment), late)
    assert len(open_tasks(house)) == 1


def test_D15_an_echo_opens_no_window(house: Installation, line: CloudLine) -> None:
    take(house, line, written(is_echo=True))
    with house.tenant() as session:
        assert session.scalars(select(Conversation)).one().window_until is None
