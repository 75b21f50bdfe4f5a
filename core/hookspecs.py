"""Every hook: what a plugin can do, one function each.

A plugin implements the ones it needs, under the same name, marked with `hookimpl`. The first group
is asked once, at start-up, for declarations; the core registers them. The second is asked while
people work, only of plugins that are switched on for the tenant at hand.
"""

# mypy: disable-error-code="empty-body"
# a specification is only ever read: its signature and its docstring are all there is

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.adapter import Adapter
    from core.automation import Action, Condition, Trigger
    from core.bots import Bot
    from core.host.declarations import (
        ApiDecl,
        DeviceFact,
        Handler,
        InboxAction,
        InboxTool,
        ListAction,
        MenuLink,
        MergeRule,
        MessageNote,
        Panel,
        ViewDecl,
    )
    from core.jobs.schedule import Periodic
    from core.jobs.spec import JobSpec
    from core.models import Channel, Contact, Conversation, Message, Order
    from core.routing import DivisionCriterion, RoutingPolicy

PROJECT = "sapa"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# At start-up: declarations


@hookspec
def models() -> Sequence[type[Any]]:
    """Model classes on the plugin's own base, `registry = plugin_registry(name)`."""


@hookspec
def views() -> Sequence[ViewDecl]:
    """Screens: generated CRUD views and pages, with their place in the menu."""


@hookspec
def apis() -> Sequence[ApiDecl]:
    """REST resources."""


@hookspec
def menu_links() -> Sequence[MenuLink]:
    """Links for the navigation menu that lead to no view of their own."""


@hookspec
def jobs() -> Sequence[JobSpec | Periodic]:
    """Background work, named `<plugin>.<job>`; some of it started by a clock."""


@hookspec
def event_handlers() -> Sequence[Handler[Any]]:
    """What to do after something happened: one handler for each type of event."""


@hookspec
def settings_form() -> type[BaseModel]:
    """The plugin's settings in one tenant, as a pydantic model with a default for each field."""


@hookspec
def channel_adapters() -> Sequence[Adapter]:
    """Adapters: one for each kind of channel that the plugin connects."""


@hookspec
def merge_rules() -> Sequence[MergeRule]:
    """Ways to choose among the values of a merged customer's members."""


@hookspec
def routing_policies() -> Sequence[RoutingPolicy]:
    """Ways to choose one of several agents for a conversation."""


@hookspec
def division_criteria() -> Sequence[DivisionCriterion]:
    """What a division's rules may ask of an arriving conversation."""


@hookspec
def triggers() -> Sequence[Trigger]:
    """What an automated action may wait for; `fire` makes one of them go off."""


@hookspec
def conditions() -> Sequence[Condition]:
    """What an automated action may ask before it acts."""


@hookspec
def actions() -> Sequence[Action]:
    """What an automated action can do."""


@hookspec
def bots() -> Sequence[Bot]:
    """Ways to answer customers without a person, for Smart Reply."""


# While people work: asked of the plugins that are on


@hookspec
def inbox_actions(conversation: Conversation) -> Sequence[InboxAction]:
    """Buttons for a conversation in the inbox."""


@hookspec
def message_notes(message: Message) -> Sequence[MessageNote]:
    """Lines below a message in the inbox: what else it says, and ways to look closer."""


@hookspec
def customer_panels(contact: Contact, conversation: Conversation | None) -> Sequence[Panel]:
    """Cards beside a customer, in the inbox and on the customer's page."""


@hookspec
def order_panels(order: Order) -> Sequence[Panel]:
    """Cards on the page of an order."""


@hookspec
def device_facts(channels: Sequence[Channel]) -> Sequence[DeviceFact]:
    """Columns of the table of devices, asked once for all of its rows."""


@hookspec
def device_panels(channel: Channel) -> Sequence[Panel]:
    """Cards on the settings page of a device."""


@hookspec
def customer_list_actions() -> Sequence[ListAction]:
    """Buttons above the list of customers."""


@hookspec
def inbox_tools() -> Sequence[InboxTool]:
    """Buttons in the inbox's own header, each opening a dialog or a page."""
