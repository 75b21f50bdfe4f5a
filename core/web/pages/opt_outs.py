"""Opt-out: which words count, and who does not want to be written to."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from core.errors import Refused
from core.host.declarations import ViewDecl
from core.models import Consent, Contact
from core.services import consent_words
from core.web.fab import Page, expose, has_access
from core.web.fab.values import text_problem
from core.web.request import need_tenant, web_session

SHOWN = 50
BY = {
    "keyword": lazy_gettext("By keyword"),
    "link": lazy_gettext("By link"),
    "person": lazy_gettext("Noted by a colleague"),
    "provider": lazy_gettext("Told by the provider"),
    "import": lazy_gettext("Imported"),
}


class OptOutView(Page):
    """`/opt_out/`."""

    route_base = "/opt_out"
    class_permission_name = "OptOut"
    method_permission_name = {"index": "read", "words": "change"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The words, and the last who opted out."""
        need_tenant()
        session = web_session()
        return self._page(
            {
                "stop_words": sorted(consent_words.stop_words(session)),
                "start_words": sorted(consent_words.start_words(session)),
            }
        )

    @expose("/words", methods=["POST"])
    @has_access
    def words(self) -> Any:
        """Save both lists, one word on a line."""
        need_tenant()
        typed = {name: request.form.get(name, "") for name in ("stop_words", "start_words")}
        try:
            for name, text in typed.items():
                if problem := text_problem(text):
                    raise Refused(problem, name)
            consent_words.change_words(
                web_session(), *(text.splitlines() for text in typed.values())
            )
        except Refused as refused:
            web_session().rollback()
            lines = {name: text.splitlines() for name, text in typed.items()}
            return self._page(lines, refused.errors), refused.status
        web_session().commit()
        flash(_("Saved."), "success")
        return redirect(url_for("OptOutView.index"))

    def _page(self, words: dict[str, list[str]], errors: Any = None) -> Any:
        out = Contact.consent == Consent.OUT
        session = web_session()
        living = (out, Contact.archived_at.is_(None))
        return self.render_template(
            "sapa/opt_out/index.html",
            title=_("Opt-out"),
            words=words,
            errors=errors or {},
            by=BY,
            count=session.scalar(select(func.count(Contact.id)).where(*living)) or 0,
            contacts=session.scalars(
                select(Contact)
                .where(*living)
                .options(joinedload(Contact.customer))
                .order_by(Contact.consent_at.desc().nulls_last(), Contact.id.desc())
                .limit(SHOWN)
            ).all(),
        )


PAGES = (
    ViewDecl(
        view=OptOutView,
        name="Opt-out",
        icon="message-off",
        category="Settings",
        category_icon="settings",
    ),
)
