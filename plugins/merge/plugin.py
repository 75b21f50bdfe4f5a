"""Shows the contacts of one person as one customer, and can take that back."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from pydantic import BaseModel

from core.api import (
    ApiDecl,
    Contact,
    Conversation,
    Handler,
    InboxAction,
    JobSpec,
    Manifest,
    MergeRule,
    Panel,
    Periodic,
    ViewDecl,
    hookimpl,
    may,
)
from plugins.merge import matching
from plugins.merge.api import APIS
from plugins.merge.jobs import JOBS
from plugins.merge.models import ForbiddenPair
from plugins.merge.rules import RULES
from plugins.merge.settings import MergeSettings
from plugins.merge.views import VIEWS

manifest = Manifest(
    name="merge",
    title="Merge customers",
    version="0.1.0",
    family="merge",
    summary="Shows the contacts of one person as one customer, and can take that back.",
    migrations="plugins.merge.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return [ForbiddenPair, *matching.MODELS]


@hookimpl
def merge_rules() -> Sequence[MergeRule]:
    return RULES


@hookimpl
def apis() -> Sequence[ApiDecl]:
    return [*APIS, *matching.APIS]


@hookimpl
def views() -> Sequence[ViewDecl]:
    return [*VIEWS, *matching.VIEWS]


@hookimpl
def jobs() -> Sequence[JobSpec | Periodic]:
    return [*JOBS, *matching.JOBS]


@hookimpl
def inbox_actions(conversation: Conversation) -> Sequence[InboxAction]:
    if not may("merge", "Merge"):
        return []
    return [
        InboxAction(
            name="merge",
            label=_("Merge to existing customers"),
            href=url_for("MergeView.panel", conversation_id=conversation.id),
            icon="arrows-join",
            method="panel",
        )
    ]


@hookimpl
def customer_panels(contact: Contact, conversation: Conversation | None) -> Sequence[Panel]:
    return [
        Panel(
            name="merge",
            title=_("Merged contacts"),
            href=url_for("MergeView.members", customer_id=contact.customer_id),
            icon="arrows-join",
            order=10,
        ),
        matching.panel(contact),
    ]


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return matching.HANDLERS


@hookimpl
def settings_form() -> type[BaseModel]:
    return MergeSettings
