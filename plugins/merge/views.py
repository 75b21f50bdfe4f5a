"""Merging on screen: the popup, the two sides, the members beside a customer, the history."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.api import (
    Conversation,
    Gone,
    NotFound,
    Page,
    ViewDecl,
    channel_icon,
    expose,
    groups,
    has_access,
    main_channels,
    may,
    profiles,
    web_session,
)
from plugins.merge.acting import MergeActionsView
from plugins.merge.services import history
from plugins.merge.services.limits import MOST_MEMBERS
from plugins.merge.showing import (
    comparison,
    evidence_words,
    field_words,
    goes_into,
    kind_words,
    living,
    rows,
    rule_words,
)


class MergeView(Page):
    """`/merge/…`: pages and fragments to look at. What changes something is in `acting`."""

    route_base = "/merge"
    class_permission_name = "Merge"
    method_permission_name = {
        "index": "read",
        "members": "read",
        "member": "read",
        "choose": "merge",
        "found": "merge",
        "compare": "merge",
        "panel": "merge",
    }

    @expose("/")
    @has_access
    def index(self) -> str:
        """The history: who merged whom, when and why, with Undo."""
        session = web_session()
        customer_id = request.args.get("customer", type=int)
        before = request.args.get("before", type=int)
        page = history.page(session, customer_id=customer_id, before=before)
        body: str = self.render_template(
            "merge/history.html",
            title=_("Merge history"),
            page=page,
            customer_id=customer_id,
            rules=profiles.all_rules(session),
            in_use=profiles.rules_in_use(session),
            fields=field_words(),
            rule_words=rule_words(session),
            kinds=kind_words(),
            evidence=evidence_words(),
            may_merge=may("merge", "Merge"),
            may_rule=may("rule", "Merge"),
        )
        return body

    @expose("/<int:customer_id>/members")
    @has_access
    def members(self, customer_id: int) -> Any:
        """The card beside a customer: its members, the star, and the button to merge."""
        return members_card(customer_id)

    @expose("/<int:customer_id>/member/<int:contact_id>")
    @has_access
    def member(self, customer_id: int, contact_id: int) -> str:
        """What the info icon shows: the member, Set as main channel, Unmerge."""
        session = web_session()
        customer = living(session, customer_id)
        members = groups.members_of(session, customer.id)
        contact = next((each for each in members if each.id == contact_id), None)
        if contact is None:
            raise NotFound(_("This contact doesn't belong to the customer any more."))
        found = main_channels.ways(session, members)
        main = main_channels.pick(found, main_channels.choose(session, customer))
        shown = profiles.profile_of(session, customer, members)
        return render_template(
            "merge/_member.html",
            customer=customer,
            contact=contact,
            ways=[way for way in found if way.contact.id == contact.id],
            main=main,
            shown=shown,
            fields=field_words(),
            channel_icon=channel_icon,
            may_merge=may("merge", "Merge"),
            will_dissolve=len(members) == 2,
        )

    @expose("/<int:customer_id>/choose")
    @has_access
    def choose(self, customer_id: int) -> str:
        """The popup: search, and every customer with its channels."""
        session = web_session()
        customer = living(session, customer_id)
        return render_template(
            "merge/_choose.html", customer=customer, place="dialog", **rows(session, customer)
        )

    @expose("/<int:customer_id>/found")
    @has_access
    def found(self, customer_id: int) -> str:
        """The popup's rows for what was typed, `q`."""
        session = web_session()
        return render_template("merge/_rows.html", **rows(session, living(session, customer_id)))

    @expose("/<int:customer_id>/compare")
    @has_access
    def compare(self, customer_id: int) -> str:
        """Both side by side, and what merging them would make. `with` is the other one.

        `opened` names the one that it all began with, once a person has chosen who is the main one.
        """
        other_id = request.args.get("with", default=0, type=int)
        place = request.args.get("place", "")
        opened_id = request.args.get("opened", type=int)
        main_id, second_id = customer_id, other_id
        if opened_id is None and goes_into(customer_id, other_id, place):
            main_id, second_id = other_id, customer_id
        return comparison(
            main_id,
            second_id,
            opened_id=opened_id or customer_id,
            place=place,
            conversation_id=request.args.get("conversation", type=int),
        )

    @expose("/panel/<int:conversation_id>")
    @has_access
    def panel(self, conversation_id: int) -> str:
        """The inbox's right-hand panel: choose an existing customer for this conversation's."""
        session = web_session()
        conversation = session.get(Conversation, conversation_id)
        if conversation is None:
            raise NotFound(_("There is no such conversation."))
        customer = conversation.contact.customer
        return render_template(
            "merge/_choose.html",
            customer=customer,
            place="panel",
            conversation_id=conversation_id,
            **rows(session, customer),
        )


def members_card(customer_id: int) -> Any:
    """The card's fragment; 204 where there is nothing to show to a reader who may not merge."""
    session = web_session()
    try:
        customer = living(session, customer_id)
    except Gone:
        return "", 204
    members = groups.members_of(session, customer.id)
    may_merge = may("merge", "Merge")
    if not customer.is_group and not may_merge:
        return "", 204
    found = main_channels.ways(session, members)
    main = main_channels.pick(found, main_channels.choose(session, customer))
    latest = history.latest_undoable(session, customer.id)
    return render_template(
        "merge/_members.html",
        customer=customer,
        members=members,
        ways={each.id: [way for way in found if way.contact.id == each.id] for each in members},
        main=main,
        most=MOST_MEMBERS,
        latest=latest,
        shown=profiles.profile_of(session, customer, members),
        fields=field_words(),
        rule_words=rule_words(session),
        channel_icon=channel_icon,
        may_merge=may_merge,
    )


VIEWS = (
    ViewDecl(
        view=MergeView,
        name="Merge history",
        label=lazy_gettext("Merge history"),
        icon="history",
        category="Customers",
    ),
    ViewDecl(view=MergeActionsView),
)
