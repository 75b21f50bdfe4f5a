"""The operator's screens: tenants and plans, over a session that sees every tenant.

They show who there is and what they may use, and nothing of what they write: the customers' data
is not the operator's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import available_timezones

import phonenumbers
from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from core.errors import NotFound, Refused
from core.host.declarations import ViewDecl
from core.models import Channel, Membership, Plan, Tenant
from core.services import plans, tenants
from core.services.tenants import TENANT_ROLES, RoleName
from core.tenancy.session import SystemSession
from core.web.fab import Page, expose, has_access
from core.web.fab.values import text_problem
from core.web.operations.base import row_id
from core.web.reader import reader_locale
from core.web.request import desk, web_session

MENU = "Operator"
T = TypeVar("T")


class OperatorPage(Page):
    """What the two pages share: one system session a request, read or write."""

    def seen(self, look: Callable[[SystemSession], Any]) -> Any:
        """Render with a system session open, so that the template may follow relations."""
        with desk().database.system(write=False) as session:
            return look(session)

    def written(self, change: Callable[[SystemSession], T]) -> T:
        """Change in one transaction; a Refused rolls it back."""
        web_session().rollback()  # SQLite has one writer: give the lock to the system session
        with desk().database.system() as session:
            return change(session)


class TenantsView(OperatorPage):
    """`/tenants/`: the businesses of this installation."""

    route_base = "/tenants"
    class_permission_name = "Tenant"
    method_permission_name = {
        "index": "list",
        "new": "add",
        "edit": "edit",
        "admit": "edit",
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        def look(session: SystemSession) -> Any:
            rows = session.scalars(select(Tenant).order_by(Tenant.name)).all()
            return self.render_template(
                "sapa/operator/tenants.html",
                title=_("Tenants"),
                rows=rows,
                people=_count(session, Membership, Membership.is_active),
                channels=_count(session, Channel, Channel.archived_at.is_(None)),
            )

        return self.seen(look)

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def new(self) -> Any:
        if request.method == "GET":
            return self._form(None)
        try:
            made = self.written(_create)
        except Refused as refused:
            return self._form(None, refused), refused.status
        flash(_("Added. Now let its first admin in."), "success")
        return redirect(url_for("TenantsView.edit", pk=made))

    @expose("/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        if request.method == "GET":
            return self._form(pk)
        try:
            self.written(lambda session: _change(session, pk))
        except NotFound:
            raise
        except Refused as refused:
            return self._form(pk, refused), refused.status
        flash(_("Saved."), "success")
        return redirect(url_for("TenantsView.edit", pk=pk))

    @expose("/<pk>/people", methods=["POST"])
    @has_access
    def admit(self, pk: str) -> Any:
        try:
            known = self.written(lambda session: _admit(session, pk))
        except NotFound:
            raise
        except Refused as refused:
            return self._form(pk, refused, "people"), refused.status
        flash(
            _("Let in, with the account they have.")
            if known
            else _("Let in. They can sign in now."),
            "success",
        )
        return redirect(url_for("TenantsView.edit", pk=pk))

    def _form(self, pk: str | None, refused: Refused | None = None, form: str = "tenant") -> Any:
        def look(session: SystemSession) -> Any:
            tenant = _tenant(session, pk) if pk else None
            members = (
                session.scalars(select(Membership).where(Membership.tenant_id == tenant.id)).all()
                if tenant
                else ()
            )
            return self.render_template(
                "sapa/operator/tenant.html",
                title=tenant.name if tenant else _("New tenant"),
                tenant=tenant,
                members=sorted(members, key=lambda each: each.name.casefold()),
                form=form if refused else "",
                errors=(refused.errors or {"": [refused.message]}) if refused else {},
                typed=request.form,
                plans=session.scalars(select(Plan).order_by(Plan.rank)).all(),
                zones=sorted(zone for zone in available_timezones() if "/" in zone),
                regions=_regions(),
                roles=[role.value for role in TENANT_ROLES],
            )

        return self.seen(look)


class PlansView(OperatorPage):
    """`/plans/`: what a tenant pays for, and so which plugins it may switch on."""

    route_base = "/plans"
    class_permission_name = "Plan"
    method_permission_name = {"index": "list", "new": "add", "edit": "edit"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        def look(session: SystemSession) -> Any:
            used = session.execute(
                select(Tenant.plan_id, func.count(Tenant.id)).group_by(Tenant.plan_id)
            )
            return self.render_template(
                "sapa/operator/plans.html",
                title=_("Plans"),
                rows=session.scalars(select(Plan).order_by(Plan.rank)).all(),
                used={row[0]: row[1] for row in used},
                titles=_plugin_titles(),
            )

        return self.seen(look)

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def new(self) -> Any:
        return self._form(None) if request.method == "GET" else self._save(None)

    @expose("/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        return self._form(pk) if request.method == "GET" else self._save(pk)

    def _save(self, pk: str | None) -> Any:
        try:
            self.written(
                lambda session: plans.save_plan(
                    session,
                    _plan(session, pk) if pk else None,
                    name=_typed("name"),
                    title=_typed("title"),
                    plugins=_chosen_plugins(_plan(session, pk) if pk else None),
                )
            )
        except NotFound:
            raise
        except Refused as refused:
            return self._form(pk, refused), refused.status
        flash(_("Saved."), "success")
        return redirect(url_for("PlansView.index"))

    def _form(self, pk: str | None, refused: Refused | None = None) -> Any:
        def look(session: SystemSession) -> Any:
            plan = _plan(session, pk) if pk else None
            chosen = request.form.getlist("plugins") if refused else plan.plugins if plan else []
            return self.render_template(
                "sapa/operator/plan.html",
                title=plan.title if plan else _("New plan"),
                plan=plan,
                chosen=chosen,
                titles=_plugin_titles(),
                errors=refused.errors if refused else {},
                typed=request.form,
            )

        return self.seen(look)


def _create(session: SystemSession) -> int:
    made = tenants.create_tenant(
        session,
        _typed("slug").strip().lower(),
        name=_typed("name").strip()[:120],
        plan=_typed("plan"),
        time_zone=_typed("time_zone"),
        default_region=_typed("default_region"),
        locale=_typed("locale").strip() or "en",
    )
    return made.id


def _change(session: SystemSession, pk: str) -> None:
    tenants.change_tenant(
        session,
        _tenant(session, pk),
        name=_typed("name"),
        plan=_typed("plan"),
        time_zone=_typed("time_zone"),
        default_region=_typed("default_region"),
        locale=_typed("locale").strip(),
        number_style=_typed("number_style"),
        is_active="is_active" in request.form,
    )


def _admit(session: SystemSession, pk: str) -> bool:
    """Let a person in, with a new account if they have none. Whether they had one."""
    tenant = _tenant(session, pk)
    role = _typed("role") or RoleName.ADMIN.value
    user = tenants.find_user(session, _typed("email").strip().lower())
    is_known = user is not None
    if user is None:
        user = tenants.create_user(
            session,
            _typed("email"),
            password=_typed("password"),
            first_name=_typed("first_name").strip()[:64],
            last_name=_typed("last_name").strip()[:64],
        )
    tenants.add_member(session, tenant, user, [role])
    return is_known


def _tenant(session: SystemSession, pk: str) -> Tenant:
    found = session.get(Tenant, row_id(pk))
    if found is None:
        raise NotFound(_("There is no such tenant."))
    return found


def _plan(session: SystemSession, pk: str) -> Plan:
    found = session.get(Plan, row_id(pk))
    if found is None:
        raise NotFound(_("There is no such plan."))
    return found


def _count(session: SystemSession, noun: Any, condition: Any) -> dict[int, int]:
    rows = session.execute(
        select(noun.tenant_id, func.count(noun.id)).where(condition).group_by(noun.tenant_id)
    )
    return {row[0]: row[1] for row in rows}


def _typed(name: str) -> str:
    value = request.form.get(name, "")
    if problem := text_problem(value):
        raise Refused(problem, name)
    return value


def _regions() -> list[tuple[str, str]]:
    names = reader_locale().territories
    regions = ((code, names.get(code, code)) for code in phonenumbers.SUPPORTED_REGIONS)
    return sorted(regions, key=lambda region: region[1])


def _plugin_titles() -> dict[str, str]:
    return {name: desk().host.title(name) for name in sorted(desk().host.manifests)}


def _chosen_plugins(plan: Plan | None) -> list[str]:
    """What was ticked, and what the plan has that isn't installed now: it may come back."""
    installed = desk().host.manifests
    ticked = request.form.getlist("plugins")
    absent = (
        [name for name in plan.plugins if name not in installed and name != "*"] if plan else []
    )
    return [name for name in ticked if name in installed or name == "*"] + absent


PAGES = (
    ViewDecl(
        view=TenantsView,
        name="Tenants",
        icon="building-store",
        category=MENU,
        category_icon="server-cog",
    ),
    ViewDecl(view=PlansView, name="Plans", icon="packages", category=MENU),
)
