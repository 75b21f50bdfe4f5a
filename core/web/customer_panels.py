"""The cards that plugins put beside a customer, as far as the reader may open them."""

from __future__ import annotations

from core.host.declarations import Panel
from core.models import Contact, Conversation
from core.web.fab.access import may_open
from core.web.request import desk


def customer_panels(contact: Contact, conversation: Conversation | None = None) -> list[Panel]:
    """Panels of the plugins that are on, in their order, without those closed to the reader."""
    answered = desk().host.hooks.gather_all(
        "customer_panels", Panel, contact=contact, conversation=conversation
    )
    shown = [panel for panel in answered if may_open(panel.href)]
    return sorted(shown, key=lambda panel: (panel.order, panel.name))
