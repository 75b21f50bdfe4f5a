"""What a device's provider knows: how the account stands, its templates, and what came before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from core.adapter import ReadsFacts
from core.host.declarations import ViewDecl
from core.listed_templates import ListsTemplates, TemplateState
from core.models import Channel, Template
from core.past import ImportOffer, ImportsPast
from core.services.channel_facts import percent_of, value_of
from core.services.past import begin_import
from core.services.refresh_channel import refresh
from core.web.fab import Page, expose, has_access
from core.web.pages.channel_rows import living_channel
from core.web.request import web_session

WORDS = {
    "quality": _l("Quality"),
    "messaging_limit": _l("Messaging limit"),
    "verified_name": _l("Name that customers see"),
    "account_state": _l("Account"),
    "number_state": _l("Number"),
    "alert": _l("Last alert"),
    "history": _l("History"),
    "contacts": _l("Contacts"),
    "templates": _l("Templates fetched"),
    "waiting_updates": _l("Updates waiting for delivery"),
    "balance": _l("Balance"),
}
"""Names of facts as people read them; a fact of another name is shown with its own words."""


class ChannelProviderView(Page):
    """`/channels/<id>/provider`, `/refresh` and `/import/<name>`."""

    route_base = "/channels"
    class_permission_name = "Channel"
    method_permission_name = {"provider": "show", "refresh": "edit", "begin": "edit"}

    @expose("/<pk>/provider")
    @has_access
    def provider(self, pk: str) -> Any:
        """The cards of the device's page that its provider fills: a piece, asked for again."""
        return self.render_template("sapa/channels/_provider.html", **values(living_channel(pk)))

    @expose("/<pk>/refresh", methods=["POST"])
    @has_access
    def refresh(self, pk: str) -> Any:
        """Ask the provider for its templates and for how the account stands, in a job."""
        channel = living_channel(pk)
        refresh(web_session(), channel)
        web_session().commit()
        flash(_("Fetching. What comes is shown here."), "success")
        return redirect(url_for("ChannelsView.show", pk=pk))

    @expose("/<pk>/import/<name>", methods=["POST"])
    @has_access
    def begin(self, pk: str, name: str) -> Any:
        """Ask the provider for contacts or messages from before. It is asked here and now."""
        session = web_session()
        begun = begin_import(session, living_channel(pk), name)
        offer = begun.offer
        if begun.problem:
            flash(_("The provider refused: %(reason)s", reason=begun.problem), "danger")
        else:
            flash(_("Asked for. %(what)s will come by and by.", what=offer.title), "success")
        return redirect(url_for("ChannelsView.show", pk=pk))


def values(channel: Channel) -> dict[str, Any]:
    """What the piece shows of a channel."""
    session = web_session()
    adapter = session.desk.host.adapters.get(channel.kind)
    counted = session.execute(
        select(Template.state, func.count())
        .where(Template.channel_id == channel.id, Template.archived_at.is_(None))
        .group_by(Template.state)
    )
    offers: Sequence[ImportOffer] = adapter.imports if isinstance(adapter, ImportsPast) else ()
    shown = [name for name in channel.facts if name not in {offer.fact for offer in offers}]
    return {
        "channel": channel,
        "facts": [(_word(name), channel.facts[name]) for name in shown],
        "has_templates": isinstance(adapter, ListsTemplates),
        "has_facts": isinstance(adapter, ReadsFacts | ListsTemplates),
        "template_counts": {TemplateState(state).value: n for state, n in counted},
        "imports": [(offer, *_progress(channel, offer)) for offer in offers],
    }


def _word(name: str) -> str:
    return str(WORDS[name]) if name in WORDS else name.replace("_", " ").capitalize()


def _progress(channel: Channel, offer: ImportOffer) -> tuple[str, int | None]:
    return value_of(channel, offer.fact), percent_of(channel, offer.fact)


PAGES = (ViewDecl(view=ChannelProviderView),)
