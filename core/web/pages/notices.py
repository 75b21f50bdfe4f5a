"""Notices: what the administrators should know, and the bell that counts them."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask_babel import gettext as _

from core.errors import NotFound
from core.host.declarations import ViewDecl
from core.models import Notice
from core.services import notices
from core.web.fab import Page, expose, has_access
from core.web.operations.base import row_id
from core.web.request import need_tenant, web_session


class NoticesView(Page):
    """`/notices/`."""

    route_base = "/notices"
    class_permission_name = "Notice"
    method_permission_name = {"index": "read", "bell": "read", "close": "close"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        need_tenant()
        return self.render_template(
            "sapa/notices/index.html",
            title=_("Notices"),
            notices=notices.open_notices(web_session()),
        )

    @expose("/bell")
    @has_access
    def bell(self) -> Any:
        """How many are open: a piece of the top bar, asked for again each minute."""
        need_tenant()
        found = notices.open_notices(web_session(), limit=100)
        return self.render_template(
            "sapa/notices/_bell.html",
            number=len(found),
            is_bad=any(notice.level.value == "bad" for notice in found),
        )

    @expose("/<pk>/close", methods=["POST"])
    @has_access
    def close(self, pk: str) -> Any:
        need_tenant()
        notice = web_session().get(Notice, row_id(pk))
        if notice is None:
            raise NotFound(_("There is no such notice."))
        notices.close(web_session(), notice)
        web_session().commit()
        return redirect(url_for("NoticesView.index"))


PAGES = (ViewDecl(view=NoticesView),)
