"""Suggestions on screen: the review queue, the card beside a customer, what was decided."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.api import (
    Contact,
    MergedContact,
    NotFound,
    Page,
    Panel,
    Refused,
    TenantSession,
    ViewDecl,
    expose,
    has_access,
    may,
    now,
    tenant_time,
    web_session,
)
from plugins.merge import services
from plugins.merge.matching import automatic, deciding, queue
from plugins.merge.matching.contacts import CONTACTS
from plugins.merge.matching.current import current
from plugins.merge.matching.digest import SHOWN as SHOWN_BACK
from plugins.merge.matching.jobs import start_rebuild
from plugins.merge.matching.models import MatchModel
from plugins.merge.matching.suggesting import suggestions
from plugins.merge.matching.words import FIELDS, GRADES, in_words, level_in_words
from plugins.merge.models import ForbiddenPair

SHOWN = 100


class SuggestionsView(Page):
    """`/merge/suggestions/…`: look at pairs, and decide."""

    route_base = "/merge/suggestions"
    class_permission_name = "Merge"
    method_permission_name = {
        "index": "read",
        "beside": "read",
        "apart": "read",
        "automatic": "read",
        "weights": "read",
        "decide": "merge",
        "revoke": "merge",
        "undo": "merge",
        "rebuild": "rule",
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The next pair to decide about; `one` and `other` ask for a certain one."""
        session = web_session()
        one, other = _asked("one"), _asked("other")
        is_next = not (one and other)
        if is_next:
            found = queue.waiting(session)
            one, other = (found[0].one.id, found[0].other.id) if found else (None, None)
        case = deciding.case_of(session, one, other) if one and other else None
        page: str = self.render_template(
            "merge/matching/review.html",
            title=_("Possible duplicates"),
            case=case,
            is_next=is_next,
            length=queue.length(session),
            most_counted=queue.MOST_COUNTED,
            merged_by_itself=_merged_since_yesterday(session),
            may_decide=may("merge", "Merge"),
            may_rebuild=may("rule", "Merge"),
            in_words=in_words,
            grades=GRADES,
        )
        return page

    @expose("/decide", methods=["POST"])
    @has_access
    def decide(self) -> Any:
        """`verdict` is same, not_same or later, of the contacts `one` and `other`."""
        session = web_session()
        one, other = _given("one"), _given("other")
        verdict = request.form.get("verdict", "")
        again: dict[str, Any] = {}
        if not request.form.get("is_next"):
            again = {"one": one, "other": other}
        try:
            if verdict == "same":
                event = deciding.same(session, one, other, request.form.get("version", ""))
                session.commit()
                flash(_("Merged. You can undo it in the history."), "success")
                if again:
                    return redirect(url_for("CustomerView.show", pk=event.customer_id))
            elif verdict == "not_same":
                deciding.not_same(session, one, other)
                session.commit()
                flash(_("Remembered: not the same person."), "success")
            elif verdict == "later":
                deciding.later(session, one, other)
                session.commit()
            else:
                raise Refused(_("Choose what they are."), "verdict")
        except services.StalePreview as stale:
            session.rollback()
            flash(stale.message, "warning")
            return redirect(url_for("SuggestionsView.index", **again))
        except (NotFound, Refused) as refused:
            if verdict not in ("same", "not_same", "later"):
                raise
            session.rollback()
            flash(refused.message, "warning")
        return redirect(url_for("SuggestionsView.index"))

    @expose("/beside/<int:contact_id>")
    @has_access
    def beside(self, contact_id: int) -> Any:
        """The card beside a customer; 204 where nobody looks alike."""
        session = web_session()
        contact = session.get(Contact, contact_id)
        if contact is None:
            raise NotFound(_("There is no such contact."))
        found = suggestions(session, contact.customer)
        if not found:
            return "", 204
        return self.render_template(
            "merge/matching/_beside.html", found=found, in_words=in_words, grades=GRADES
        )

    @expose("/apart")
    @has_access
    def apart(self) -> Any:
        """Who is not the same person, and why a machine thought so."""
        session = web_session()
        one, other = aliased(Contact), aliased(Contact)
        rows = session.execute(
            select(ForbiddenPair, one, other)
            .join(one, one.id == ForbiddenPair.contact_id)
            .join(other, other.id == ForbiddenPair.other_id)
            .where(ForbiddenPair.revoked_at.is_(None))
            .order_by(ForbiddenPair.id.desc())
            .limit(SHOWN)
        ).all()
        return self.render_template(
            "merge/matching/apart.html",
            title=_("Not the same person"),
            rows=rows,
            may_decide=may("merge", "Merge"),
            in_words=in_words,
            sources={
                "not_same": _("Somebody said so"),
                "unmerge": _("Unmerged"),
                "undo": _("A merge was undone"),
            },
        )

    @expose("/apart/<int:pair_id>/revoke", methods=["POST"])
    @has_access
    def revoke(self, pair_id: int) -> Any:
        """They may be one person after all."""
        session = web_session()
        deciding.revoke(session, pair_id)
        session.commit()
        flash(_("Revoked: they may be suggested again."), "success")
        return redirect(url_for("SuggestionsView.apart"))

    @expose("/automatic")
    @has_access
    def automatic(self) -> Any:
        """The digest: what merged by itself, day by day, each with Undo."""
        session = web_session()
        events = automatic.merged_since(session, now() - SHOWN_BACK)
        rows = session.execute(
            select(MergedContact.event_id, Contact)
            .join(Contact, Contact.id == MergedContact.contact_id)
            .where(MergedContact.event_id.in_([event.id for event in events]))
            .order_by(Contact.id)
        ).all()
        people: dict[int, list[Contact]] = {}
        for event_id, contact in rows:
            people.setdefault(event_id, []).append(contact)
        days = [
            (day, list(some))
            for day, some in groupby(events, key=lambda event: tenant_time.here(event.at).date())
        ]
        return self.render_template(
            "merge/matching/automatic.html",
            title=_("Merged by itself"),
            days=days,
            people=people,
            is_on=automatic.is_on(session),
            may_decide=may("merge", "Merge"),
            in_words=in_words,
        )

    @expose("/automatic/<int:event_id>/undo", methods=["POST"])
    @has_access
    def undo(self, event_id: int) -> Any:
        """Take one of them back."""
        session = web_session()
        services.undo(session, event_id)
        session.commit()
        flash(_("Undone: everybody is as before."), "success")
        return redirect(url_for("SuggestionsView.automatic"))

    @expose("/weights")
    @has_access
    def weights(self) -> Any:
        """What the machine learnt, and when."""
        session = web_session()
        models = session.scalars(select(MatchModel).order_by(MatchModel.id.desc()).limit(30)).all()
        weighing = current(session)
        fields = [
            (
                FIELDS[field.name],
                sorted(
                    (
                        (
                            level_in_words(level),
                            weighing.weights.m[place][n],
                            weighing.weights.u[place][n],
                            weighing.weights.bits(place, n),
                        )
                        for n, level in enumerate(field.by.levels)
                    ),
                    key=lambda row: -row[3],
                ),
            )
            for place, field in enumerate(CONTACTS.fields)
        ]
        return self.render_template(
            "merge/matching/weights.html",
            title=_("What counts as evidence"),
            fields=fields,
            models=models,
            weighing=weighing,
        )

    @expose("/rebuild", methods=["POST"])
    @has_access
    def rebuild(self) -> Any:
        """Compare everybody anew, in the background."""
        session = web_session()
        start_rebuild(session)
        session.commit()
        flash(_("All customers are being compared anew. New pairs appear as they are found."))
        return redirect(url_for("SuggestionsView.index"))


def panel(contact: Contact) -> Panel:
    """The card of suggestions beside a customer."""
    return Panel(
        name="suggestions",
        title=_("The same person?"),
        href=url_for("SuggestionsView.beside", contact_id=contact.id),
        icon="users",
        order=30,
    )


def _merged_since_yesterday(session: TenantSession) -> int:
    if not automatic.is_on(session):
        return 0
    return len(automatic.merged_since(session, now() - timedelta(days=1)))


def _asked(name: str) -> int | None:
    return request.args.get(name, type=int)


def _given(name: str) -> int:
    value = request.form.get(name, type=int)
    if value is None:
        raise Refused(_("Choose two contacts."), name)
    return value


VIEWS = (
    ViewDecl(
        view=SuggestionsView,
        name="Possible duplicates",
        label=lazy_gettext("Possible duplicates"),
        icon="users",
        category="Customers",
    ),
)
