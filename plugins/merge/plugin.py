"""Shows the contacts of one person as one customer, and can take that back."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from core.api import (
    ApiDecl,
    Contact,
    Conversation,
    InboxAction,
    JobSpec,
    Manifest,
    MergeRule,
    Panel,
    ViewDecl,
    hookimpl,
    may,
)
from plugins.merge.api import APIS
from plugins.merge.jobs import JOBS
from plugins.merge.models import ForbiddenPair
from plugins.merge.rules import RULES
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
    return [ForbiddenPair]


@hookimpl
def merge_rules() -> Sequence[MergeRule]:
    return RULES


@hookimpl
def apis() -> Sequence[ApiDecl]:
    return APIS


@hookimpl
def views() -> Sequence[ViewDecl]:
    return VIEWS


@hookimpl
def jobs() -> Sequence[JobSpec]:
    return JOBS


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
        )
    ]
