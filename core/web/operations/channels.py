"""Channels over REST: read, connect by kind, pause and resume. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_appbuilder.api import expose
from pydantic import Field

from core.errors import NotFound
from core.host.declarations import ApiDecl
from core.models import Channel
from core.services import channels
from core.web.fab import AdminApi, SQLAInterface, protect
from core.web.nouns.base import LIVING
from core.web.nouns.writes import Archives
from core.web.operations.base import Body, Operation, body_of, row_id
from core.web.request import web_session


class ConnectBody(Body):
    """`values` fill the settings form of the channel's kind."""

    kind: str
    name: str
    own_address: str = ""
    region: str = ""
    values: dict[str, Any] = Field(default_factory=dict)


class ChannelApi(Archives, AdminApi):
    """`/api/v1/channel/`."""

    resource_name = "channel"
    datamodel = SQLAInterface(Channel)
    class_permission_name = "Channel"
    exclude_route_methods = {"post"}
    list_columns = [
        "id",
        "uuid",
        "name",
        "kind",
        "own_address",
        "region",
        "state",
        "reason",
        "filter",
        "module.id",
        "owner.id",
        "last_inbound_at",
    ]
    show_columns = list_columns
    edit_columns = ["name", "region", "filter", "module", "owner"]
    search_columns = ["name", "kind", "state"]
    base_filters = LIVING


class ChannelOperations(Operation):
    """`/api/v1/channel/connect`, `/<id>/pause`, `/<id>/resume`."""

    resource_name = "channel"
    class_permission_name = "Channel"

    @expose("/connect", methods=["POST"])
    @protect()
    def connect(self) -> Response:
        """Connect a channel.
        ---
        post:
          description: Connect an account of one kind with its settings and secrets
          responses:
            201: {description: The channel's id and the webhook address to give the provider}
            422: {description: Refused, with the field}
        """
        body = body_of(ConnectBody)
        channel = channels.create_channel(
            web_session(),
            kind=body.kind,
            name=body.name,
            own_address=body.own_address,
            region=body.region,
            values=body.values,
        )
        url = channels.webhook_url(web_session(), channel)
        return self.answer(201, id=channel.id, uuid=str(channel.uuid), webhook_url=url)

    @expose("/<pk>/pause", methods=["POST"])
    @protect()
    def pause(self, pk: str) -> Response:
        """Hold back what is to be sent.
        ---
        post:
          description: Pause sending; nothing is lost
          responses:
            200: {description: Done}
        """
        channels.pause(web_session(), _channel(pk))
        return self.answer(message="OK")

    @expose("/<pk>/resume", methods=["POST"])
    @protect()
    def resume(self, pk: str) -> Response:
        """Send again.
        ---
        post:
          description: Resume sending, what waited first
          responses:
            200: {description: Done}
        """
        channels.resume(web_session(), _channel(pk))
        return self.answer(message="OK")


def _channel(pk: str) -> Channel:
    channel = web_session().get(Channel, row_id(pk))
    if channel is None:
        raise NotFound("There is no such channel.")
    return channel


OPERATIONS = (ApiDecl(api=ChannelApi), ApiDecl(api=ChannelOperations))
