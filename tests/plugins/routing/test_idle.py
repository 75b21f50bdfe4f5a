"""Idle agents lose the conversation (C11): at the set minute, and no answer is lost."""

from __future__ import annotations

from sqlalchemy import select, update

from core.models import Conversation, Message, Sender, Task, TaskKind
from core.services.tenants import RoleName
from tests.plugins.routing.conftest import Floor

# the hair's breadth that the floor's clock needs between two readings
ALMOST_5 = {"minutes": 4, "seconds": 55}


def start(floor: Floor, *names: str) -> int:
    floor.team(*names)
    floor.setting(idle_minutes=5)
    return floor.write()


def test_C11_reassigned_once_at_five_minutes_and_not_before(floor: Floor) -> None:
    talk = start(floor, "Rina", "Budi")
    first = floor.holder(talk)
    due = floor.case(talk).clock_at
    held = floor.case(talk).held_at
    assert due is not None
    assert held is not None
    assert (due - held).total_seconds() == 300
    floor.pass_time(**ALMOST_5)
    floor.work()
    assert floor.holder(talk) == first
    floor.pass_time(seconds=5)
    floor.work()
    second = floor.holder(talk)
    assert {first, second} == {"Rina", "Budi"}
    floor.work()
    assert floor.holder(talk) == second
    assert floor.case(talk).tried == [floor.members[first]]


def test_C11_through_restarts_in_between(floor: Floor) -> None:
    talk = start(floor, "Rina", "Budi", "Citra")
    first = floor.holder(talk)
    floor.pass_time(minutes=3)
    floor.restart()
    floor.work()
    assert floor.holder(talk) == first
    floor.pass_time(minutes=2)  # the clock ends while nobody runs
    floor.restart()
    floor.work()
    second = floor.holder(talk)
    assert second not in ("", first)
    assert floor.case(talk).tried == [floor.members[first]]
    floor.restart()
    floor.work()
    assert floor.holder(talk) == second  # once
    floor.pass_time(**ALMOST_5)
    floor.answer(talk, second)
    floor.restart()
    floor.pass_time(minutes=1)
    floor.work()
    assert (floor.holder(talk), floor.case(talk).clock_at) == (second, None)


def test_C11_an_answer_at_the_last_moment_cancels(floor: Floor) -> None:
    talk = start(floor, "Rina", "Budi")
    first = floor.holder(talk)
    floor.pass_time(**ALMOST_5)
    floor.answer(talk, first)  # written, and the provider hasn't taken it yet
    floor.pass_time(seconds=30)
    floor.work()
    assert floor.holder(talk) == first
    assert floor.case(talk).clock_at is None


def test_C11_an_echo_is_an_answer_and_a_bots_message_is_none(floor: Floor) -> None:
    talk = start(floor, "Rina", "Budi")
    first = floor.holder(talk)
    floor.answer(talk, sender=Sender.AUTOMATION)
    floor.pass_time(minutes=5)
    floor.work()
    second = floor.holder(talk)
    assert second not in ("", first)
    floor.echo(talk)
    floor.pass_time(minutes=6)
    floor.work()
    assert floor.holder(talk) == second
    assert floor.case(talk).tried == []


def test_C11_the_clock_starts_at_the_first_unanswered_message(floor: Floor) -> None:
    number = "+6281399900011"
    floor.team("Rina", "Budi")
    floor.setting(idle_minutes=5)
    talk = floor.write(number)
    first = floor.holder(talk)
    floor.answer(talk, first)
    floor.pass_time(minutes=20)
    floor.work()
    assert floor.holder(talk) == first
    floor.write(number, "Masih ada?", work=False)
    with floor.house.tenant() as session:
        session.execute(
            update(Message)
            .where(Message.body == "Masih ada?")
            .values(created_at=floor.now())
            .execution_options(synchronize_session=False)
        )
    floor.work()
    floor.pass_time(**ALMOST_5)
    floor.write(number, "Kak?")  # a second one doesn't start it anew
    assert floor.holder(talk) == first
    floor.pass_time(seconds=5)
    floor.work()
    assert floor.holder(talk) not in ("", first)


def test_C11_three_hops_then_the_queue_and_the_supervisor_is_told(floor: Floor) -> None:
    boss = floor.hire("Sari", role=RoleName.SUPERVISOR)
    talk = start(floor, "Rina", "Budi", "Citra", "Dodi", "Eka")
    seen = [floor.holder(talk)]
    for _ in range(3):
        floor.pass_time(minutes=5)
        floor.work()
        seen.append(floor.holder(talk))
    assert len(set(seen)) == 4
    assert "" not in seen
    floor.pass_time(minutes=5)
    floor.work()
    assert floor.holder(talk) == ""
    assert floor.case(talk).state == "queued"
    with floor.house.tenant(write=False) as session:
        told = session.scalars(select(Task).where(Task.kind == TaskKind.TODO)).all()
        assert [(task.agent_id, task.conversation_id) for task in told] == [(boss, talk)]
    floor.write()  # the queue is asked again, and skips whoever was tried
    assert floor.holder(talk) == ""
    floor.echo(talk)
    floor.write()
    assert floor.holder(talk) != ""


def test_C11_nobody_left_is_told_at_once(floor: Floor) -> None:
    floor.hire("Sari", role=RoleName.SUPERVISOR)
    talk = start(floor, "Rina")
    floor.pass_time(minutes=5)
    floor.work()
    assert (floor.holder(talk), floor.case(talk).hops) == ("", 1)
    with floor.house.tenant(write=False) as session:
        assert session.scalars(select(Task.title).where(Task.kind == TaskKind.TODO)).one()


def test_C11_a_snoozed_conversation_keeps_its_agent(floor: Floor) -> None:
    talk = start(floor, "Rina", "Budi")
    first = floor.holder(talk)
    with floor.house.tenant() as session:
        conversation = session.get_one(Conversation, talk)
        from core.services import conversations

        conversations.snooze(session, conversation, floor.now().replace(year=2090))
    floor.pass_time(minutes=6)
    floor.work()
    assert floor.holder(talk) == first
