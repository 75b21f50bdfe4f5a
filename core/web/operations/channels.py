"""Channels over REST: read, connect by kind, pause and resume. Secrets go in and never come out."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_appbuilder.api import expose
from pydantic import Field

from core.errors import NotFound, Refused
from core.host.declarations import ApiDecl
from core.models import Channel
from core.pairing import PairingCode, PairingStage, PairingState
from core.services import channels, pairing
from core.services.lines import Line, line_of
from core.services.past import begin_import
from core.services.refresh_channel import refresh
from core.web.disconnecting import disconnect
from core.web.fab import AdminApi, SQLAInterface, protect
from core.web.nouns.base import LIVING
from core.web.operations.base import Body, Operation, body_of, row_id
from core.web.request import desk, need_tenant, web_session
from core.words import say


class ConnectBody(Body):
    """`values` fill the settings form of the channel's kind."""

    kind: str
    name: str
    own_address: str = ""
    region: str = ""
    values: dict[str, Any] = Field(default_factory=dict)


class PairBody(Body):
    """`by_code` asks for a text to type on the phone instead of a picture to scan."""

    by_code: bool = False


class ImportBody(Body):
    """`name`: contacts or history, as the kind of channel offers them."""

    name: str


class ChannelApi(AdminApi):
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
        "facts",
        "filter",
        "module.id",
        "owner.id",
        "last_inbound_at",
        "last_webhook_at",
    ]
    show_columns = list_columns
    edit_columns = ["name", "region", "filter", "module", "owner"]
    search_columns = ["name", "kind", "state"]
    base_filters = LIVING

    def perform_delete(self, item: Channel) -> None:
        disconnect(item)


class ChannelOperations(Operation):
    """`/api/v1/channel/connect`, and `/<id>/` with `connect`, `qr`, `test`, `refresh`,
    `import`, `pause`, `resume`.
    """

    resource_name = "channel"
    class_permission_name = "Channel"
    method_permission_name = {"phone": "get", "qr": "connect", "pair": "connect"}

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

    @expose("/<pk>/connect", methods=["POST"])
    @protect()
    def pair(self, pk: str) -> Response:
        """Begin to pair, or go on.
        ---
        post:
          description: Ask for a code that the channel's phone is to scan, or to type
          responses:
            200: {description: "stage, reason, and while it waits: seconds, image or text"}
            422: {description: This kind of channel has no phone}
        """
        return self._code(pk, by_code=body_of(PairBody).by_code)

    @expose("/<pk>/qr", methods=["POST"])
    @protect()
    def qr(self, pk: str) -> Response:
        """The code to scan now.
        ---
        post:
          description: The code that the channel's phone is to scan, or why there is none
          responses:
            200: {description: "stage, reason, and while it waits: seconds and image"}
            422: {description: This kind of channel has no phone}
        """
        return self._code(pk)

    @expose("/<pk>/qr", methods=["GET"])
    @protect()
    def phone(self, pk: str) -> Response:
        """Where the phone stands; changes nothing and asks for no code.
        ---
        get:
          description: Whether the channel's phone is paired, and why not
          responses:
            200: {description: "stage, reason, own_address, until"}
            422: {description: This kind of channel has no phone}
        """
        state = self._line(pk).state()
        return self._stage(pairing.as_seen(_channel(pk), state))

    @expose("/<pk>/test", methods=["POST"])
    @protect()
    def test(self, pk: str) -> Response:
        """Test the connection.
        ---
        post:
          description: Ask the provider whether the channel's credentials and phone work
          responses:
            200: {description: "is_good, and findings: what, is_good, advice"}
        """
        findings = self._line(pk).findings()
        return self.answer(
            is_good=all(finding.is_good for finding in findings),
            findings=[asdict(finding) for finding in findings],
        )

    def _code(self, pk: str, *, by_code: bool = False) -> Response:
        found = self._line(pk).code(by_code=by_code)
        if isinstance(found, PairingCode):
            image = base64.b64encode(found.image).decode()
            return self.answer(
                stage=PairingStage.WAITING.value,
                reason="",
                seconds=found.seconds,
                image=f"data:image/png;base64,{image}" if found.image else "",
                text=found.text,
            )
        # a transaction of its own: this request's may be one that only reads
        with desk().database.tenant(need_tenant().id) as session:
            seen = pairing.settle(session, session.get_one(Channel, row_id(pk)), found)
        return self._stage(seen)

    def _stage(self, seen: PairingState) -> Response:
        return self.answer(
            stage=seen.stage.value,
            reason=pairing.reason_of(seen),
            own_address=seen.own_address,
            until=seen.until.isoformat() if seen.until else None,
        )

    def _line(self, pk: str) -> Line:
        """The channel's line, the transaction ended: the provider is called next."""
        line = line_of(web_session(), _channel(pk))
        web_session().rollback()
        return line

    @expose("/<pk>/refresh", methods=["POST"])
    @protect()
    def refresh(self, pk: str) -> Response:
        """Fetch templates.
        ---
        post:
          description: Ask the provider for its templates and for how the account stands, in a job
          responses:
            202: {description: Asked for}
        """
        refresh(web_session(), _channel(pk))
        return self.answer(202, message="OK")

    @expose("/<pk>/import", methods=["POST"])
    @protect()
    def begin_import(self, pk: str) -> Response:
        """Ask for what was before.
        ---
        post:
          description: Ask the provider for contacts or messages from before the connection
          responses:
            202: {description: "Asked for: fact names the channel's fact that tells how far it is"}
            404: {description: This kind of channel has no import of this name}
            422: {description: The provider refused, with its reason}
        """
        begun = begin_import(web_session(), _channel(pk), body_of(ImportBody).name)
        if begun.problem:
            raise Refused(begun.problem, "name")
        return self.answer(202, message="OK", fact=begun.offer.fact)

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
        raise NotFound(say("There is no such channel."))
    return channel


OPERATIONS = (ApiDecl(api=ChannelApi), ApiDecl(api=ChannelOperations))
