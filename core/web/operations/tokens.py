"""API tokens over REST: made, listed without their text, revoked."""

from __future__ import annotations

from flask import Response
from flask_appbuilder.api import expose

from core.errors import NotFound
from core.host.declarations import ApiDecl
from core.models import ApiToken
from core.services import tokens
from core.web.fab import AdminApi, SQLAInterface, protect
from core.web.operations.base import Body, Operation, body_of, row_id
from core.web.request import web_session
from core.web.scopes import known_scopes
from core.words import say


class TokenBody(Body):
    """`scopes` are `<noun>:read`, `<noun>:write` or `*`."""

    name: str
    scopes: list[str]


class TokenApi(AdminApi):
    """`/api/v1/api_token/`, to read."""

    resource_name = "api_token"
    datamodel = SQLAInterface(ApiToken)
    class_permission_name = "ApiToken"
    read_only = True
    list_columns = ["id", "name", "hint", "scopes", "created_at", "last_used_at", "revoked_at"]
    show_columns = list_columns
    search_columns = ["name", "created_at", "revoked_at"]


class TokenOperations(Operation):
    """`/api/v1/api_token/create`, `/<id>/revoke`."""

    resource_name = "api_token"
    class_permission_name = "ApiToken"

    @expose("/create", methods=["POST"])
    @protect()
    def create(self) -> Response:
        """Make a token.
        ---
        post:
          description: Make a token; its text is shown this once
          responses:
            201: {description: The token}
            422: {description: Refused, with the field}
        """
        body = body_of(TokenBody)
        token, plain = tokens.create_token(web_session(), body.name, body.scopes, known_scopes())
        return self.answer(201, id=token.id, token=plain, scopes=token.scopes)

    @expose("/<pk>/revoke", methods=["POST"])
    @protect()
    def revoke(self, pk: str) -> Response:
        """End a token.
        ---
        post:
          description: Revoke; its next call is refused
          responses:
            200: {description: Done}
        """
        token = web_session().get(ApiToken, row_id(pk))
        if token is None:
            raise NotFound(say("There is no such token."))
        tokens.revoke_token(web_session(), token)
        return self.answer(message="OK")


OPERATIONS = (ApiDecl(api=TokenApi), ApiDecl(api=TokenOperations))
