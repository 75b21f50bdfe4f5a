"""Work for people: tasks and cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.api import (
    Ask,
    Card,
    Contact,
    Foreseen,
    Module,
    Part,
    Refused,
    Scene,
    Taken,
    TenantSession,
    Trigger,
    card_places,
    cards,
    say,
    tasks,
)
from plugins.automation import clock, variables
from plugins.automation.actions.choosing import whole


class CreateTask:
    """Something to do about the customer."""

    name = "task"
    label = say("Create a task")
    icon = "checkbox"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (
            Ask(name="title", label=say("What is to be done"), default=""),
            Ask(
                name="days",
                label=say("Within"),
                kind="number",
                suffix=say("days"),
                default="0",
                hint=say("0 is today."),
            ),
        )

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        title = " ".join(values.get("title", "").split())
        if not 1 <= len(title) <= 160:
            raise Refused(say("Say in up to 160 characters what is to be done."), "title")
        variables.check(trigger, variables.names_in(title), "title")
        return {"title": title, "days": whole(values, "days", 0, 365)}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        return say("create the task “%(title)s”", title=values.get("title") or "…")

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        title = variables.shown(values["title"], variables.fill(scene))
        return Foreseen(self.told(scene.session, {"title": title}))

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        title = variables.shown(values["title"], variables.fill(scene))[:200]
        deadline = clock.now() + timedelta(days=int(values["days"]))
        tasks.open_todo_about(scene.session, scene.contact, title, deadline)
        return Taken(self.told(scene.session, {"title": title}))


class MoveCard:
    """Put the customer's card into a stage; where they have none in that module, a new one."""

    name = "card"
    label = say("Move the card")
    icon = "layout-kanban"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (Ask(name="stage", label=say("Stage"), kind="choice", choices=_stages),)

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        module, stage = _read(session, values)
        return {"stage": f"{module.id}:{stage}"}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        try:
            module, stage = _read(session, values)
        except Refused:
            return say("move the card to …")
        return say("move the card to “%(stage)s” of %(module)s", stage=stage, module=module.name)

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        return Foreseen(self.told(scene.session, values))

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        session = scene.session
        module, stage = _read(session, values)
        card = _card_in(session, module, scene.contact)
        if card is None:
            card = cards.open_card(session, module, scene.contact)
        card_places.move_card(session, card, stage)
        return Taken(self.told(session, values))


def _stages(session: TenantSession) -> list[tuple[str, Any]]:
    living = select(Module).where(Module.archived_at.is_(None)).order_by(Module.name)
    return [
        (f"{module.id}:{stage}", f"{module.name}: {stage}")
        for module in session.scalars(living)
        for stage in module.stages
    ]


def _read(session: TenantSession, values: Mapping[str, Any]) -> tuple[Module, str]:
    raw, _colon, stage = str(values.get("stage") or "").partition(":")
    is_id = raw.isascii() and raw.isdigit() and len(raw) < 10
    module = session.get(Module, int(raw)) if is_id else None
    if module is None or module.archived_at is not None or stage not in module.stages:
        raise Refused(say("Choose a stage."), "stage")
    return module, stage


def _card_in(session: TenantSession, module: Module, contact: Contact) -> Card | None:
    members = select(Contact.id).where(Contact.customer_id == contact.customer_id)
    return session.scalar(
        select(Card)
        .where(
            Card.module_id == module.id, Card.contact_id.in_(members), Card.archived_at.is_(None)
        )
        .order_by(Card.is_open.desc(), Card.updated_at.desc(), Card.id.desc())
        .limit(1)
    )
