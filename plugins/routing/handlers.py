"""What routing does after something happened. Each handler takes the tenant's turn first."""

from __future__ import annotations

from collections.abc import Sequence

from core.api import (
    AgentChanged,
    Conversation,
    ConversationAssigned,
    ConversationClosed,
    ConversationOpened,
    Handler,
    MessageReceived,
    MessageSent,
    Sender,
    TenantSession,
    assigning,
    may_hold,
    say,
    tell,
)
from plugins.routing import cases, clock
from plugins.routing.dealing import deal
from plugins.routing.dividing import division_for
from plugins.routing.idle import answered, set_clock
from plugins.routing.models import Case, Decision
from plugins.routing.sticky import completed_by

PEOPLE = frozenset({Sender.AGENT.value, Sender.PHONE.value})


def on_opened(session: TenantSession, event: ConversationOpened) -> None:
    """A conversation began, or began again: it gets a division and an agent of its own."""
    cases.turn(session)
    conversation = cases.fresh(session, event.conversation_id)
    if conversation is None:
        return
    begin(session, conversation)
    deal(session)


def begin(session: TenantSession, conversation: Conversation) -> None:
    """A customer waits anew. Whoever had the last conversation keeps it by being sticky only.

    One that a person reopened, or that nobody waits in, stays with its agent.
    """
    case = cases.open_case(session, conversation)
    is_waiting = conversation.waiting_since is not None
    if case.state == cases.CLOSED and is_waiting:
        case.tried, case.hops = [], 0
        setting = cases.setting_of(session, conversation.channel_id)
        is_sticky = setting is not None and setting.is_sticky
        wanted = (
            completed_by(session, conversation.contact_id, conversation.channel_id)
            if is_sticky
            else None
        )
        case.wants_id = wanted
        conversation.division = division_for(session, conversation)
        conversation.division_id = conversation.division.id if conversation.division else None
        session.flush()
        if _is_left_over(session, conversation, case):
            reason = say("The customer wrote again after closing.")
            assigning.assign(session, conversation, None, reason)
        tell_board(session)
    if conversation.assignee_id is None and not is_waiting:
        return  # a person began it and hasn't taken it: nobody waits
    cases.settle(session, conversation, case)


def _is_left_over(session: TenantSession, conversation: Conversation, case: Case) -> bool:
    """Whether the assignee is that of the closing before, or may not have it any more."""
    holder = conversation.assignee
    if holder is None:
        return False
    return holder.id == case.completed_by_id or not may_hold(
        session, holder, conversation.channel_id
    )


def on_received(session: TenantSession, event: MessageReceived) -> None:
    """The clock may start; a conversation that nobody has taken waits for an agent."""
    if event.is_history or event.is_automatic:
        return
    cases.turn(session)
    conversation = cases.fresh(session, event.conversation_id)
    if conversation is None:
        return
    case = cases.case_of(session, event.conversation_id)
    if case is None or case.state == cases.CLOSED:
        begin(session, conversation)
        case = cases.case_of(session, event.conversation_id)
        deal(session)
    if case is not None and case.state == cases.HELD and case.clock_at is None:
        session.refresh(case)
        set_clock(session, conversation, case)


def on_sent(session: TenantSession, event: MessageSent) -> None:
    """A person's answer stops the clock, and whoever was tried may be asked again."""
    if event.sender not in PEOPLE:
        return
    cases.turn(session)
    conversation = cases.fresh(session, event.conversation_id)
    case = cases.case_of(session, event.conversation_id)
    if conversation is not None and case is not None:
        answered(session, conversation, case)


def on_assigned(session: TenantSession, event: ConversationAssigned) -> None:
    """Somebody else gave it to somebody, to a division, or back to nobody."""
    cases.turn(session)
    conversation = cases.fresh(session, event.conversation_id)
    if conversation is None:
        return
    case = cases.case_of(session, conversation.id)
    if case is None:
        if conversation.assignee_id is None and conversation.division_id is None:
            return
        case = cases.open_case(session, conversation)
    if cases.settle(session, conversation, case):
        _log(session, conversation, case)
        set_clock(session, conversation, case)
    if event.assignee_id is None:
        deal(session)
    tell_board(session)


def on_closed(session: TenantSession, event: ConversationClosed) -> None:
    """Keep who completed it, and give what waits to whoever has room now."""
    cases.turn(session)
    conversation = cases.fresh(session, event.conversation_id)
    if conversation is None:
        return
    case = cases.open_case(session, conversation)
    if event.assignee_id is not None:
        case.completed_by_id, case.completed_at = event.assignee_id, clock.now()
    # it may have been opened again meanwhile: that event comes next, and begins a new turn
    cases.end_turn(session, conversation.id, clock.now())
    case.state, case.agent_id, case.held_at, case.clock_at = cases.CLOSED, None, None, None
    case.tried, case.hops = [], 0
    session.flush()
    deal(session)
    tell_board(session)


def on_agent(session: TenantSession, event: AgentChanged) -> None:
    """Somebody came, or has other devices, divisions or room: whoever waits may have an agent."""
    deal(session)
    tell_board(session)


def tell_board(session: TenantSession) -> None:
    """Open boards look again."""
    tell(session, "routing")


def _log(session: TenantSession, conversation: Conversation, case: Case) -> None:
    session.add(
        Decision(
            conversation_id=conversation.id,
            channel_id=conversation.channel_id,
            division_id=conversation.division_id,
            agent_id=conversation.assignee_id,
            kind="manual",
            since=case.since,
            at=clock.now(),
        )
    )
    session.flush()


HANDLERS: Sequence[Handler] = (  # type: ignore[type-arg]  # of several events
    Handler(event=ConversationOpened, run=on_opened),
    Handler(event=MessageReceived, run=on_received),
    Handler(event=MessageSent, run=on_sent),
    Handler(event=ConversationAssigned, run=on_assigned),
    Handler(event=ConversationClosed, run=on_closed),
    Handler(event=AgentChanged, run=on_agent),
)
