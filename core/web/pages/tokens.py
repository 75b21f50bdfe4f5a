"""API tokens: for programs of this tenant."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from core.errors import NotFound, Refused
from core.host.declarations import ViewDecl
from core.models import ApiToken
from core.services import tokens
from core.web.fab import Page, expose, has_access
from core.web.fab.values import text_problem
from core.web.operations.base import row_id
from core.web.request import need_tenant, web_session
from core.web.scopes import known_scopes, scope_noun

_WORDS = re.compile(r"[A-Z][a-z]*")


class TokensView(Page):
    """`/tokens/`."""

    route_base = "/tokens"
    class_permission_name = "ApiToken"

    @expose("/")
    @has_access
    def index(self) -> Any:
        return self._page()

    @expose("/create", methods=["POST"])
    @has_access
    def create(self) -> Any:
        need_tenant()
        try:
            if problem := text_problem(request.form.get("name", "")):
                raise Refused(problem, "name")
            chosen = request.form.getlist("scopes")
            token, plain = tokens.create_token(
                web_session(), request.form.get("name", ""), chosen, known_scopes()
            )
        except Refused as refused:
            web_session().rollback()
            return self._page(errors=refused.errors), 422
        web_session().commit()
        return self._page(made=plain, made_name=token.name)

    @expose("/<pk>/revoke", methods=["POST"])
    @has_access
    def revoke(self, pk: str) -> Any:
        need_tenant()
        token = web_session().get(ApiToken, row_id(pk))
        if token is None:
            raise NotFound(_("There is no such token."))
        tokens.revoke_token(web_session(), token)
        web_session().commit()
        flash(_("Revoked: its next call is refused."), "success")
        return redirect(url_for("TokensView.index"))

    def _page(self, errors: Any = None, made: str = "", made_name: str = "") -> Any:
        need_tenant()
        rows = web_session().scalars(select(ApiToken).order_by(ApiToken.id.desc())).all()
        return self.render_template(
            "sapa/tokens/index.html",
            title=_("API tokens"),
            tokens=rows,
            nouns=scope_titles(),
            chosen=request.form.getlist("scopes") if errors else [],
            errors=errors or {},
            typed=request.form,
            made=made,
            made_name=made_name,
        )


def scope_titles() -> list[tuple[str, str]]:
    """(noun as scopes name it, in a person's words): `("auditentry", "Audit entry")`."""
    known = {scope.partition(":")[0] for scope in known_scopes()}
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]  # FAB sets it
    found = {}
    for name in {view.class_permission_name for view in views}:
        if scope_noun(name) in known:
            found[scope_noun(name)] = _(" ".join(_WORDS.findall(name)).capitalize())
    return sorted(found.items(), key=lambda pair: pair[1])


PAGES = (
    ViewDecl(
        view=TokensView,
        name="API tokens",
        icon="key",
        category="Settings",
        category_icon="settings",
    ),
)
