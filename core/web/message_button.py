"""A number or address as a screen shows it, with the button that writes to it (D11)."""

from __future__ import annotations

from flask import current_app, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from core.phones import format_phone
from core.web.icons import icon
from core.web.request import tenant


def shown(number: str) -> str:
    """A stored number in the tenant's style; an e-mail address as it is."""
    if "@" in number:
        return number
    here = tenant()
    return format_phone(number, here.number_style.value if here else "plus")


def address_to_write(number: str) -> str | Markup:
    """A stored number or address as a list shows it, with the button that opens the dialog."""
    if not number:
        return ""
    if not _may_write():
        return shown(number)
    return Markup('<span class="sapa-phone">{}{}</span>').format(
        shown(number), message_button(number)
    )


def message_button(number: str) -> Markup:
    """The button alone."""
    if not _may_write():
        return Markup("")
    return Markup(
        '<button type="button" class="sapa-message" data-message="{}" title="{}" aria-label="{}">'
        "{}</button>"
    ).format(
        url_for("MessageDialogView.index", to=number),
        _("Message"),
        _("Message %(number)s", number=shown(number)),
        icon("message-plus"),
    )


def _may_write() -> bool:
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB hangs itself on the app
    return bool(sm.has_access("can_reply", "Inbox"))
