"""Customers and their contacts."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import SelectField

from core.errors import Refused
from core.host.declarations import ApiDecl, ViewDecl
from core.models import Contact, Customer, Identity, Label
from core.services import customers, erase
from core.web.fab import AdminApi, SQLAInterface
from core.web.message_button import address_to_write
from core.web.nouns.base import LIVING, NounView, commit
from core.web.nouns.customer_page import CustomerPages, living_pk
from core.web.operations.base import row_id
from core.web.request import web_session
from core.words import say

TYPED = ("name", "phone", "email")
CONSENT_BADGES = {"in": "green", "out": "red", "unknown": "secondary"}


# a badge's colours in sapa.css
COLOUR_WORDS = {
    "teal": _("Teal"),
    "blue": _("Blue"),
    "purple": _("Purple"),
    "yellow": _("Yellow"),
    "red": _("Red"),
    "secondary": _("Grey"),
    "orange": _("Orange"),
    "green": _("Green"),
    "pink": _("Pink"),
    "azure": _("Azure"),
}
COLOURS = ("teal", "blue", "purple", "yellow", "red", "secondary")


def swatch(color: str) -> Markup:
    """A label's colour as the badge it will be."""
    return Markup('<span class="badge sapa-badge sapa-badge-{0}">{1}</span>').format(
        color, COLOUR_WORDS.get(color, color)
    )


def made_from(data: dict[str, Any], origin: str) -> Customer:
    """A new customer from a form's or a call's fields."""
    return customers.create_customer(
        web_session(),
        name=data.get("name") or "",
        phone=data.get("phone") or "",
        email=data.get("email") or "",
        origin=origin,
    )


class CustomerWrites:
    """Both doors to a customer lead through the same services."""

    origin = "person"
    readonly_columns: tuple[str, ...] | list[str] = (
        "uuid",
        "is_group",
        "version",
        "archived_at",
        "created_at",
        "updated_at",
    )

    def perform_add(self, data: dict[str, Any]) -> Customer:
        customer = made_from(data, self.origin)
        commit()
        return customer

    def perform_edit(self, item: Customer, data: dict[str, Any]) -> Customer:
        values = {field: data[field] for field in TYPED if field in data}
        customers.change_customer(web_session(), item, values)
        commit()
        return item

    def perform_delete(self, item: Customer) -> None:
        """Erase one who is alone, and of a merged one those members that are named (`member`).

        A member that isn't one refuses all: somebody moved since the list was made.
        """
        wanted = {row_id(each) for each in request.values.getlist("member")}
        chosen = [contact for contact in item.contacts if contact.id in wanted]
        if len(chosen) < len(wanted):
            raise Refused(say("One of them isn't in this customer any more."), "member")
        if item.is_group and not chosen:
            raise Refused(say("Choose whom to erase: nobody is chosen yet."), "member")
        if not item.is_group:
            erase.erase_customer(web_session(), item)
        for contact in chosen if item.is_group else ():
            erase.erase_contact(web_session(), contact)
        commit()


class IdentityView(NounView):
    """Addresses: what reaches a contact. Made by messages and by a contact's own fields."""

    datamodel = SQLAInterface(Identity)
    class_permission_name = "Identity"
    read_only = True
    list_title, show_title = _("Addresses"), _("Address")
    list_columns = ["kind", "address", "is_verified", "last_inbound_at"]
    show_columns = ["kind", "address", "contact", "is_verified", "created_at", "last_inbound_at"]
    search_columns = ["kind", "address", "is_verified"]
    base_order = ("id", "desc")
    badges = {"kind": {"phone": "green", "email": "azure"}}
    empty_state = {
        "title": _("No addresses"),
        "text": _(
            "A number or an e-mail address on the contact becomes one, and so does a message."
        ),
        "icon": "at",
    }


class ContactView(NounView):
    """One address-book entry each; several may belong to one customer."""

    datamodel = SQLAInterface(Contact)
    class_permission_name = "Contact"
    list_title, show_title = _("Contacts"), _("Contact")
    add_title, edit_title = _("New contact"), _("Edit contact")
    list_columns = ["name", "phone", "email", "customer", "consent"]
    show_columns = [
        "name",
        "phone",
        "email",
        "birthday",
        "consent",
        "customer",
        "sources",
        "created_at",
    ]
    add_columns = ["name", "phone", "email"]
    edit_columns = ["name", "phone", "email", "birthday", "consent"]
    search_columns = ["name", "phone", "email", "consent", "created_at"]
    base_filters = LIVING
    base_order = ("id", "desc")
    related_views = [IdentityView]
    formatters_columns = {"phone": address_to_write, "email": address_to_write}
    description_columns = {
        "phone": _("With or without the country prefix: 0821…, +62 821…, 62821…"),
        "consent": _("Opting out wins: nothing automatic is sent to this person any more."),
    }
    badges = {"consent": CONSENT_BADGES}
    value_words = {
        "consent": {"in": _("Opted in"), "out": _("Opted out"), "unknown": _("Not asked")}
    }
    label_columns = {"sources": _("Who set what")}

    delete_words = {
        "question": _("Take this contact out of the lists? A new message brings it back."),
        "label": _("Archive"),
    }
    delete_row_message = _("Archived.")
    empty_state = {
        "title": _("No contacts yet"),
        "text": _("They appear by themselves when somebody writes to you. Or add the first one."),
        "action_label": _("New contact"),
        "icon": "address-book",
    }

    def perform_add(self, data: dict[str, Any]) -> Contact:
        contact = made_from(data, "person").contacts[0]
        commit()
        return contact

    def perform_edit(self, item: Contact, data: dict[str, Any]) -> Contact:
        customers.change_contact(web_session(), item, data)
        commit()
        return item

    def perform_delete(self, item: Contact) -> None:
        customers.archive_contact(web_session(), item)
        commit()


class CustomerView(CustomerWrites, CustomerPages):
    """The people a business talks to."""

    datamodel = SQLAInterface(Customer)
    class_permission_name = "Customer"
    list_title, show_title = _("Customers"), _("Customer")
    add_title, edit_title = _("New customer"), _("Edit customer")
    list_columns = ["name", "phone", "email", "created_at"]
    show_columns = ["name", "phone", "email", "created_at", "updated_at"]
    add_columns = edit_columns = list(TYPED)
    search_columns = ["name", "phone", "email", "created_at"]
    base_filters = LIVING
    base_order = ("id", "desc")
    formatters_columns = {"phone": address_to_write, "email": address_to_write}
    description_columns = {
        "phone": _("With or without the country prefix: 0821…, +62 821…, 62821…"),
    }
    empty_state = {
        "title": _("No customers yet"),
        "text": _("They appear by themselves when somebody writes to you. Or add the first one."),
        "action_label": _("New customer"),
        "icon": "users",
    }
    delete_words = {"label": _("Erase")}
    delete_row_message = _("Erased for good.")

    def perform_add(self, data: dict[str, Any]) -> Customer:
        customer = super().perform_add(data)
        self.lead_to(customer)
        return customer


class LabelView(NounView):
    """Coloured words that people put on contacts."""

    datamodel = SQLAInterface(Label)
    class_permission_name = "Label"
    list_title, show_title = _("Labels"), _("Label")
    add_title, edit_title = _("New label"), _("Edit label")
    list_columns = ["name", "color"]
    show_columns = ["name", "color"]
    add_columns = edit_columns = ["name", "color"]
    search_columns = ["name"]
    label_columns = {"color": _("Colour")}
    formatters_columns = {"color": swatch}
    add_form_extra_fields = edit_form_extra_fields = {
        "color": SelectField(_("Colour"), choices=[(c, COLOUR_WORDS[c]) for c in COLOURS])
    }
    delete_words = {
        "question": _("Delete this label? It leaves every contact that has it."),
        "label": _("Delete"),
    }
    empty_state = {
        "title": _("No labels yet"),
        "text": _(
            "Labels mark contacts, like “wholesale” or “allergic”. They colour the Inbox too."
        ),
        "action_label": _("New label"),
        "icon": "tag",
    }


class CustomerApi(CustomerWrites, AdminApi):
    """`/api/v1/customer/`."""

    resource_name = "customer"
    datamodel = SQLAInterface(Customer)
    class_permission_name = "Customer"
    origin = "api"
    list_columns = ["id", "uuid", *TYPED, "is_group", "version", "created_at", "updated_at"]
    show_columns = [*list_columns, "contacts.id", "contacts.name"]
    add_columns = edit_columns = list(TYPED)
    search_columns = [*TYPED, "created_at", "updated_at"]
    base_filters = LIVING

    def _item(self, pk: str) -> Any:
        """An old id answers with the customer that it stands for now (E14)."""
        return super()._item(living_pk(pk))


class ContactApi(AdminApi):
    """`/api/v1/contact/`: made through customers; changed here as a person would."""

    resource_name = "contact"
    datamodel = SQLAInterface(Contact)
    class_permission_name = "Contact"
    exclude_route_methods = {"post"}
    list_columns = [
        "id",
        "uuid",
        *TYPED,
        "birthday",
        "consent",
        "customer.id",
        "sources",
        "created_at",
    ]
    show_columns = list_columns
    edit_columns = [*TYPED, "birthday", "consent"]
    search_columns = [*TYPED, "consent", "created_at"]
    base_filters = LIVING

    def perform_edit(self, item: Contact, data: dict[str, Any]) -> Contact:
        customers.change_contact(web_session(), item, data)
        commit()
        return item

    def perform_delete(self, item: Contact) -> None:
        customers.archive_contact(web_session(), item)
        commit()


class LabelApi(AdminApi):
    """`/api/v1/label/`."""

    resource_name = "label"
    datamodel = SQLAInterface(Label)
    class_permission_name = "Label"
    list_columns = ["id", "name", "color"]
    add_columns = edit_columns = ["name", "color"]


class IdentityApi(AdminApi):
    """`/api/v1/identity/`, to read."""

    resource_name = "identity"
    datamodel = SQLAInterface(Identity)
    class_permission_name = "Identity"
    read_only = True
    list_columns = ["id", "kind", "address", "is_verified", "contact.id", "last_inbound_at"]


MENU = "Customers"
NOUNS = (
    ViewDecl(
        view=CustomerView, name="Customers", icon="users", category=MENU, category_icon="users"
    ),
    ViewDecl(view=ContactView, name="Contacts", icon="address-book", category=MENU),
    ViewDecl(view=LabelView, name="Labels", icon="tag", category=MENU),
    ViewDecl(view=IdentityView),
    ApiDecl(api=CustomerApi),
    ApiDecl(api=ContactApi),
    ApiDecl(api=LabelApi),
    ApiDecl(api=IdentityApi),
)
