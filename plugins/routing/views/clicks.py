"""`/r/<slug>`: the public door of the rotator links."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_appbuilder.utils.limit import Limit
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from sqlalchemy import select

from core.api import NotFound, Page, desk, expose, machine_door
from plugins.routing.models import Rotator
from plugins.routing.rotators import click


class RotatorDoorView(Page):
    """Anybody who has the link may follow it; it leads to wa.me and nowhere else."""

    route_base = "/r"
    class_permission_name = "Distribution"
    default_view = "follow"
    limits = [Limit("60 per minute", key_func=get_remote_address)]

    @expose("/<slug>")
    @machine_door("a public link: it takes a slug, shows nothing and leads to wa.me only")
    def follow(self, slug: str) -> Any:
        """302 to the number whose turn it is; 404: no such link, switched off, or its plugin is."""
        running = desk()
        with running.database.system(write=False) as system:
            found = system.execute(
                select(Rotator.id, Rotator.tenant_id).where(Rotator.slug == slug[:60])
            ).first()
        address = None
        if found is not None and running.is_on(found.tenant_id, "routing"):
            with running.database.tenant(found.tenant_id) as session:
                address = click(session, found.id)
        if address is None:
            raise NotFound(_("This link leads nowhere any more."))
        answer = redirect(address)
        answer.headers["Cache-Control"] = "no-store"  # or every click of a browser goes to one
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer
