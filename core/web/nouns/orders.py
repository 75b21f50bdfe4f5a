"""Orders: made, paid, sent and received by operations; nothing here writes a status."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DecimalField
from wtforms.validators import Optional

from core.host.declarations import ApiDecl, ViewDecl
from core.models import Order, OrderLine
from core.services import orders
from core.web.fab import AdminApi, SQLAInterface
from core.web.fab.forms import Fits
from core.web.nouns.base import LIVING, NounView, commit
from core.web.nouns.currency import PrefillsCurrency, checked_currency
from core.web.nouns.order_moves import OrderMoves
from core.web.nouns.order_schemas import OrderSchemas
from core.web.nouns.products_field import ProductsField
from core.web.nouns.writes import Archives
from core.web.request import web_session

STATUS_BADGES = {
    "new": "secondary",
    "processing": "azure",
    "shipped": "indigo",
    "received": "green",
    "cancelled": "red",
}
PAYMENT_BADGES = {"unpaid": "orange", "part": "yellow", "paid": "green"}

CORRECTED = ("lines", "total", "carrier", "tracking_number", "note")


class OrderWrites(Archives):
    """Both doors to an order lead through the same services."""

    source = "desk"

    def perform_add(self, data: dict[str, Any]) -> Order:
        order = orders.create_order(
            web_session(),
            data["contact"],
            number=(data.get("number") or "").strip(),
            lines=data.get("lines") or (),
            total=data.get("total"),
            currency=checked_currency(data.get("currency")),
            estimated_date=data.get("estimated_date"),
            note=data.get("note") or "",
            source=self.source,
            is_draft=bool(data.get("is_draft")),
        )
        commit()
        return order

    def perform_edit(self, item: Order, data: dict[str, Any]) -> Order:
        orders.change_order(web_session(), item, **{key: data.get(key) for key in CORRECTED})
        commit()
        return item


class OrderLineView(NounView):
    """What was ordered."""

    datamodel = SQLAInterface(OrderLine)
    class_permission_name = "OrderLine"
    read_only = True
    list_title, show_title = _("Products"), _("Product")
    list_columns = ["product", "quantity", "price"]
    empty_state = {"title": _("No products"), "text": _("This order has only a total.")}
    search_columns = ["product"]


class OrderView(PrefillsCurrency, OrderWrites, OrderMoves):
    """Orders and their invoices."""

    datamodel = SQLAInterface(Order)
    class_permission_name = "Order"
    list_title, show_title = _("Orders"), _("Order")
    add_title, edit_title = _("New order"), _("Edit order")
    list_columns = ["number", "contact", "total", "currency", "status", "payment", "created_at"]
    show_columns = [
        "number",
        "contact",
        "status",
        "payment",
        "total",
        "paid",
        "currency",
        "estimated_date",
        "carrier",
        "tracking_number",
        "note",
        "source",
        "created_at",
        "verified_at",
        "shipped_at",
        "received_at",
        "cancelled_at",
    ]
    add_columns = [
        "contact",
        "lines",
        "total",
        "currency",
        "number",
        "estimated_date",
        "note",
        "is_draft",
    ]
    edit_columns = list(CORRECTED)
    add_form_extra_fields = {
        "lines": ProductsField(_("Products")),
        "total": DecimalField(
            _("Total"),
            description=_("Left empty, the sum of the products."),
            validators=[Optional(), Fits(Order.__table__.c.total)],
        ),
        "is_draft": BooleanField(
            _("Draft"),
            description=_("Only write it down: nobody is told before you place it."),
        ),
    }
    edit_form_extra_fields = {"lines": ProductsField(_("Products"))}
    search_columns = ["number", "status", "payment", "tracking_number", "created_at"]
    base_filters = LIVING
    base_order = ("id", "desc")
    description_columns = {
        "number": _("Left empty, Sapa gives the next one."),
        "estimated_date": _("When the customer should have it."),
        "currency": _("Three letters, like IDR or RON."),
        "tracking_number": _("Saved here, nobody is told: that is what Send does."),
    }
    label_columns = {
        "contact": _("Customer"),
        "number": _("Number"),
        "estimated_date": _("Estimated delivery"),
        "tracking_number": _("Tracking number"),
    }
    empty_state = {
        "title": _("No orders yet"),
        "text": _("Write the first one down, or let your shop send them over REST."),
        "action_label": _("New order"),
        "icon": "shopping-cart",
    }
    badges = {"status": STATUS_BADGES, "payment": PAYMENT_BADGES}
    value_words = {"payment": {"part": _("Part paid")}, "status": {"new": _("Draft")}}
    money_columns = {"total": "currency", "paid": "currency"}

    def _form(self, kind: Any, item: Any = None) -> Any:
        """A new order may begin with its customer: `?contact=12`, from the inbox."""
        form = super()._form(kind, item)
        contact_id = request.args.get("contact", type=int)
        if item is None and contact_id and "contact" in form and request.method == "GET":
            form.contact.data = self.datamodel.related_row("contact", str(contact_id))
        return form

    def perform_add(self, data: dict[str, Any]) -> Order:
        order = super().perform_add(data)
        self.lead_to(order)
        return order


class OrderApi(OrderWrites, AdminApi):
    """`/api/v1/order/`; paying, sending and the rest are operations on it."""

    resource_name = "order"
    datamodel = SQLAInterface(Order)
    class_permission_name = "Order"
    source = "api"
    list_columns = [
        "id",
        "uuid",
        "number",
        "contact.id",
        "currency",
        "total",
        "paid",
        "status",
        "payment",
        "estimated_date",
        "carrier",
        "tracking_number",
        "source",
        "external_id",
        "episode",
        "created_at",
        "updated_at",
    ]
    show_columns = [*list_columns, "note", "lines.product", "lines.quantity", "lines.price"]
    model2schemaconverter = OrderSchemas
    add_columns = [
        "contact",
        "lines",
        "number",
        "total",
        "currency",
        "estimated_date",
        "note",
        "is_draft",
    ]
    edit_columns = list(CORRECTED)
    search_columns = ["number", "status", "payment", "contact", "created_at", "updated_at"]
    base_filters = LIVING


MENU = "Sales"
NOUNS = (
    ViewDecl(view=OrderView, name="Orders", icon="shopping-cart", category=MENU),
    ViewDecl(view=OrderLineView),
    ApiDecl(api=OrderApi),
)
