"""The Jobs page: a tenant's work that stands still, why, and what can be done about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from core.errors import Malformed, NotFound, Refused
from core.host.declarations import ViewDecl
from core.models import Job, JobState
from core.services import dead_letters
from core.services.job_subjects import subjects
from core.web.fab import Page, expose, has_access
from core.web.fab.values import text_problem
from core.web.operations.base import row_id
from core.web.pages.job_words import address_of, title_of
from core.web.request import need_tenant, web_session

PAGE = 50


class JobsView(Page):
    """`/jobs/`."""

    route_base = "/jobs"
    class_permission_name = "Job"
    method_permission_name = {
        "index": "list",
        "retry": "retry",
        "retry_all": "retry",
        "discard": "delete",
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """`state` and `actor` filter, `before` an id turns the page."""
        need_tenant()
        session = web_session()
        state, actor = asked_state(), asked_actor()
        kinds = dead_letters.kinds(session)
        rows = dead_letters.standing(
            session,
            states=[state] if state else dead_letters.STANDING,
            actor=actor,
            before=row_id(request.args["before"]) if request.args.get("before") else None,
            limit=PAGE + 1,
        )
        shown = rows[:PAGE]
        return self.render_template(
            "sapa/jobs/index.html",
            title=_("Jobs"),
            jobs=shown,
            subjects=subjects(session, shown),
            kinds=kinds,
            state=state.value if state else "",
            actor=actor,
            next_before=shown[-1].id if len(rows) > PAGE else None,
            dead_here=sum(k.count for k in kinds if k.state is JobState.DEAD and k.actor == actor),
            title_of=title_of,
            address_of=address_of,
        )

    @expose("/<pk>/retry", methods=["POST"])
    @has_access
    def retry(self, pk: str) -> Any:
        need_tenant()
        return self._change(pk, dead_letters.retry, _("It is being tried again."))

    @expose("/<pk>/discard", methods=["POST"])
    @has_access
    def discard(self, pk: str) -> Any:
        need_tenant()
        return self._change(pk, dead_letters.discard, _("Discarded."))

    @expose("/retry_all", methods=["POST"])
    @has_access
    def retry_all(self) -> Any:
        """Every dead job of the kind in the form's `actor`."""
        need_tenant()
        actor = request.form.get("actor", "")
        if text_problem(actor) or not actor:
            raise Malformed(_("Say which kind of job to try again."))
        done = dead_letters.retry_all(web_session(), actor)
        web_session().commit()
        tell_retried(done)
        return redirect(url_for("JobsView.index"))

    def _change(self, pk: str, change: Any, done: str) -> Any:
        session = web_session()
        job: Job = dead_letters.find(session, row_id(pk))
        try:
            change(session, job)
        except NotFound:
            raise
        except Refused as refused:
            session.rollback()
            flash(refused.message, "danger")
        else:
            session.commit()
            flash(done, "success")
        return redirect(url_for("JobsView.index"))


def asked_state() -> JobState | None:
    """The state that the page is filtered by."""
    wanted = request.args.get("state", "")
    if wanted not in ("", *dead_letters.STANDING):
        raise Malformed(_("Jobs that stand still are dead or parked."))
    return JobState(wanted) if wanted else None


def asked_actor() -> str:
    """The kind of job that the page is filtered by."""
    wanted = request.args.get("actor", "")
    if text_problem(wanted):
        raise Malformed(_("There is no such kind of job."))
    return wanted


def tell_retried(done: dead_letters.Retried) -> None:
    """Say what trying a whole kind again came to."""
    if done.done:
        flash(
            ngettext(
                "%(num)d job is being tried again.",
                "%(num)d jobs are being tried again.",
                done.done,
            ),
            "success",
        )
    if done.refused:
        flash(done.refused, "danger")
    elif done.left:
        flash(_("%(count)d more wait: press again.", count=done.left), "info")


PAGES = (
    ViewDecl(
        view=JobsView,
        name="Jobs",
        label=_("Jobs"),
        icon="stack-2",
        category="Settings",
        category_icon="settings",
    ),
)
