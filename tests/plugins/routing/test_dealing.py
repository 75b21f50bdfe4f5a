"""Who gets what (C10, C13, C14): the right agent at once, the oldest first, nothing blocked."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from core.errors import Refused
from core.models import Contact, Conversation, Division, Job, Membership
from core.models.tenant import Presence
from core.services import assigning
from core.services.inbox_list import Wanted, list_page
from core.services.sight import channels_of
from plugins.routing import scenes
from plugins.routing.models import Case, Decision
from tests.plugins.routing.conftest import Floor
from tests.plugins.routing.dealers import queue_up


def test_C9_round_robin_takes_turns_and_says_why(floor: Floor) -> None:
    floor.team("Rina", "Budi", "Citra")
    talks = [floor.write() for _ in range(6)]
    assert Counter(floor.holder(talk) for talk in talks) == {"Rina": 2, "Budi": 2, "Citra": 2}
    with floor.house.tenant(write=False) as session:
        decisions = session.scalars(select(Decision).order_by(Decision.id)).all()
        assert [each.policy for each in decisions] == ["round_robin"] * 6
        stood = scenes.standings(session, decisions)
        assert [each.verdict for each in stood[decisions[0].id]] == ["", "", ""]
        assert sorted(each.open_count for each in stood[decisions[4].id]) == [1, 1, 2]


def test_C9_least_loaded_and_weighted(lite: Floor) -> None:
    lite.team("Rina", "Budi")
    lite.setting(policy="least_loaded")
    first, second = lite.write(), lite.write()
    lite.close(first)
    assert lite.holder(lite.write()) == lite.holder(first)
    other = lite.channel("WhatsApp 2")
    lite.setting(other, policy="weighted")
    with lite.house.tenant() as session:
        from plugins.routing.models import AgentSetting

        session.add(AgentSetting(member_id=lite.members["Rina"], weight=3, hours=[]))
    talks = [lite.write(channel_id=other) for _ in range(8)]
    assert Counter(lite.holder(talk) for talk in talks) == {"Rina": 6, "Budi": 2}
    assert lite.holder(second)


def test_C10_sticky_after_closing_of_any_of_the_customers_contacts(floor: Floor) -> None:
    floor.team("Rina", "Budi", "Citra")
    floor.setting(is_sticky=True)
    number = "+6281377700001"
    talk = floor.write(number)
    agent = floor.holder(talk)
    floor.close(talk)
    other = floor.write("+6281377700002")
    floor.close(other)
    with floor.house.tenant() as session:
        contacts = session.scalars(select(Contact).order_by(Contact.id)).all()
        contacts[-1].customer_id = contacts[0].customer_id
    floor.close(floor.write("+6281377700003"))
    for again in (number, "+6281377700002"):
        floor.write(again)
    assert floor.holder(talk) == agent or floor.holder(other) == floor.holder(talk)
    with floor.house.tenant(write=False) as session:
        kinds = session.scalars(select(Decision.kind).order_by(Decision.id.desc()).limit(2)).all()
        assert set(kinds) == {"sticky"}


@pytest.mark.parametrize("gone", ["offline", "deallocated", "left"])
def test_C10_a_sticky_agent_who_is_gone_means_normal_distribution(lite: Floor, gone: str) -> None:
    lite.team("Rina")
    lite.setting(is_sticky=True)
    talk = lite.write("+6281377700009")
    lite.close(talk)
    lite.hire("Budi")
    if gone == "offline":
        lite.go("Rina")
    elif gone == "deallocated":
        lite.allocate("Budi", lite.channel_id)
    else:
        with lite.member("Rina") as (_session, member):
            member.is_active = False
    lite.write("+6281377700009")
    assert lite.holder(talk) == "Budi"


def test_C10_without_sticky_it_is_distributed_anew(lite: Floor) -> None:
    lite.team("Rina", "Budi")
    talk = lite.write("+6281377700010")
    before = lite.holder(talk)
    lite.close(talk)
    lite.write("+6281377700010")
    assert lite.holder(talk) not in ("", before)


def test_C13_only_allocated_agents_get_and_see_a_devices_chats(floor: Floor) -> None:
    floor.team("Rina", "Budi")
    other = floor.channel("WhatsApp 2")
    floor.allocate("Rina", floor.channel_id)
    floor.allocate("Budi", other)
    here = [floor.write() for _ in range(3)]
    there = [floor.write(channel_id=other) for _ in range(3)]
    assert {floor.holder(talk) for talk in here} == {"Rina"}
    assert {floor.holder(talk) for talk in there} == {"Budi"}
    with floor.house.tenant(write=False) as session:
        rina = session.get_one(Membership, floor.members["Rina"])
        session.sight = channels_of(session, rina)
        rows = list_page(session, Wanted()).rows
        assert {row.id for row in rows} == set(here)
        assert session.get(Conversation, there[0]) is None
    with floor.member("Rina") as (session, rina):
        with pytest.raises(Refused, match="doesn't work on"):
            assigning.assign(session, session.get_one(Conversation, there[0]), rina)


def test_C13_what_is_taken_away_goes_to_somebody_else(floor: Floor) -> None:
    floor.team("Rina", "Budi")
    floor.allocate("Rina", floor.channel_id)
    talk = floor.write()
    assert floor.holder(talk) == "Rina"
    floor.allocate("Budi", floor.channel_id)
    floor.allocate("Rina")
    floor.work()
    assert floor.holder(talk) == "Budi"


def test_C13_the_first_allocation_takes_from_all_others(floor: Floor) -> None:
    floor.team("Rina", "Budi")
    talks = [floor.write(), floor.write()]
    assert {floor.holder(talk) for talk in talks} == {"Rina", "Budi"}
    floor.allocate("Budi", floor.channel_id)  # Rina has none: she sees nothing any more
    floor.work()
    assert {floor.holder(talk) for talk in talks} == {"Budi"}


def test_C13_presence_capacity_and_hours_are_honoured(floor: Floor) -> None:
    floor.team("Rina", "Budi", "Citra", "Dodi")
    floor.say("Rina", Presence.BUSY)
    floor.say("Budi", Presence.AWAY)
    floor.capacity("Citra", 1)
    floor.allocate("Citra", floor.channel_id)
    floor.allocate("Dodi", floor.channel_id, most=1)
    for name in ("Rina", "Budi"):
        floor.allocate(name, floor.channel_id)
    talks = [floor.write() for _ in range(3)]
    assert sorted(floor.holder(talk) for talk in talks) == ["", "Citra", "Dodi"]
    floor.capacity("Citra", 2)
    floor.work()
    assert Counter(floor.holder(talk) for talk in talks) == {"Citra": 2, "Dodi": 1}


def test_C13_silence_makes_offline(lite: Floor) -> None:
    from datetime import timedelta

    lite.team("Rina")
    lite.ahead += timedelta(minutes=3)
    talk = lite.write()
    assert lite.holder(talk) == ""
    lite.come("Rina")
    lite.work()
    assert lite.holder(talk) == "Rina"


def test_C14_the_oldest_first_when_somebody_comes(floor: Floor) -> None:
    talks = [floor.write() for _ in range(3)]
    assert {floor.holder(talk) for talk in talks} == {""}
    floor.hire("Rina", online=False)
    floor.capacity("Rina", 2)
    floor.come("Rina")
    floor.work()
    assert [floor.holder(talk) for talk in talks] == ["Rina", "Rina", ""]
    floor.close(talks[0])
    assert floor.holder(talks[2]) == "Rina"


def test_C14_what_cannot_be_assigned_never_blocks_what_can(floor: Floor) -> None:
    floor.team("Rina")
    lonely = floor.channel("Nobody's")
    floor.allocate("Rina", floor.channel_id)
    queue_up(floor, 150, lonely)
    assert floor.holder(floor.write(channel_id=lonely)) == ""
    assert floor.holder(floor.write()) == "Rina"
    with floor.house.tenant(write=False) as session:
        assert session.scalar(select(func.count(Case.id)).where(Case.state == "queued")) == 151


def test_C6_the_first_division_whose_rules_it_meets(lite: Floor) -> None:
    lite.team("Rina", "Budi")
    lite.division("Harga", ("keyword", "harga, price"), members=("Budi",))
    lite.division("Ingles", ("language", "en"), members=("Rina",))
    lite.division("Nobody")
    assert lite.holder(lite.write(text="Berapa HARGA nya?")) == "Budi"
    assert lite.holder(lite.write(text="Hello, do you have this?")) == "Rina"
    plain = lite.write(text="Assalamualaikum")
    assert lite.holder(plain) != ""
    with lite.house.tenant(write=False) as session:
        assert session.get_one(Conversation, plain).division_id is None


def test_C7_a_handover_goes_to_an_agent_of_the_division(floor: Floor) -> None:
    floor.team("Rina", "Budi")
    support = floor.division("Support", members=("Budi",))
    talk = next(t for t in (floor.write(), floor.write()) if floor.holder(t) == "Rina")
    with floor.house.tenant() as session:
        division = session.get_one(Division, support)
        assigning.hand_over(session, session.get_one(Conversation, talk), division)
    floor.work()
    assert floor.holder(talk) == "Budi"


def test_switched_off_nothing_is_routed_and_what_was_stays(lite: Floor) -> None:
    lite.team("Rina")
    kept = lite.write()
    switches = lite.house.desk.host.switches
    with lite.house.tenant() as session:
        switches.disable(session, "routing")
    waiting = lite.write()
    assert (lite.holder(kept), lite.holder(waiting)) == ("Rina", "")
    with lite.house.tenant() as session:
        switches.enable(session, "routing")
        session.add(Job(tenant_id=session.tenant_id, actor="routing.sweep", payload={}))
    lite.work()
    assert lite.holder(waiting) == "Rina"
