"""Put the face on an app: template globals, security headers, the names FAB's templates expect.

The app has to be `Flask("core.web")` (or have its template and static folders): Flask asks the
app's own templates before a blueprint's, so `templates/appbuilder/…` shadows FAB's.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request, url_for
from flask_babel import get_locale, gettext

from core.web.controls import control
from core.web.csp import init_csp
from core.web.fab.filters import as_typed
from core.web.icons import icon
from core.web.language import language_code, said
from core.web.reader import local_date, local_money, local_number, local_time
from core.web.request import membership
from core.web.row_parts import ROW_KEY, ROW_NAME, for_row, said_once
from core.web.sidebar import sidebar
from core.words import say
from core.words.derived import in_words

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")

# the screen on which a noun is shown, by its table
PAGES = {
    "card": "CardView",
    "channel": "ChannelsView",
    "contact": "ContactView",
    "conversation": "ConversationView",
    "customer": "CustomerView",
    "division": "DivisionView",
    "membership": "MembershipView",
    "module": "ModuleView",
    "order": "OrderView",
    "task": "TaskView",
}

STATIC = Path(__file__).resolve().parent / "static"
FONT = ".woff2"


def init_theme(app: Flask) -> None:
    """Call once, before or after AppBuilder's init_app."""
    init_csp(app)
    # Jinja works out a filter with constant arguments once, when it compiles the template:
    # `'can_list'|is_item_visible('CustomerView')` would answer everybody as it answered the first
    app.jinja_env.optimized = False
    app.jinja_env.globals.update(
        asset=asset,
        badge_for=badge_for,
        control=control,
        icon=icon,
        initials=initials,
        kind_of=kind_of,
        language_code=language_code,
        my_presence=my_presence,
        logout_method=logout_method,
        page_language=page_language,
        sidebar=sidebar,
        local_date=local_date,
        local_money=local_money,
        local_number=local_number,
        local_time=local_time,
        page_of=page_of,
        role_words=role_words,
        row_key=ROW_KEY,
        row_name=ROW_NAME,
        said_once=said_once,
        pairs_of=pairs_of,
        words_of=words_of,
        view_of=view_of,
        as_typed=as_typed,
    )
    app.jinja_env.filters["said"] = said
    app.jinja_env.filters["for_row"] = for_row
    app.context_processor(shell)
    app.after_request(keep_versioned)


def shell() -> dict[str, Any]:
    """What base.html needs on pages that FAB didn't render, such as an error page."""
    return {"appbuilder": getattr(current_app, "appbuilder", None)}


def asset(name: str) -> str:
    """Address of a static file; it changes with the file, so a browser never keeps an old one."""
    return url_for("static", filename=name, v=_stamp(name))


def keep_versioned(response: Response) -> Response:
    """A static file asked for by `asset()` never changes under its address.

    While two versions serve side by side, a page of one may ask the other for its files: what that
    one answers is an answer for the moment, and must not be kept under the address for a year.
    """
    if request.endpoint != "static" or response.status_code != 200:
        return response
    name = (request.view_args or {}).get("filename", "")
    if name.endswith(FONT):  # named by the style sheet, without a version: every page would ask
        response.headers["Cache-Control"] = "public, max-age=86400"
    if "v" not in request.args:
        return response
    is_ours = request.args["v"] == _stamp(name)
    kept = "public, max-age=31536000, immutable" if is_ours else "no-store"
    response.headers["Cache-Control"] = kept
    return response


def _stamp(name: str) -> str:
    """A static file's version: by its content, the same on every machine; "" where there is none.

    Read again when the file has changed.
    """
    place = STATIC / name
    try:
        changed = place.stat().st_mtime_ns
    except OSError:
        return ""
    known = _stamps.get(name)
    if known is None or known[0] != changed:
        digest = hashlib.sha256(place.read_bytes()).hexdigest()
        known = _stamps[name] = changed, digest[:12]
    return known[1]


_stamps: dict[str, tuple[int, str]] = {}


def page_language() -> str:
    """The language for `<html lang>`, as browsers write it: `id`, `pt-BR`."""
    return str(get_locale() or "en").replace("_", "-")


def my_presence() -> str:
    """What the asker has chosen here: online, busy …; "" for whoever is no member."""
    member = membership()
    return member.presence.value if member is not None else ""


def view_of(name: str) -> Any:
    """The registered view of that class name, or None. Widgets only know the name."""
    views: Iterable[Any] = current_app.appbuilder.baseviews  # type: ignore[attr-defined] # FAB hangs itself on the app
    return next((view for view in views if type(view).__name__ == name), None)


def badge_for(view: Any, column: str, value: Any) -> str | None:
    """Badge colour of a column's value: the view's `badges[column][value]`, else None.

    `badges = {"state": {"open": "green", "closed": "secondary"}}`; a value without an entry is
    grey, a column without one is plain text. Enum members are looked up by value and by name.
    """
    colours = (getattr(view, "badges", None) or {}).get(column)
    if colours is None or value is None or value == "":
        return None
    keys = [value.value, value.name] if isinstance(value, enum.Enum) else [value, str(value)]
    return next((str(colours[key]) for key in keys if key in colours), "secondary")


def kind_of(value: Any) -> str:
    """How a screen shows a value: empty, bool, many, pairs, number, time, date, enum or text."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, list | tuple | set | frozenset):
        return "many" if value else "empty"
    if isinstance(value, dict):
        return "pairs" if value else "empty"
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, enum.Enum):
        return "enum"
    if isinstance(value, datetime):
        return "time"
    if isinstance(value, date):
        return "date"
    return "text"


def words_of(value: Any, view: Any = None, column: str = "") -> str:
    """A stored word as people read it: a view's `value_words`, else `in_use` -> `In use`."""
    stored = str(value.value if isinstance(value, enum.Enum) else value)
    said = (getattr(view, "value_words", None) or {}).get(column, {})
    if stored in said:
        return str(said[stored])
    return str(gettext(in_words(stored)))


def role_words(names: Iterable[str]) -> list[str]:
    """Roles as a reader calls them; stored, and over REST, they have their English names."""
    return [say(name) for name in names]


def pairs_of(value: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """A JSON object as lines to read; a list of two is before, after (the audit trail)."""
    return [
        (words_of(key), [plain(one) for one in (each if isinstance(each, list) else [each])])
        for key, each in value.items()
    ]


def plain(value: Any) -> str:
    """One JSON value in a person's words; a moment on the tenant's clock."""
    if value is None or value == "":
        return "–"  # noqa: RUF001 - a dash, as lists show it
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if isinstance(value, dict):
        return ", ".join(f"{words_of(key)}: {plain(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(plain(each) for each in value)
    if isinstance(value, str) and _MOMENT.match(value):
        return local_time(datetime.fromisoformat(value))
    return str(value)


def page_of(value: Any) -> str | None:
    """Where a row that another one refers to is shown, if the reader may open it there."""
    view = view_of(PAGES.get(getattr(type(value), "__tablename__", ""), ""))
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined] # as above
    if view is None or not sm.has_access("can_show", view.class_permission_name):
        return None
    return url_for(f"{view.endpoint}.show", pk=value.id)


def initials(name: str | None) -> str:
    """Up to two letters for an avatar: `Dewi Lestari` -> `DL`; `?` for nobody."""
    words = [word for word in (name or "").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def logout_method() -> str:
    """`post` where the log-out route takes it (ours does), else FAB's own `get`."""
    endpoint = f"{current_app.appbuilder.sm.auth_view.endpoint}.logout"  # type: ignore[attr-defined] # as above
    rules = current_app.url_map.iter_rules(endpoint)
    return "post" if any("POST" in (rule.methods or ()) for rule in rules) else "get"
