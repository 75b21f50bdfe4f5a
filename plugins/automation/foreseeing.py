"""What a rule would do to a customer or an order, doing nothing: the preview and the simulator."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.api import (
    Contact,
    Direction,
    Foreseen,
    Message,
    Order,
    Part,
    Refused,
    Scene,
    TenantSession,
    Trigger,
    say,
    search_customers,
    tenant_of,
)
from plugins.automation import catalogue, clock, conditions, dated, triggers
from plugins.automation.models import Rule, Run
from plugins.automation.rules import Draft
from plugins.automation.scenes import build, last_conversation

NOTHING: Mapping[str, Any] = {"items": (), "holds": False}
"""The verdict where no condition was asked."""


@dataclass(frozen=True)
class Prospect:
    """What would happen. `at`: when the first step would be taken; None: not at all.

    `why_not`: why nothing would, before any condition is asked. `run`: it has been asked already.
    """

    trigger: Trigger | None
    scene: Scene | None
    verdict: Mapping[str, Any]
    steps: Sequence[tuple[Any, Foreseen]]
    at: datetime | None
    why_not: Any = ""
    run: Run | None = None

    @property
    def acts(self) -> bool:
        """Whether the steps would be taken: a rule that was asked about this already is done."""
        return not self.why_not and self.run is None and bool(self.verdict.get("holds"))


def find(session: TenantSession, trigger: Trigger | None, text: str) -> Scene | None:
    """The customer or order to look at: an order's number, a name, a number; "" the newest."""
    text = " ".join(text.split())[:80]
    order = _order(session, text)
    if order is not None:
        return build(session, order.contact_id, f"order:{order.id}")
    contact = _contact(session, text)
    if contact is None:
        return None
    if trigger is not None and Part.ORDER in trigger.has:
        newest = session.scalar(
            select(Order)
            .where(Order.contact_id == contact.id, Order.archived_at.is_(None))
            .order_by(Order.id.desc())
            .limit(1)
        )
        if newest is None and not text:
            newest = session.scalar(select(Order).order_by(Order.id.desc()).limit(1))
        if newest is not None:
            return build(session, newest.contact_id, f"order:{newest.id}")
    scene = build(session, contact.id, f"contact:{contact.id}")
    if scene is not None and trigger is not None and Part.CONVERSATION in trigger.has:
        scene.conversation = last_conversation(session, contact)
        scene.message = _last_message(scene) if Part.MESSAGE in trigger.has else None
    return scene


def foresee(
    session: TenantSession, rule: Rule | Draft, scene: Scene | None, *, is_saved: bool = False
) -> Prospect:
    """What the rule would do now, step by step, with what stands in the way."""
    trigger = catalogue.triggers(session).get(rule.trigger)
    if trigger is None or scene is None:
        return Prospect(trigger, scene, NOTHING, (), None, say("There is nobody to look at yet."))
    lacks = next((part for part in trigger.has if not scene.has(part)), None)
    if lacks is not None:
        return Prospect(trigger, scene, NOTHING, (), None, _LACKS[lacks])
    verdict = conditions.evaluate(rule.conditions, scene, catalogue.conditions(session))
    known = catalogue.actions(session)
    steps = []
    for step in rule.steps:
        action = known.get(step["action"])
        if action is None:
            continue
        try:
            foreseen = action.foresee(scene, step["values"])
        except (Refused, KeyError, ValueError):
            foreseen = Foreseen(action.label, obstacle=say("This step isn't complete yet."))
        steps.append((action, foreseen))
    at, why_not = _when(session, rule, trigger, scene)
    run = _asked_before(session, rule, scene) if is_saved and isinstance(rule, Rule) else None
    return Prospect(trigger, scene, verdict, steps, at, why_not, run)


_LACKS = {
    Part.ORDER: say("This customer has no order to look at."),
    Part.CONVERSATION: say("There is no conversation with this customer to look at."),
    Part.MESSAGE: say("This customer hasn't written yet."),
}


def _when(
    session: TenantSession, rule: Rule | Draft, trigger: Trigger, scene: Scene
) -> tuple[datetime | None, Any]:
    if not trigger.is_dated:
        return clock.now() + timedelta(minutes=max(rule.delay_minutes, 0)), ""
    zone = tenant_of(session).time_zone
    if trigger.name == triggers.BIRTHDAY:
        return _next_birthday(rule, scene, zone)
    day = scene.order.estimated_date if scene.order is not None else None
    if day is None:
        return None, say("The order has no estimated delivery day yet.")
    try:
        moment = dated.moment_of(f"{day.isoformat()}T{rule.at_time}", zone)
    except ValueError:
        return None, say("Give a time, such as 09:00.")
    if moment < clock.now() - timedelta(days=1):
        return None, say("That day is past: nothing is sent for it.")
    return moment, ""


def _next_birthday(rule: Rule | Draft, scene: Scene, zone: str) -> tuple[datetime | None, Any]:
    born = scene.contact.birthday
    if born is None:
        return None, say("This customer's birthday isn't known.")
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    year = today.year + ((born.month, born.day) < (today.month, today.day))
    day = 28 if (born.month, born.day) == (2, 29) and not isleap(year) else born.day
    return dated.moment_of(f"{date(year, born.month, day)}T{rule.at_time}", zone), ""


def _asked_before(session: TenantSession, rule: Rule, scene: Scene) -> Run | None:
    subject = f"contact:{scene.contact.id}"
    if scene.order is not None:
        subject = f"order:{scene.order.id}"
    return session.scalar(
        select(Run)
        .where(Run.rule_id == rule.id, Run.subject == subject)
        .order_by(Run.id.desc())
        .limit(1)
    )


def _order(session: TenantSession, text: str) -> Order | None:
    if not text:
        return None
    return session.scalar(select(Order).where(Order.number == text.lstrip("#")).limit(1))


def _contact(session: TenantSession, text: str) -> Contact | None:
    found = search_customers(session, text, limit=1)
    living = [each for customer in found for each in customer.contacts if not each.archived_at]
    return living[0] if living else None


def _last_message(scene: Scene) -> Any:
    if scene.conversation is None:
        return None
    return scene.session.scalar(
        select(Message)
        .where(Message.conversation_id == scene.conversation.id, Message.direction == Direction.IN)
        .order_by(Message.id.desc())
        .limit(1)
    )
