"""What the nouns' screens share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import g, redirect, request, url_for
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_babel import lazy_gettext as _

from core.web import request as cycle
from core.web.fab import AdminView

# archived rows leave the lists; links to them still lead to their page
LIVING: list[list[Any]] = [["archived_at", FilterEqual, None]]

# columns that several nouns have, in a person's words; FAB would say "Created At"
LABELS = {
    "agent": _("Agent"),
    "at": _("When"),
    "created_at": _("Created"),
    "done_at": _("Done"),
    "email": _("E-mail"),
    "is_active": _("Active"),
    "is_open": _("Open"),
    "is_verified": _("Verified"),
    "last_at": _("Last message"),
    "last_inbound_at": _("Last message"),
    "sent_at": _("Sent"),
    "updated_at": _("Changed"),
    "waiting_since": _("Waiting since"),
}


class NounView(AdminView):
    """A generated screen of one of our nouns.

    `empty_state` says what to do when there is nothing (title, text, action_label, icon). `badges`
    colours a column's values and `value_words` says them otherwise. `money_columns` names, for an
    amount, the column of its currency, which is then shown with it. `delete_words` (question,
    label) is asked before a row goes.
    """

    label_columns: Any = None  # declared for mypy: FAB's has no type
    empty_state: dict[str, Any] | None = None
    badges: dict[str, dict[str, str]] = {}
    money_columns: dict[str, str] = {}
    delete_words: dict[str, Any] | None = None
    delete_page = ""  # the method that explains what deleting loses, in place of a question
    value_words: dict[str, dict[str, Any]] = {}
    add_row_message = _("Added.")
    edit_row_message = _("Saved.")
    delete_row_message = _("Deleted.")

    def __init__(self, **kwargs: Any) -> None:
        self.label_columns = {**LABELS, **(self.label_columns or {})}
        super().__init__(**kwargs)

    def row_marks(self, keys: Sequence[Any]) -> dict[Any, tuple[str, str, str]]:
        """What stands left of the first column, by key: (icon, what it means, words beside it)."""
        return {}

    def lead_to(self, item: Any) -> None:
        """After this request's form is saved, show `item` rather than the list."""
        g._sapa_lead_to = self.datamodel.get_pk_value(item)

    def post_add_redirect(self) -> Any:
        made = g.get("_sapa_lead_to")
        if made is None:
            return super().post_add_redirect()
        return redirect(self.address(made))

    def post_delete_redirect(self) -> Any:
        """Back to the list as it was filtered; the page of what is gone is gone too."""
        came = urlsplit(request.referrer or "")
        home = url_for(f"{self.endpoint}.list")
        if came.netloc == request.host and came.path == home and came.query:
            return redirect(f"{home}?{came.query}")
        return redirect(home)

    def _item(self, pk: str) -> Any:
        if request.endpoint != f"{self.endpoint}.show":
            return super()._item(pk)
        item = self.datamodel.get(pk, None)  # an archived row can still be looked at
        return item if item is not None else super()._item(pk)

    def address(self, pk: Any) -> str:
        """Where the row with this key is shown."""
        return f"{self.route_base}/show/{pk}"


def commit() -> None:
    """End the request's transaction: services flush, screens commit."""
    cycle.web_session().commit()
