"""Switching plugins on and off for the tenant, and what is known of them."""

from __future__ import annotations

from flask import Response
from flask_appbuilder.api import expose

from core.host.declarations import ApiDecl
from core.services import plugins
from core.web.fab import protect
from core.web.operations.base import Operation
from core.web.request import web_session


class PluginOperations(Operation):
    """`/api/v1/plugin/…`."""

    resource_name = "plugin"
    class_permission_name = "Plugins"

    @expose("/", methods=["GET"])
    @protect()
    def read(self) -> Response:
        """Every plugin, on or off.
        ---
        get:
          description: Every plugin of this installation as this tenant has it
          responses:
            200: {description: A list}
        """
        rows = [row.as_json() for row in plugins.overview(web_session())]
        return self.answer(result=rows, count=len(rows))

    @expose("/<name>/enable", methods=["POST"])
    @protect()
    def enable(self, name: str) -> Response:
        """Switch a plugin on.
        ---
        post:
          description: Switch on, together with what it requires
          responses:
            200: {description: What was switched}
            422: {description: "Refused: the plan, a dependency, a broken plugin"}
        """
        switched = plugins.enable(web_session(), name)
        return self.answer(on=sorted(switched.on), off=sorted(switched.off))

    @expose("/<name>/disable", methods=["POST"])
    @protect()
    def disable(self, name: str) -> Response:
        """Switch a plugin off.
        ---
        post:
          description: Switch off; its data stays, its jobs wait
          responses:
            200: {description: What was switched}
            422: {description: "Refused: another plugin needs it"}
        """
        switched = plugins.disable(web_session(), name)
        return self.answer(on=sorted(switched.on), off=sorted(switched.off))


OPERATIONS = (ApiDecl(api=PluginOperations),)
