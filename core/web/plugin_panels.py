"""What plugins put beside customers, orders, devices and messages, as far as the reader may go."""

from __future__ import annotations

from core.host.declarations import MessageNote, Panel
from core.models import Channel, Contact, Conversation, Message, Order
from core.web.fab.access import may_open
from core.web.request import desk


def customer_panels(contact: Contact, conversation: Conversation | None = None) -> list[Panel]:
    """Panels of the plugins that are on, in their order, without those closed to the reader."""
    answered = desk().host.hooks.gather_all(
        "customer_panels", Panel, contact=contact, conversation=conversation
    )
    return _shown(answered)


def order_panels(order: Order) -> list[Panel]:
    """The cards of an order's page, likewise."""
    return _shown(desk().host.hooks.gather_all("order_panels", Panel, order=order))


def device_panels(channel: Channel) -> list[Panel]:
    """The cards of a device's settings, likewise."""
    return _shown(desk().host.hooks.gather_all("device_panels", Panel, channel=channel))


def message_notes(message: Message) -> list[MessageNote]:
    """The lines below a message, without those closed to the reader."""
    answered = desk().host.hooks.gather_all("message_notes", MessageNote, message=message)
    return [note for note in answered if not note.href or may_open(note.href)]


def _shown(answered: list[Panel]) -> list[Panel]:
    shown = [panel for panel in answered if may_open(panel.href)]
    return sorted(shown, key=lambda panel: (panel.order, panel.name))
