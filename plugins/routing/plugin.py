"""Hands each new conversation to the right agent at once, and can say why."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from pydantic import BaseModel

from core.api import (
    ApiDecl,
    Contact,
    Conversation,
    DivisionCriterion,
    Handler,
    InboxTool,
    JobSpec,
    Manifest,
    Panel,
    Periodic,
    RoutingPolicy,
    ViewDecl,
    hookimpl,
)
from plugins.routing.api import APIS
from plugins.routing.criteria import CRITERIA
from plugins.routing.handlers import HANDLERS
from plugins.routing.jobs import JOBS
from plugins.routing.keeping import RoutingSettings
from plugins.routing.models import MODELS
from plugins.routing.policies import POLICIES
from plugins.routing.views import VIEWS

manifest = Manifest(
    name="routing",
    title="Lead distribution",
    version="0.1.0",
    family="routing",
    summary="Hands each new conversation to the right agent at once, and can say why.",
    migrations="plugins.routing.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return MODELS


@hookimpl
def routing_policies() -> Sequence[RoutingPolicy]:
    return POLICIES


@hookimpl
def division_criteria() -> Sequence[DivisionCriterion]:
    return CRITERIA


@hookimpl
def jobs() -> Sequence[JobSpec | Periodic]:
    return JOBS


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return HANDLERS


@hookimpl
def views() -> Sequence[ViewDecl]:
    return VIEWS


@hookimpl
def apis() -> Sequence[ApiDecl]:
    return APIS


@hookimpl
def settings_form() -> type[BaseModel]:
    return RoutingSettings


@hookimpl
def inbox_tools() -> Sequence[InboxTool]:
    return [
        InboxTool(
            name="agents",
            label=_("Agent/Customer Service"),
            href=url_for("AgentPopupView.index"),
            permission=("can_manage", "Distribution"),
            icon="headset",
        )
    ]


@hookimpl
def customer_panels(contact: Contact, conversation: Conversation | None) -> Sequence[Panel]:
    if conversation is None:
        return []
    href = url_for("RoutingWhyView.why", conversation_id=conversation.id)
    return [Panel(name="routing", title=_("Why this agent"), href=href, icon="help", order=70)]
