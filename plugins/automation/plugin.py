"""Answers and follows up by rules: a trigger, conditions, then a message or another action."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from core.api import (
    Action,
    ApiDecl,
    Bot,
    Condition,
    Contact,
    Conversation,
    Handler,
    JobSpec,
    Manifest,
    Order,
    Panel,
    Periodic,
    Trigger,
    ViewDecl,
    hookimpl,
)
from plugins.automation.actions import ACTIONS
from plugins.automation.api import APIS
from plugins.automation.broadcasts import declared as broadcasts
from plugins.automation.facts import CONDITIONS
from plugins.automation.handlers import HANDLERS
from plugins.automation.jobs import JOBS
from plugins.automation.models import MODELS
from plugins.automation.smart_reply import declared as smart_reply
from plugins.automation.triggers import TRIGGERS
from plugins.automation.views import VIEWS

manifest = Manifest(
    name="automation",
    title="Automated messages",
    version="0.1.0",
    family="automation",
    summary="Answers and follows up by rules: a trigger, conditions, then an action.",
    migrations="plugins.automation.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return (*MODELS, *broadcasts.MODELS, *smart_reply.MODELS)


@hookimpl
def triggers() -> Sequence[Trigger]:
    return TRIGGERS


@hookimpl
def conditions() -> Sequence[Condition]:
    return CONDITIONS


@hookimpl
def actions() -> Sequence[Action]:
    return ACTIONS


@hookimpl
def bots() -> Sequence[Bot]:
    return smart_reply.BOTS


@hookimpl
def jobs() -> Sequence[JobSpec | Periodic]:
    return (*JOBS, *broadcasts.JOBS, *smart_reply.JOBS)


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return HANDLERS


@hookimpl
def views() -> Sequence[ViewDecl]:
    return (*VIEWS, *smart_reply.VIEWS, *broadcasts.VIEWS)


@hookimpl
def apis() -> Sequence[ApiDecl]:
    return (*APIS, *smart_reply.APIS, *broadcasts.APIS)


@hookimpl
def customer_panels(contact: Contact, conversation: Conversation | None) -> Sequence[Panel]:
    href = url_for("AutomationPanelView.panel", contact_id=contact.id)
    return [
        Panel(name="automation", title=_("Automated messages"), href=href, icon="robot", order=60)
    ]


@hookimpl
def order_panels(order: Order) -> Sequence[Panel]:
    href = url_for("AutomationPanelView.order", order_id=order.id)
    return [Panel(name="automation", title=_("Automated messages"), href=href, icon="robot")]
