"""Whatever happens in whatever order: no conversation lost, doubled or held by the wrong person."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import func, select

from core.config import Settings
from core.models import Conversation, ConversationState, Membership
from core.models.tenant import Presence
from core.services.sight import may_hold
from core.testing.prepared import copy_sqlite
from plugins.routing.models import Case
from tests.plugins.routing.conftest import Floor, floor_on

NAMES = ("Rina", "Budi", "Citra")
NUMBERS = tuple(f"+62819000000{n}" for n in range(5))
STORIES = int(os.environ.get("SAPA_ROUTING_STORIES", "0"))
"""So many new ones, made as small as they can be; without it the same few, told as they are."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(NUMBERS), st.integers(0, 1)),
        st.tuples(st.just("answer"), st.integers(0, 9), st.none()),
        st.tuples(st.just("echo"), st.integers(0, 9), st.none()),
        st.tuples(st.just("close"), st.integers(0, 9), st.none()),
        st.tuples(st.just("say"), st.sampled_from(NAMES), st.sampled_from(list(Presence))),
        st.tuples(st.just("capacity"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("allocate"), st.sampled_from(NAMES), st.sets(st.integers(0, 1))),
        st.tuples(st.just("clock"), st.sampled_from((1, 5, 11)), st.none()),
    ),
    min_size=3,
    max_size=18,
)


def apply(floor: Floor, channels: list[int], talks: list[int], step: tuple[object, ...]) -> None:
    kind, one, two = step
    if kind == "write":
        talk = floor.write(str(one), channel_id=channels[int(str(two))])
        if talk not in talks:
            talks.append(talk)
    elif kind in ("answer", "echo", "close") and talks:
        talk = talks[int(str(one)) % len(talks)]
        if kind == "answer":
            floor.answer(talk, floor.holder(talk))
        elif kind == "echo":
            floor.echo(talk)
        else:
            floor.close(talk)
    elif kind == "say" and isinstance(two, Presence):
        floor.say(str(one), two)
    elif kind == "capacity":
        floor.capacity(str(one), int(str(two)))
    elif kind == "allocate" and isinstance(two, set | frozenset):
        floor.allocate(str(one), *(channels[place] for place in two))
    elif kind == "clock":
        floor.pass_time(minutes=float(str(one)))
    floor.work()


def check(floor: Floor) -> None:
    with floor.house.tenant(write=False) as session:
        members = session.scalars(select(Membership)).all()
        for member in members:
            held = session.scalar(
                select(func.count(Conversation.id)).where(
                    Conversation.assignee_id == member.id,
                    Conversation.state != ConversationState.CLOSED,
                )
            )
            assert member.open_count == held
            assert member.promised == 0
        cases = {case.conversation_id: case for case in session.scalars(select(Case))}
        for talk in session.scalars(select(Conversation)):
            case = cases[talk.id]
            if talk.state is ConversationState.CLOSED:
                assert case.state == "closed"
            elif talk.assignee_id is None:
                # one that a person wrote in, and in which nobody waits for an answer, is no lead
                assert case.state == "queued" or talk.waiting_since is None
            else:
                holder = session.get_one(Membership, talk.assignee_id)
                assert may_hold(session, holder, talk.channel_id)
                assert (case.state, case.agent_id) == ("held", holder.id)


@pytest.mark.prove
def test_C13_no_conversation_is_lost_doubled_or_held_by_the_wrong_person(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> None:
    checked = 0

    @settings(
        max_examples=STORIES or 8,
        derandomize=not STORIES,
        phases=tuple(Phase) if STORIES else (Phase.generate,),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(STEPS)
    def tell(steps: list[tuple[object, ...]]) -> None:
        nonlocal checked
        home = tmp_path_factory.mktemp("story")
        copy_sqlite(sqlite_template, home)
        with pytest.MonkeyPatch.context() as patch, floor_on(Settings(home=home), patch) as floor:
            floor.team(*NAMES)
            floor.setting(idle_minutes=5, is_sticky=True)
            channels = [floor.channel_id, floor.channel("WhatsApp 2")]
            talks: list[int] = []
            for step in steps:
                apply(floor, channels, talks, step)
                check(floor)
                checked += 1

    tell()
    assert checked >= 8
