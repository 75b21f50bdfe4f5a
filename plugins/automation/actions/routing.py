"""Who has the conversation: a division, an agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.api import (
    Ask,
    Conversation,
    Division,
    Foreseen,
    Membership,
    Part,
    Refused,
    Scene,
    Taken,
    TenantSession,
    Trigger,
    assigning,
    say,
)
from plugins.automation.actions.choosing import chosen, name_of
from plugins.automation.scenes import last_conversation
from plugins.automation.smart_reply import talks

_NO_TALK = say("There is no conversation with this customer yet.")


def _talk(scene: Scene) -> Conversation:
    """The scene's conversation, else the last one with the customer. Refused: there is none."""
    found = scene.conversation or last_conversation(scene.session, scene.contact)
    if found is None:
        raise Refused(_NO_TALK)
    return found


def _divisions(session: TenantSession) -> list[tuple[str, Any]]:
    living = select(Division).where(Division.archived_at.is_(None)).order_by(Division.name)
    return [(str(one.id), one.name) for one in session.scalars(living)]


def _agents(session: TenantSession) -> list[tuple[str, Any]]:
    active = select(Membership).where(Membership.is_active)
    return sorted(((str(one.id), one.name) for one in session.scalars(active)), key=lambda x: x[1])


class HandOver:
    """Give the conversation to a division; routing chooses one of its agents."""

    name = "hand_over"
    label = say("Hand over to a division")
    icon = "arrows-split"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (Ask(name="division", label=say("Division"), kind="choice", choices=_divisions),)

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        division = chosen(session, Division, values, "division", say("Choose a division."))
        return {"division": str(division.id)}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        name = name_of(session, Division, values, "division")
        return say("hand the conversation over to “%(division)s”", division=name)

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        has = scene.conversation or last_conversation(scene.session, scene.contact)
        return Foreseen(self.told(scene.session, values), obstacle="" if has else _NO_TALK)

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        words = say("The division of this rule is gone.")
        division = chosen(scene.session, Division, values, "division", words)
        talk = _talk(scene)
        assigning.hand_over(scene.session, talk, division)
        talks.leave_to(scene.session, talk, say("A rule handed the conversation over."))
        return Taken(self.told(scene.session, values))


class AssignAgent:
    """Give the conversation to one agent."""

    name = "assign"
    label = say("Assign to an agent")
    icon = "user-check"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (Ask(name="agent", label=say("Agent"), kind="choice", choices=_agents),)

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        agent = chosen(session, Membership, values, "agent", say("Choose an agent."))
        return {"agent": str(agent.id)}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        raw = str(values.get("agent") or "")
        member = session.get(Membership, int(raw)) if raw.isdigit() else None
        name = member.name if member is not None else "…"
        return say("assign the conversation to %(agent)s", agent=name)

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        has = scene.conversation or last_conversation(scene.session, scene.contact)
        return Foreseen(self.told(scene.session, values), obstacle="" if has else _NO_TALK)

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        words = say("The agent of this rule is gone.")
        agent = chosen(scene.session, Membership, values, "agent", words)
        talk = _talk(scene)
        assigning.assign(scene.session, talk, agent, say("By an automated action."))
        talks.leave_to(scene.session, talk, say("A rule gave the conversation to an agent."))
        return Taken(self.told(scene.session, values))
