"""A plugin with cards beside a customer: one to show, one with nothing to say, one for admins."""

from flask import url_for

from core.api import Manifest, Page, Panel, ViewDecl, expose, has_access, hookimpl

manifest = Manifest(name="beside", title="Beside", version="1.0", default_enabled=True)


class BesideView(Page):
    route_base = "/beside"
    class_permission_name = "Beside"
    method_permission_name = {"index": "read", "nothing": "read", "secret": "delete"}

    @expose("/<int:contact_id>")
    @has_access
    def index(self, contact_id: int) -> str:
        return f"<p>Points of {contact_id}: 5</p>"

    @expose("/<int:contact_id>/nothing")
    @has_access
    def nothing(self, contact_id: int) -> tuple[str, int]:
        return "", 204

    @expose("/<int:contact_id>/secret")
    @has_access
    def secret(self, contact_id: int) -> str:
        return "<p>Margin</p>"


@hookimpl
def views():
    return [ViewDecl(view=BesideView)]


@hookimpl
def customer_panels(contact, conversation):
    def to(page: str) -> str:
        return url_for(f"BesideView.{page}", contact_id=contact.id)

    where = "here" if conversation is None else conversation.channel.name
    return [
        Panel(name="nothing", title="Nothing", href=to("nothing")),
        Panel(name="secret", title="Margin", href=to("secret"), order=10),
        Panel(name="points", title=f"Points {where}", href=to("index"), icon="star", order=20),
        Panel(name="abroad", title="Abroad", href="https://example.com/"),
        Panel(name="lost", title="Lost", href="/no/such/page"),
        Panel(name="open", title="Open", href="/healthz"),
    ]


@hookimpl
def order_panels(order):
    href = url_for("BesideView.index", contact_id=order.contact_id)
    secret = url_for("BesideView.secret", contact_id=order.contact_id)
    return [
        Panel(name="margin", title="Margin", href=secret),
        Panel(name="points", title=f"Points of {order.number}", href=href),
    ]
