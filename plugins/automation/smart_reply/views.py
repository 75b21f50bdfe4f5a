"""The screens of smart replies: the list, the editor with a phone beside it, the history."""

from __future__ import annotations

from typing import Any

from babel.dates import get_day_names
from flask import render_template, request
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import select

from core.api import (
    Channel,
    Division,
    TenantSession,
    ViewDecl,
    expose,
    has_access,
    may,
    need_tenant,
    tenant_time,
    web_session,
)
from plugins.automation import catalogue, ready_made
from plugins.automation.smart_reply import beginning, forms, hours, keeping, past, steps, trying
from plugins.automation.smart_reply.keeping import Draft
from plugins.automation.variables import NAMES
from plugins.automation.views.editing import EditorPage
from plugins.automation.views.forms import text
from plugins.automation.views.history import number

WRITING = ("new", "create", "edit", "save", "draw", "attempt", "switch", "archive")


class SmartReplyView(EditorPage):
    """`/automation/smart-reply/`."""

    route_base = "/automation/smart-reply"
    keeper = keeping
    class_permission_name = "Automation"
    method_permission_name = {
        **dict.fromkeys(("index", "history"), "read"),
        **dict.fromkeys(WRITING, "rule"),
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Every smart reply, where and when it answers."""
        need_tenant()
        session = web_session()
        found = keeping.all_of(session)
        return self.render_template(
            "automation/smart_reply/index.html",
            title=_("Smart Reply"),
            tab="replies",
            replies=found,
            bots=catalogue.bots(session),
            hours={each.id: hours.told(each.hours, get_locale()) for each in found},
            tallies=past.tallies(session),
            may_write=may("rule", "Automation"),
        )

    @expose("/new")
    @has_access
    def new(self) -> Any:
        """One that begins with a welcome, a menu and a person; another plugin's begins empty."""
        session = web_session()
        language = ready_made.language_of(session)
        draft = Draft(name=beginning.name_in(language), bot=request.args.get("bot", "steps"))
        bot = catalogue.bots(session).get(draft.bot)
        if bot is None or draft.bot == "steps":
            draft.bot, draft.settings = "steps", {"steps": beginning.steps_in(language)}
        else:
            draft.name = str(bot.label)
            draft.settings = {ask.name: ask.default for ask in bot.asks(session)}
        taken = set(_taken(session, None))
        draft.channel_ids = [each.id for each in _channels(session) if each.id not in taken]
        return self.page(None, draft, {})

    @expose("/draw", methods=["POST"])
    @has_access
    def draw(self) -> Any:
        """The form again, after a choice or a button changed what it asks."""
        need_tenant()
        draft = forms.typed()
        forms.change(draft, text("op"))
        pk = text("pk")
        is_saved = pk.isascii() and pk.isdigit() and len(pk) < 10
        return render_template(
            "automation/smart_reply/_editor.html",
            **_editor(web_session(), int(pk) if is_saved else None, draft, {}),
        )

    @expose("/try", methods=["POST"])
    @has_access
    def attempt(self) -> Any:
        """The phone beside the form: what it would say, as the form stands."""
        need_tenant()
        return render_template(
            "automation/smart_reply/_phone.html", **_phone(web_session(), forms.typed())
        )

    @expose("/history")
    @has_access
    def history(self) -> Any:
        """Every message that a bot was asked about: what it said, or why it was silent."""
        need_tenant()
        session = web_session()
        state, reply_id = request.args.get("state", ""), number("reply")
        found = past.heard(session, reply_id=reply_id, state=state, before=number("before"))
        return self.render_template(
            "automation/smart_reply/history.html",
            title=_("Smart Reply"),
            tab="heard",
            found=found,
            replies=keeping.all_of(session),
            reply_id=reply_id,
            state=state,
            states=past.STATES,
            colours=past.COLOURS,
            is_full=len(found) == past.SHOWN,
        )

    def typed(self) -> Draft:
        """What stands in the form."""
        return forms.typed()

    def page(self, pk: int | None, draft: Draft, errors: dict[str, list[str]]) -> Any:
        """The form, with what it shows beside it."""
        need_tenant()
        return self.render_template(
            "automation/smart_reply/edit.html",
            title=_("Edit smart reply") if pk is not None else _("New smart reply"),
            **_editor(web_session(), pk, draft, errors),
        )


def _editor(
    session: TenantSession, pk: int | None, draft: Draft, errors: dict[str, list[str]]
) -> dict[str, Any]:
    """All that the form shows."""
    known = catalogue.bots(session)
    living = select(Division).where(Division.archived_at.is_(None)).order_by(Division.name)
    return {
        "pk": pk,
        "draft": draft,
        "errors": errors,
        "session": session,
        "bots": known,
        "bot": known.get(draft.bot),
        "steps": draft.settings.get("steps", []),
        "whens": steps.WHEN,
        "thens": steps.THEN,
        "divisions": session.scalars(living).all(),
        "channels": _channels(session),
        "taken": _taken(session, pk),
        "modes": hours.MODES,
        "day_names": get_day_names("abbreviated", locale=get_locale()),
        "variables": {name: NAMES[name] for name in steps.FILLED.variables},
        **_phone(session, draft),
    }


def _phone(session: TenantSession, draft: Draft) -> dict[str, Any]:
    lacking = trying.missing(session, draft)
    said = forms.said()
    return {
        "said": said,
        "unsent": forms.unsent(),
        "lacking": lacking,
        "exchanges": [] if lacking else trying.play(session, draft, said),
        "time": tenant_time,
    }


def _channels(session: TenantSession) -> list[Channel]:
    living = select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    return list(session.scalars(living))


def _taken(session: TenantSession, pk: int | None) -> dict[int, str]:
    """Device → the other smart reply that answers there."""
    return {
        channel_id: reply.name
        for reply in keeping.all_of(session)
        for channel_id in keeping.channels_of(reply)
        if reply.id != pk
    }


VIEWS = (
    ViewDecl(
        view=SmartReplyView,
        name="Smart Reply",
        label=lazy_gettext("Smart Reply"),
        icon="message-chatbot",
    ),
)
