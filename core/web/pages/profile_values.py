"""What the profile page shows: the person's places, and their own phones."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from core.models import Module
from core.services import own_numbers
from core.services.profile import language_of
from core.web.language import business_language
from core.web.request import membership, places, web_session


def profile_values(form: str = "", errors: Any = None) -> dict[str, Any]:
    """The template's values. `form` is the one that was refused, with its `errors` by field."""
    return {
        "title": _("Your profile"),
        "form": form,
        "errors": errors or {},
        "typed": request.form,
        "places": places(),
        "own_language": language_of(web_session(), current_user.id),
        "business_language": business_language(),
        **_own_phones(),
    }


def _own_phones() -> dict[str, Any]:
    """A person's phones, and what a further one needs; {} for somebody who works nowhere."""
    member = membership()
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB sets it
    if member is None or not sm.has_access("can_connect", "OwnNumber"):
        return {}
    session = web_session()
    modules = session.scalars(
        select(Module).where(Module.archived_at.is_(None)).order_by(Module.name)
    )
    return {
        "phones": own_numbers.own_phones(session, member),
        "has_gateway": own_numbers.gateway_of(session) is not None,
        "modules": [(module.id, module.name) for module in modules],
    }
