"""A plugin that says something of each device: in the table, in its settings, above customers."""

from flask import url_for

from core.api import (
    DeviceFact,
    ListAction,
    Manifest,
    Page,
    Panel,
    ViewDecl,
    expose,
    has_access,
    hookimpl,
)

manifest = Manifest(name="gauge", title="Gauge", version="1.0", default_enabled=True)


class GaugeView(Page):
    route_base = "/gauge"
    class_permission_name = "Gauge"
    method_permission_name = {"index": "read", "secret": "delete"}

    @expose("/")
    @has_access
    def index(self) -> str:
        return "<p>Battery full</p>"

    @expose("/secret")
    @has_access
    def secret(self) -> str:
        return "<p>Secret</p>"


@hookimpl
def views():
    return [ViewDecl(view=GaugeView)]


@hookimpl
def device_facts(channels):
    return [
        DeviceFact(channel_id=each.id, title="Battery", badge="Full", colour="green", text="99 %")
        for each in channels
    ]


@hookimpl
def device_panels(channel):
    return [
        Panel(name="secret", title="Secret", href=url_for("GaugeView.secret")),
        Panel(name="gauge", title=f"Gauge of {channel.name}", href=url_for("GaugeView.index")),
    ]


@hookimpl
def customer_list_actions():
    return [
        ListAction(label="Weigh", href=url_for("GaugeView.index"), icon="scale"),
        ListAction(label="Hide", href=url_for("GaugeView.secret")),
    ]
