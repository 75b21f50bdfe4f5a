"""Channels: the connected numbers and accounts, connecting one, its settings and its state."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.adapter import ChecksConnection, GuidesSetup, SubscribesWebhook
from core.errors import NotFound, Refused
from core.host.declarations import ViewDecl
from core.models import Channel, ChannelCount, Membership, Module
from core.pairing import Pairs
from core.services import channels
from core.services.lines import line_of
from core.web.device_extras import device_columns
from core.web.disconnecting import disconnect
from core.web.fab import Page, expose, has_access
from core.web.fab.values import text_problem
from core.web.operations.base import row_id
from core.web.pages.channel_provider import values as provider_values
from core.web.pages.channel_rows import living_channel
from core.web.pages.settings_form import rows_of, typed_values
from core.web.plugin_panels import device_panels
from core.web.request import need_tenant, web_session
from core.words import say, told


class ChannelsView(Page):
    """`/channels/`: *My devices* (A2), and connecting another one."""

    route_base = "/channels"
    class_permission_name = "Channel"
    method_permission_name = {"arrived": "show", "setup": "show"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        need_tenant()
        session = web_session()
        rows = session.scalars(
            select(Channel)
            .where(Channel.archived_at.is_(None))
            .order_by(Channel.name)
            .options(selectinload(Channel.owner))
        ).all()
        ignored = session.execute(
            select(ChannelCount.channel_id, ChannelCount.count).where(
                ChannelCount.what == "filtered"
            )
        )
        return self.render_template(
            "sapa/channels/index.html",
            title=_("My devices"),
            channels=rows,
            ignored={row.channel_id: row.count for row in ignored},
            phones={k for k, a in session.desk.host.adapters.items() if isinstance(a, Pairs)},
            kinds={
                kind: say(adapter.title) for kind, adapter in session.desk.host.adapters.items()
            },
            columns=device_columns(rows),
        )

    @expose("/new")
    @has_access
    def new(self) -> Any:
        need_tenant()
        return self.render_template(
            "sapa/channels/new.html", title=_("Connect a device"), kinds=_open_kinds()
        )

    @expose("/new/<kind>", methods=["GET", "POST"])
    @has_access
    def connect(self, kind: str) -> Any:
        need_tenant()
        adapter = _open_kinds().get(kind)
        if adapter is None:
            raise NotFound(_("There is no such kind of channel, or its plugin is off."))
        if request.method == "GET":
            return self._form(adapter, None, {"region": need_tenant().default_region}, {})
        try:
            _check_text()
            channel = channels.create_channel(
                web_session(),
                kind=kind,
                name=request.form.get("name", ""),
                values=typed_values(adapter.settings, request.form),
                region=request.form.get("region", ""),
                owner=_chosen(Membership, "owner"),
                module_id=getattr(_chosen(Module, "module"), "id", None),
            )
        except Refused as refused:
            web_session().rollback()
            return self._form(adapter, None, request.form, refused.errors or _top(refused)), 422
        web_session().commit()
        where = "PairingView.pair" if isinstance(adapter, Pairs) else "ChannelsView.setup"
        return redirect(url_for(where, pk=channel.id))

    @expose("/<pk>/setup")
    @has_access
    def setup(self, pk: str) -> Any:
        """What is left to do at the provider, until its first webhook has come."""
        channel = living_channel(pk)
        session = web_session()
        adapter = channels.adapter_of(session, channel)
        return self.render_template(
            "sapa/channels/setup.html",
            title=_("Set up %(name)s", name=channel.name),
            channel=channel,
            steps=adapter.steps_after if isinstance(adapter, GuidesSetup) else (),
            webhook_url=channels.webhook_url(session, channel),
            is_tested=isinstance(adapter, ChecksConnection),
            tells_itself=isinstance(adapter, SubscribesWebhook),
            is_polled=adapter.capabilities.is_polled,
        )

    @expose("/<pk>/arrived")
    @has_access
    def arrived(self, pk: str) -> Any:
        """Whether a webhook has come: a piece of the set-up page, asked for every few seconds."""
        channel = living_channel(pk)
        return self.render_template(
            "sapa/channels/_arrived.html", channel=channel, is_polled=_is_polled(channel)
        )

    @expose("/<pk>/test", methods=["POST"])
    @has_access
    def test(self, pk: str) -> Any:
        """Test the connection: a list of what was looked at. The provider is asked here and now."""
        session = web_session()
        line = line_of(session, living_channel(pk))
        session.rollback()
        findings = line.findings()
        return self.render_template(
            "sapa/channels/_findings.html",
            findings=findings,
            channel=living_channel(pk),
            is_polled=line.adapter.capabilities.is_polled,
        )

    @expose("/<pk>")
    @has_access
    def show(self, pk: str) -> Any:
        channel = living_channel(pk)
        session = web_session()
        counts = session.scalars(
            select(ChannelCount)
            .where(ChannelCount.channel_id == channel.id)
            .order_by(ChannelCount.what)
        ).all()
        adapter = session.desk.host.adapters.get(channel.kind)
        return self.render_template(
            "sapa/channels/show.html",
            title=channel.name,
            kind=say(adapter.title) if adapter else channel.kind,
            webhook_url=channels.webhook_url(session, channel),
            counts=counts,
            is_phone=isinstance(adapter, Pairs),
            tells_itself=isinstance(adapter, SubscribesWebhook),
            is_tested=isinstance(adapter, ChecksConnection),
            tests_now="test" in request.args,
            is_polled=_is_polled(channel),
            **provider_values(channel),
        )

    @expose("/<pk>/edit", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        channel = living_channel(pk)
        adapter = channels.adapter_of(web_session(), channel)
        if request.method == "GET":
            return self._form(adapter, channel, {**channel.settings, **_own(channel)}, {})
        try:
            _check_text()
            channels.change_channel(
                web_session(),
                channel,
                name=request.form.get("name", ""),
                region=request.form.get("region", ""),
                owner=_chosen(Membership, "owner"),
                module_id=getattr(_chosen(Module, "module"), "id", None),
                filter_kind=request.form.get("filter", channel.filter.value),
                filter_numbers=request.form.get("filter_numbers", ""),
                values=typed_values(adapter.settings, request.form),
            )
        except Refused as refused:
            web_session().rollback()
            errors = refused.errors or _top(refused)
            return self._form(adapter, living_channel(pk), request.form, errors), 422
        web_session().commit()
        flash(_("Saved."), "success")
        return redirect(url_for("ChannelsView.show", pk=pk))

    @expose("/<pk>/pause", methods=["POST"])
    @has_access
    def pause(self, pk: str) -> Any:
        channels.pause(web_session(), living_channel(pk))
        web_session().commit()
        return redirect(url_for("ChannelsView.show", pk=pk))

    @expose("/<pk>/resume", methods=["POST"])
    @has_access
    def resume(self, pk: str) -> Any:
        channels.resume(web_session(), living_channel(pk))
        web_session().commit()
        return redirect(url_for("ChannelsView.show", pk=pk))

    @expose("/<pk>/archive", methods=["POST"])
    @has_access
    def archive(self, pk: str) -> Any:
        disconnect(living_channel(pk))
        flash(_("Disconnected. Its conversations stay."), "success")
        return redirect(url_for("ChannelsView.index"))

    def _form(self, adapter: Any, channel: Channel | None, typed: Any, errors: Any) -> Any:
        session = web_session()
        kept = frozenset(channels.account_of(session, channel).secrets) if channel else frozenset()
        return self.render_template(
            "sapa/channels/form.html",
            title=_("Edit %(name)s", name=channel.name)
            if channel
            else _("Connect %(kind)s", kind=told(say(adapter.title))),
            adapter=adapter,
            channel=channel,
            typed=typed,
            errors=errors,
            steps=adapter.steps_before
            if isinstance(adapter, GuidesSetup) and channel is None
            else (),
            rows=rows_of(adapter.settings, dict(typed), errors, kept),
            people=_options(session.scalars(select(Membership).where(Membership.is_active))),
            modules=_options(session.scalars(select(Module).where(Module.archived_at.is_(None)))),
            plugin_panels=device_panels(channel) if channel else [],
        )


def _is_polled(channel: Channel) -> bool:
    adapter = web_session().desk.host.adapters.get(channel.kind)
    return adapter is not None and adapter.capabilities.is_polled


def _options(rows: Any) -> list[tuple[int, str]]:
    return sorted(((row.id, str(row)) for row in rows), key=lambda option: option[1].casefold())


def _open_kinds() -> dict[str, Any]:
    host = web_session().desk.host
    return {
        kind: adapter
        for kind, adapter in sorted(host.adapters.items())
        if host.ownership.is_kind_open(kind)
    }


def _own(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "region": channel.region,
        "owner": str(channel.owner_id or ""),
        "module": str(channel.module_id or ""),
        "filter": channel.filter.value,
        "filter_numbers": "\n".join(channel.filter_numbers),
    }


def _chosen(noun: Any, name: str) -> Any:
    text = request.form.get(name, "")
    if not text:
        return None
    row = web_session().get(noun, row_id(text))
    if row is None:
        raise Refused(_("Choose one of the list."), name)
    return row


def _check_text() -> None:
    for name, value in request.form.items():
        if problem := text_problem(value):
            raise Refused(problem, name)


def _top(refused: Refused) -> dict[str, list[str]]:
    return {"": [refused.message]}


PAGES = (
    ViewDecl(
        view=ChannelsView,
        name="Channels",
        label=_l("My devices"),
        icon="device-mobile",
        category="Settings",
        category_icon="settings",
    ),
)
