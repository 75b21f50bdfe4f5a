"""What the editors of rules and of smart replies do alike: make, change, switch, put away."""

from __future__ import annotations

from abc import abstractmethod
from types import ModuleType
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from core.api import Page, Refused, expose, has_access, web_session
from plugins.automation.views.forms import text


class EditorPage(Page):
    """A list, and the form of one of its rows. What is typed is a draft until it is saved."""

    keeper: ModuleType
    """What keeps the rows: `get`, `draft_of`, `save`, `switch`, `archive`."""

    @abstractmethod
    def typed(self) -> Any:
        """The draft that the form holds."""

    @abstractmethod
    def page(self, pk: int | None, draft: Any, errors: dict[str, list[str]]) -> Any:
        """The form. `errors` by field; those of none are under the empty name."""

    @expose("/create", methods=["POST"])
    @has_access
    def create(self) -> Any:
        """Make one."""
        return self._save(None)

    @expose("/<int:pk>/edit")
    @has_access
    def edit(self, pk: int) -> Any:
        """One's form."""
        return self.page(pk, self.keeper.draft_of(self.keeper.get(web_session(), pk)), {})

    @expose("/<int:pk>/save", methods=["POST"])
    @has_access
    def save(self, pk: int) -> Any:
        """Change one."""
        return self._save(pk)

    @expose("/<int:pk>/switch", methods=["POST"])
    @has_access
    def switch(self, pk: int) -> Any:
        """On or off."""
        kept = self.keeper.get(web_session(), pk)
        self.keeper.switch(web_session(), kept, is_on=text("is_on") == "1")
        web_session().commit()
        flash(_("Switched on.") if kept.is_on else _("Switched off."), "success")
        return redirect(url_for(".index"))

    @expose("/<int:pk>/archive", methods=["POST"])
    @has_access
    def archive(self, pk: int) -> Any:
        """Out of the list."""
        self.keeper.archive(web_session(), self.keeper.get(web_session(), pk))
        web_session().commit()
        flash(_("Archived."), "success")
        return redirect(url_for(".index"))

    def _save(self, pk: int | None) -> Any:
        session = web_session()
        draft = self.typed()
        try:
            kept = self.keeper.get(session, pk) if pk is not None else None
            self.keeper.save(session, kept, draft)
        except Refused as refused:
            session.rollback()
            errors = refused.errors or {"": [refused.message]}
            return self.page(pk, draft, errors), refused.status
        session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for(".index"))
