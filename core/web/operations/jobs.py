"""Jobs over REST: to read, to try again, to discard."""

from __future__ import annotations

from flask import Response
from flask_appbuilder.api import expose

from core.host.declarations import ApiDecl
from core.models import Job
from core.services import dead_letters
from core.web.fab import AdminApi, SQLAInterface, protect
from core.web.operations.base import Operation, row_id
from core.web.request import need_tenant, web_session


class JobApi(AdminApi):
    """`/api/v1/job/`, to read: what waits, runs and stands still. Done work has no row."""

    resource_name = "job"
    datamodel = SQLAInterface(Job)
    class_permission_name = "Job"
    read_only = True
    list_columns = [
        "id",
        "actor",
        "state",
        "queue",
        "lane",
        "payload",
        "attempts",
        "failures",
        "last_error",
        "due_at",
        "created_at",
    ]
    show_columns = list_columns
    search_columns = ["actor", "state", "queue", "due_at", "created_at"]


class JobOperations(Operation):
    """`/api/v1/job/<id>/retry`, `/<id>/discard`."""

    resource_name = "job"
    class_permission_name = "Job"

    @expose("/<pk>/retry", methods=["POST"])
    @protect()
    def retry(self, pk: str) -> Response:
        """Try a dead job again.
        ---
        post:
          description: Make a dead job ready, with all its attempts before it
          responses:
            202: {description: It is being tried again}
            404: {description: No such job stands still}
            409: {description: It waits for its plugin}
            422: {description: Trying again can't help}
        """
        need_tenant()
        session = web_session()
        dead_letters.retry(session, dead_letters.find(session, row_id(pk)))
        return self.answer(202, message="OK")

    @expose("/<pk>/discard", methods=["POST"])
    @protect()
    def discard(self, pk: str) -> Response:
        """Give a job up.
        ---
        post:
          description: Delete a job that stands still; its work is never done
          responses:
            200: {description: Done}
            404: {description: No such job stands still}
        """
        need_tenant()
        session = web_session()
        dead_letters.discard(session, dead_letters.find(session, row_id(pk)))
        return self.answer(message="OK")


OPERATIONS = (ApiDecl(api=JobApi), ApiDecl(api=JobOperations))
