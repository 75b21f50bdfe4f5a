"""The language of an answer, and where its words come from.

A page: what the person chose in the top bar or the profile (kept with the account, brought into
the session at sign-in), else the tenant's language, else what the browser asks for. REST: the
`Accept-Language` header first, because a program says there what it wants; without one, as a page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask_appbuilder
import wtforms
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context, has_request_context, request, session
from flask_babel import Domain, get_locale, get_translations
from flask_login import user_logged_in, user_logged_out

from core.desk import Desk
from core.services.profile import language_of
from core.web.request import tenant, web_session
from core.words.catalogues import CORE, SOURCE_LOCALE, Catalogues, plugin_folders

CHOSEN = "locale"
"""The cookie's word for the language that somebody chose."""

_KNOWN = "_sapa_translations"  # of this request: its locale and what says it

# what they translate themselves, into many languages that we don't
LIBRARIES = (
    (Path(flask_appbuilder.__file__).parent / "translations", "messages"),
    (Path(wtforms.__file__).parent / "locale", "wtforms"),
)


class DeskDomain(Domain):
    """flask_babel's way to our catalogues; its own loads every folder's `.mo` again and again."""

    def __init__(self, catalogues: Catalogues) -> None:
        super().__init__()
        self.catalogues = catalogues

    def get_translations(self) -> Translations | NullTranslations:
        # a page asks four hundred times, and spelling a locale costs as much as the look-up
        locale = get_locale()
        known = g.get(_KNOWN) if has_app_context() else None
        found: Translations | NullTranslations
        if known is not None and known[0] is locale:
            found = known[1]
            return found
        found = self.catalogues.of(str(locale or SOURCE_LOCALE))
        if has_app_context():
            setattr(g, _KNOWN, (locale, found))
        return found


def catalogues_of(desk: Desk) -> Catalogues:
    """The operator's folder under `SAPA_HOME`, the core's, the plugins'."""
    own = desk.settings.home / "translations"
    return Catalogues([own, CORE, *plugin_folders(desk.host.active)], LIBRARIES)


def init_language(app: Flask, catalogues: Catalogues) -> None:
    """Let flask_babel read our catalogues and ask us for the language. After AppBuilder."""
    babel = app.extensions["babel"]
    babel.instance.domain_instance = DeskDomain(catalogues)
    babel.locale_selector = chosen_language
    app.before_request(_forms_too)
    user_logged_in.connect(_bring_choice, app)
    user_logged_out.connect(_forget_choice, app)


def said(text: Any) -> Any:
    """The template filter for a stored sentence (see `core.words.stored`)."""
    if not isinstance(text, str) or hasattr(text, "__html__"):
        return text
    domain = current_app.extensions["babel"].instance.domain_instance
    return domain.catalogues.retold(text, language_code())


def languages_for_fab(catalogues: Catalogues) -> dict[str, dict[str, str]]:
    """`LANGUAGES`, as FAB's configuration has it. It knows flags; a flag is no language's."""
    return {code: {"flag": "", "name": name} for code, name in catalogues.languages().items()}


def chosen_language() -> str:
    """The language of this answer, one of `LANGUAGES`."""
    known = current_app.config["LANGUAGES"]
    if not has_request_context():
        return SOURCE_LOCALE
    here = tenant()
    wanted = [
        request.args.get("_l_"),  # FAB's REST conventions
        _asked_for(known) if _is_program() else None,
        session.get(CHOSEN),
        here.locale if here else None,
        _asked_for(known),
    ]
    return next((code for each in wanted if (code := known_as(each, known))), SOURCE_LOCALE)


def business_language() -> str:
    """The language of the current tenant, or English."""
    here = tenant()
    return known_as(here and here.locale, current_app.config["LANGUAGES"]) or SOURCE_LOCALE


def language_code() -> str:
    """The language of this answer, as `LANGUAGES` names it; for templates."""
    return str(get_locale() or SOURCE_LOCALE)


def known_as(wanted: Any, known: Any) -> str | None:
    """`ro-MD` as `ro` where only that is known; None for what isn't known at all."""
    if not isinstance(wanted, str) or not wanted:
        return None
    code = wanted.replace("-", "_")
    return next((each for each in (code, code.partition("_")[0]) if each in known), None)


def _asked_for(known: Any) -> str | None:
    """What `Accept-Language` likes best of what there is."""
    for value, quality in request.accept_languages:
        if quality > 0 and (code := known_as(value, known)):
            return code
    return None


def _bring_choice(_app: Flask, user: Any) -> None:
    """At sign-in. What was chosen on the sign-in page was chosen just now, and stays."""
    if CHOSEN in session or getattr(user, "id", None) is None:
        return
    chosen = language_of(web_session(), user.id)
    if chosen:
        session[CHOSEN] = chosen


def _forget_choice(_app: Flask, user: Any) -> None:
    """The next person at this browser is another."""
    session.pop(CHOSEN, None)


def _is_program() -> bool:
    return request.path.startswith(("/api/", "/webhooks/"))


def _forms_too() -> None:
    """WTForms' own sentences come from the same catalogues; flask_wtf would load its library's."""
    request.wtforms_translations = _Forms()  # type: ignore[attr-defined]  # flask_wtf looks there


class _Forms:
    def ugettext(self, text: str) -> str:
        return str(get_translations().ugettext(text))

    def ungettext(self, one: str, many: str, num: int) -> str:
        return str(get_translations().ungettext(one, many, num))
