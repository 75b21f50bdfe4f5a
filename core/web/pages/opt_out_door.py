"""`/o/<token>`: where a customer says that they want no messages, without a login."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from flask_appbuilder.utils.limit import Limit
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from sqlalchemy import select

from core.audit import Actor, acting_as
from core.errors import NotFound
from core.host.declarations import ViewDecl
from core.models import Consent, Contact, Tenant
from core.services.consent import opt_in, opt_out
from core.services.opt_out_links import contact_uuid
from core.web.fab import Page, expose, machine_door
from core.web.language import known_as
from core.web.request import desk

PROOF = "a customer's own link: our tag on it is the proof, and it changes one consent alone"


class OptOutDoorView(Page):
    """A look changes nothing: mail scanners follow links. The button posts."""

    route_base = "/o"
    class_permission_name = "OptOut"
    default_view = "ask"
    limits = [Limit("60 per minute", key_func=get_remote_address)]

    @expose("/<token>")
    @machine_door(PROOF)
    def ask(self, token: str) -> Any:
        """The question, and a button."""
        tenant, contact = _behind(token)
        return self._page(tenant, contact.consent)

    @expose("/<token>", methods=["POST"])
    @machine_door(PROOF)
    def answer(self, token: str) -> Any:
        """Opt out, also by a mail program's one click (RFC 8058); with `again`, take it back."""
        tenant, found = _behind(token)
        with (
            desk().database.tenant(tenant.id) as session,
            acting_as(Actor("customer, by link")),
        ):
            contact = session.get_one(Contact, found.id)
            if request.form.get("again"):
                opt_in(session, contact, by="link")
            else:
                opt_out(session, contact, by="link")
            consent = contact.consent
        return self._page(tenant, consent, is_done=True)

    def _page(self, tenant: Tenant, consent: Consent, *, is_done: bool = False) -> Any:
        languages = current_app.config["LANGUAGES"]
        locale = known_as(tenant.locale, languages)
        asked = request.accept_languages.best_match([*languages], default=locale or "en")
        with force_locale(asked):
            page = self.render_template(
                "sapa/opt_out/page.html",
                title=tenant.name,
                business=tenant.name,
                is_out=consent is Consent.OUT,
                is_done=is_done,
            )
        return page, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def _behind(token: str) -> tuple[Tenant, Contact]:
    """Whose link it is. NotFound: not one of ours, or its business is closed."""
    uuid = contact_uuid(desk().box, token)
    if uuid is not None:
        with desk().database.system(write=False) as system:
            found = system.execute(
                select(Tenant, Contact)
                .join(Contact, Contact.tenant_id == Tenant.id)
                .where(Contact.uuid == uuid, Tenant.is_active.is_(True))
            ).first()
            system.expunge_all()
        if found is not None:
            return found[0], found[1]
    raise NotFound(_("This link leads nowhere any more."))


PAGES = (ViewDecl(view=OptOutDoorView),)
