"""Shops that tell of their orders: address and secret to copy, and what came."""

from __future__ import annotations

import json
from typing import Any

from flask import flash
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from core.audit import record
from core.host.declarations import ApiDecl, ViewDecl
from core.models import OrderDelivery, OrderSource
from core.services import order_feed
from core.web.fab import AdminApi, SQLAInterface, expose, has_access
from core.web.nouns.base import LIVING, NounView, commit
from core.web.nouns.currency import PrefillsCurrency, checked_currency
from core.web.nouns.writes import Archives
from core.web.request import web_session

SHOWN = 50
EXAMPLE = {
    "event": "created",
    "event_id": "evt-1001",
    "order": {
        "id": "1001",
        "customer": {"name": "Dewi Lestari", "phone": "+6282112345678"},
        "lines": [{"product": "Serum 30 ml", "quantity": 2, "price": "185000"}],
        "estimated_date": "2026-12-24",
    },
}


class SourceWrites(Archives):
    """Both doors to a shop lead through the same services."""

    def perform_add(self, data: dict[str, Any]) -> OrderSource:
        source = order_feed.create_source(
            web_session(), data.get("name") or "", checked_currency(data.get("currency"))
        )
        commit()
        return source

    def perform_edit(self, item: OrderSource, data: dict[str, Any]) -> OrderSource:
        order_feed.change_source(
            web_session(),
            item,
            data.get("name", item.name) or "",
            checked_currency(data.get("currency", item.currency)),
        )
        commit()
        return item


class OrderSourceView(PrefillsCurrency, SourceWrites, NounView):
    """Shops, each with its address, its secret and its last deliveries."""

    datamodel = SQLAInterface(OrderSource)
    class_permission_name = "OrderSource"
    list_title, show_title = _("Shops"), _("Shop")
    add_title, edit_title = _("Connect a shop"), _("Edit shop")
    list_columns = ["name", "currency", "last_at", "created_at"]
    show_columns = ["name", "currency", "last_at", "created_at"]
    add_columns = edit_columns = ["name", "currency"]
    search_columns = ["name"]
    base_filters = LIVING
    show_template = "sapa/orders/source.html"
    label_columns = {"name": _("Name"), "last_at": _("Last delivery")}
    description_columns = {
        "name": _("As you call the shop. Its orders say that they come from there."),
        "currency": _("What an order is counted in that names no currency."),
    }
    delete_words = {
        "question": _("Disconnect this shop? Its deliveries are refused from then on."),
        "label": _("Disconnect"),
    }
    delete_row_message = _("Disconnected.")
    empty_state = {
        "title": _("No shop is connected"),
        "text": _("A shop or any program of yours can send its orders here, signed."),
        "action_label": _("Connect a shop"),
        "icon": "building-store",
    }

    def perform_add(self, data: dict[str, Any]) -> OrderSource:
        source = super().perform_add(data)
        self.lead_to(source)
        return source

    @expose("/secret/<pk>", methods=["POST"])
    @has_access
    def secret(self, pk: str) -> Any:
        """Show the secret, this once; that somebody saw it is in the audit trail."""
        source = self._item(pk)
        record(web_session(), "show secret", source)
        return self._with_secret(pk, source)

    @expose("/new_secret/<pk>", methods=["POST"])
    @has_access
    def new_secret(self, pk: str) -> Any:
        """Make a new secret and show it. The old one signs nothing any more."""
        source = self._item(pk)
        order_feed.new_secret(web_session(), source)
        flash(gettext("A new secret: give it to the shop now, the old one is refused."), "success")
        return self._with_secret(pk, source)

    def render_template(self, template: str, **values: Any) -> Any:
        if template == self.show_template:
            source = self._item(values["pk"])
            values |= {
                "source": source,
                "address": order_feed.source_address(web_session(), source),
                "secret": values.get("secret", ""),
                "example": json.dumps(EXAMPLE, indent=2),
                "headers": (order_feed.TIMESTAMP, order_feed.SIGNATURE),
                "deliveries": self._deliveries(source),
            }
        return super().render_template(template, **values)

    def _with_secret(self, pk: str, source: OrderSource) -> Any:
        secret = order_feed.secret_of(web_session(), source)
        commit()
        page = self.render_template(
            self.show_template, pk=pk, title=self.show_title, widgets={}, secret=secret
        )
        return page, {"Cache-Control": "no-store"}

    def _deliveries(self, source: OrderSource) -> Any:
        return web_session().scalars(
            select(OrderDelivery)
            .where(OrderDelivery.source_id == source.id)
            .order_by(OrderDelivery.id.desc())
            .limit(SHOWN)
        )


class OrderDeliveryView(NounView):
    """What shops told, and what came of it."""

    datamodel = SQLAInterface(OrderDelivery)
    class_permission_name = "OrderSource"
    read_only = True
    list_title, show_title = _("Deliveries"), _("Delivery")
    list_columns = ["at", "source", "event", "key", "is_applied", "reason", "count"]
    show_columns = [*list_columns, "answer"]
    search_columns = ["at", "source", "event", "key", "is_applied"]
    base_order = ("id", "desc")
    label_columns = {
        "source": _("Shop"),
        "event": _("Event"),
        "is_applied": _("Done"),
        "reason": _("Why it was refused"),
        "count": _("Times"),
        "key": _("Idempotency key"),
        "answer": _("Answer"),
    }
    empty_state = {
        "title": _("Nothing came yet"),
        "text": _("What shops tell of their orders is kept here for 30 days."),
        "icon": "building-store",
    }


class OrderSourceApi(SourceWrites, AdminApi):
    """`/api/v1/order_source/`; its secret is shown on screen only."""

    resource_name = "order_source"
    datamodel = SQLAInterface(OrderSource)
    class_permission_name = "OrderSource"
    list_columns = ["id", "uuid", "name", "currency", "last_at", "created_at"]
    show_columns = list_columns
    add_columns = edit_columns = ["name", "currency"]
    search_columns = ["name", "created_at"]
    base_filters = LIVING


class OrderDeliveryApi(AdminApi):
    """`/api/v1/order_delivery/`, to read."""

    resource_name = "order_delivery"
    datamodel = SQLAInterface(OrderDelivery)
    class_permission_name = "OrderSource"
    read_only = True
    list_columns = [
        "id",
        "at",
        "source.id",
        "event",
        "event_id",
        "key",
        "is_applied",
        "reason",
        "count",
    ]
    show_columns = [*list_columns, "answer"]
    search_columns = ["at", "source", "event", "key", "is_applied"]


NOUNS = (
    ViewDecl(
        view=OrderSourceView,
        name="Shops",
        icon="building-store",
        category="Settings",
        category_icon="settings",
    ),
    ViewDecl(view=OrderDeliveryView),
    ApiDecl(api=OrderSourceApi),
    ApiDecl(api=OrderDeliveryApi),
)
