"""A customer's own pages: everything about the person, the search, and what erasing would lose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from core.errors import Gone, NotFound, Refused
from core.models import (
    Attachment,
    Card,
    Contact,
    Conversation,
    Customer,
    Label,
    Message,
    Order,
    Task,
)
from core.services import customers, groups, labels
from core.services.consent import opt_in, opt_out
from core.services.find_customers import find_customers
from core.web.device_extras import customer_list_actions
from core.web.fab import expose, has_access, permission_name
from core.web.fab.values import text_problem
from core.web.nouns.base import NounView, commit
from core.web.operations.base import row_id
from core.web.plugin_panels import customer_panels
from core.web.request import need_tenant, web_session

SHOWN = 10  # of each kind on the customer's page; the lists have the rest


class CustomerPages(NounView):
    """What the generated screens can't say about a person."""

    delete_page = "erase"

    def _item(self, pk: str) -> Any:
        """An old id leads to the customer that it stands for now (E14)."""
        return super()._item(living_pk(pk))

    def render_template(self, template: str, **values: Any) -> str:
        if template == self.list_template:
            values["list_actions"] = customer_list_actions()
        page: str = super().render_template(template, **values)
        return page

    def row_marks(self, keys: Sequence[Any]) -> dict[Any, tuple[str, str, str]]:
        """Merged customers, each with how many contacts it has (E4)."""
        return {
            key: ("arrows-join", ngettext("%(num)s contact", "%(num)s contacts", count), str(count))
            for key, count in groups.sizes(web_session(), keys).items()
        }

    @expose("/search")
    @has_access
    @permission_name("list")
    def search(self) -> Any:
        need_tenant()
        text = request.args.get("q", "").strip()
        if text_problem(text):
            text = ""
        found = find_customers(web_session(), text)
        if len(found) == 1:
            return redirect(url_for("CustomerView.show", pk=found[0].id))
        return self.render_template(
            "sapa/customers/search.html",
            title=_("Search"),
            text=text,
            customers=found,
            marks=self.row_marks([each.id for each in found]),
        )

    @expose("/show/<pk>")
    @has_access
    def show(self, pk: str) -> Any:
        try:
            customer = self._item(pk)
        except Gone:
            return self._nothing_left(pk)
        if str(customer.id) != pk:
            flash(
                _("You opened an old link: this customer was merged, and this is it now."), "info"
            )
            return redirect(self.address(customer.id))
        self.update_redirect()
        may = {each: self._may(each) for each in ("edit", "delete")}
        return self.render_template(
            "sapa/customers/show.html",
            title=str(customer),
            pk=pk,
            customer=customer,
            view=self,
            may=may,
            plugin_panels=customer_panels(customers.main_contact(customer))
            if customer.contacts
            else [],
            **_about(customer),
        )

    def _nothing_left(self, pk: str) -> Any:
        """The page of somebody erased, or of a group whose merge was undone."""
        customer = super()._item(pk)
        page = self.render_template(
            "sapa/customers/show.html",
            title=_("Nothing is left"),
            pk=pk,
            customer=customer,
            view=self,
            may={"edit": False, "delete": False},
            members=[],
        )
        return page, Gone.status

    @expose("/erase/<pk>")
    @has_access
    @permission_name("delete")
    def erase(self, pk: str) -> Any:
        customer = self._item(pk)
        return self.render_template(
            "sapa/customers/erase.html",
            title=_("Erase %(name)s?", name=str(customer)),
            pk=pk,
            customer=customer,
            lost=_lost(customer),
            members=[(each, _lost_of([each.id])) for each in customer.contacts]
            if customer.is_group
            else [],
        )

    @expose("/label/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def label(self, pk: str) -> Any:
        contact, label = self._pair(pk)
        labels.put_label(web_session(), contact, label)
        commit()
        return redirect(self.address(pk))

    @expose("/unlabel/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def unlabel(self, pk: str) -> Any:
        contact, label = self._pair(pk)
        labels.take_label(web_session(), contact, label)
        commit()
        return redirect(self.address(pk))

    @expose("/consent/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def consent(self, pk: str) -> Any:
        """Note a contact's wish; one opt-out silences the whole customer."""
        contact = self._contact(pk)
        note = opt_out if request.form.get("wish") == "out" else opt_in
        note(web_session(), contact)
        commit()
        return redirect(self.address(pk))

    def _contact(self, pk: str) -> Contact:
        """A contact of this customer, named in the form."""
        customer: Customer = self._item(pk)
        wanted = row_id(request.form.get("contact", ""))
        contact = next((each for each in customer.contacts if each.id == wanted), None)
        if contact is None:
            raise NotFound(_("This customer has no such contact."))
        return contact

    def _pair(self, pk: str) -> tuple[Contact, Label]:
        """A contact of this customer, and a label, both named in the form."""
        contact = self._contact(pk)
        chosen = request.form.get("label", "")
        if not chosen:
            raise Refused(_("Choose a label."), "label")
        label = web_session().get(Label, row_id(chosen))
        if label is None:
            raise NotFound(_("There is no such label."))
        return contact, label


def living_pk(pk: str) -> str:
    """The key of the customer that a key in an address stands for; what is no key stays as it is.

    NotFound, or Gone for one that was erased or whose merge was undone.
    """
    if not pk.isascii() or not pk.isdigit() or len(pk) > 10:
        return pk
    return str(customers.resolve(web_session(), int(pk)).id)


def _about(customer: Customer) -> dict[str, Any]:
    """Everything that the page shows, each kind in one statement."""
    session = web_session()
    members = [each for each in customer.contacts if each.archived_at is None]
    ids = [contact.id for contact in members] or [0]

    def latest(noun: Any, *order: Any, **where: Any) -> list[Any]:
        found = select(noun).where(noun.contact_id.in_(ids)).filter_by(**where)
        return list(session.scalars(found.order_by(*order).limit(SHOWN)))

    every = session.scalars(select(Label).order_by(Label.name)).all()
    return {
        "members": members,
        "labels": labels.labels_of(session, members),
        "every_label": every,
        "conversations": latest(Conversation, Conversation.last_at.desc()),
        "cards": latest(Card, Card.is_open.desc(), Card.id.desc(), archived_at=None),
        "orders": latest(Order, Order.id.desc(), archived_at=None),
        "tasks": latest(Task, Task.done_at.isnot(None), Task.deadline),
    }


def _lost(customer: Customer) -> list[tuple[str, int]]:
    """What erasing takes away for good, with how many of each."""
    return _lost_of([contact.id for contact in customer.contacts])


def _lost_of(ids: list[int]) -> list[tuple[str, int]]:
    messages = select(Message.id).where(Message.contact_id.in_(ids))

    def count(noun: Any, condition: Any) -> int:
        return web_session().scalar(select(func.count(noun.id)).where(condition)) or 0

    return [
        (_("Contacts, with names, numbers and addresses"), len(ids)),
        (_("The text of messages"), count(Message, Message.contact_id.in_(ids))),
        (_("Files"), count(Attachment, Attachment.message_id.in_(messages))),
        (
            _("Titles of cards and tasks"),
            count(Card, Card.contact_id.in_(ids)) + count(Task, Task.contact_id.in_(ids)),
        ),
        (_("Notes on orders"), count(Order, (Order.contact_id.in_(ids)) & (Order.note != ""))),
    ]
