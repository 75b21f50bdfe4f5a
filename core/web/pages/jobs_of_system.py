"""The operator's Jobs page: the system's own work, how much stands still where, what is alive.

Of a tenant's jobs it tells numbers: what they are about is the tenant's.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from core.errors import NotFound, Refused
from core.host.declarations import ViewDecl
from core.models import Tenant
from core.pulse import living
from core.services import dead_letters
from core.tenancy.session import SystemSession
from core.web.fab import expose, has_access
from core.web.operations.base import row_id
from core.web.pages.job_words import title_of
from core.web.pages.operator import MENU, OperatorPage


class SystemJobsView(OperatorPage):
    """`/system_jobs/`."""

    route_base = "/system_jobs"
    class_permission_name = "SystemJob"
    method_permission_name = {"index": "list", "retry": "retry", "discard": "delete"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        def look(session: SystemSession) -> Any:
            counts = dead_letters.counts_by_tenant(session)
            named = session.scalars(select(Tenant).order_by(Tenant.name)).all()
            return self.render_template(
                "sapa/jobs/system.html",
                title=_("System jobs"),
                jobs=dead_letters.standing(session, limit=100),
                tenants=[(tenant, counts[tenant.id]) for tenant in named if tenant.id in counts],
                processes=living(session),
                title_of=title_of,
            )

        return self.seen(look)

    @expose("/<pk>/retry", methods=["POST"])
    @has_access
    def retry(self, pk: str) -> Any:
        return self._change(pk, dead_letters.retry, _("It is being tried again."))

    @expose("/<pk>/discard", methods=["POST"])
    @has_access
    def discard(self, pk: str) -> Any:
        return self._change(pk, dead_letters.discard, _("Discarded."))

    def _change(self, pk: str, change: Any, done: str) -> Any:
        try:
            self.written(lambda session: change(session, dead_letters.find(session, row_id(pk))))
            flash(done, "success")
        except NotFound:
            raise
        except Refused as refused:
            flash(refused.message, "danger")
        return redirect(url_for("SystemJobsView.index"))


PAGES = (ViewDecl(view=SystemJobsView, name="System jobs", icon="stack-2", category=MENU),)
