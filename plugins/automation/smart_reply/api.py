"""REST: `/api/v1/smart_reply/`, bots written, switched, tried and read by a program."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, request
from flask_appbuilder.api import expose
from pydantic import BaseModel, ConfigDict, Field

from core.api import (
    ApiDecl,
    Body,
    RowId,
    body_of,
    protect,
    row_id,
    web_session,
)
from plugins.automation import catalogue
from plugins.automation.operations import AutomationOperations, SwitchBody
from plugins.automation.smart_reply import keeping, past, trying
from plugins.automation.smart_reply.keeping import LONGEST_REST, Draft
from plugins.automation.smart_reply.models import Heard, SmartReply
from plugins.automation.views.history import number


class Hours(BaseModel):
    """When it answers; `days` are 0 (Monday) to 6, `from` and `to` on the business's clock."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    mode: Literal["always", "within", "outside"] = "always"
    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] = []
    begin: Annotated[str, Field(alias="from", max_length=5)] = ""
    to: Annotated[str, Field(max_length=5)] = ""


class Step(BaseModel):
    """One step of the bot `steps`. `options`: the keys of the steps that its menu offers."""

    model_config = ConfigDict(extra="forbid", str_max_length=2000)

    key: Annotated[str, Field(pattern=r"^\d{1,6}$")]
    name: str
    when: Literal["first", "words", "menu", "else"]
    words: str = ""
    text: str = ""
    options: Annotated[list[str], Field(max_length=20)] = []
    then: Literal["", "hand_over", "close"] = ""
    division: str | int = ""


class SmartReplyBody(Body):
    """`steps` are for the bot `steps`, `settings` for another plugin's; `channels` its devices."""

    name: str
    bot: str = "steps"
    steps: Annotated[list[Step], Field(max_length=50)] = []
    settings: dict[str, str | int] = {}
    hours: Hours = Hours()
    rest_hours: Annotated[int, Field(ge=0, le=LONGEST_REST)] = 12
    channels: list[RowId] = []
    is_on: bool = True


class SmartReplyChange(Body):
    """What isn't given stays."""

    name: str | None = None
    steps: Annotated[list[Step], Field(max_length=50)] | None = None
    settings: dict[str, str | int] | None = None
    hours: Hours | None = None
    rest_hours: Annotated[int, Field(ge=0, le=LONGEST_REST)] | None = None
    channels: list[RowId] | None = None
    is_on: bool | None = None


class SmartReplyApi(AutomationOperations):
    """`/api/v1/smart_reply/`."""

    resource_name = "smart_reply"

    @expose("/", methods=["GET"])
    @protect()
    def get_list(self) -> Response:
        """All smart replies, the oldest first.
        ---
        get:
          description: Every smart reply in use, and the bots that there are
          responses:
            200: {description: "count, result, bots"}
        """
        session = web_session()
        found = [as_json(each) for each in keeping.all_of(session)]
        answer: Response = self.response(
            200, count=len(found), result=found, bots=sorted(catalogue.bots(session))
        )
        return answer

    @expose("/<pk>", methods=["GET"])
    @protect()
    def get(self, pk: str) -> Response:
        """One smart reply.
        ---
        get:
          description: A smart reply, its settings and its devices
          responses:
            200: {description: The smart reply}
            404: {description: No such smart reply}
        """
        reply = keeping.get(web_session(), row_id(pk))
        answer: Response = self.response(200, result=as_json(reply))
        return answer

    @expose("/", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Create a smart reply.
        ---
        post:
          description: Checked as the editor does
          responses:
            201: {description: Created}
            409: {description: Another one answers on a device}
            422: {description: Refused, with the field}
        """
        body = body_of(SmartReplyBody)
        made = keeping.save(web_session(), None, _draft(body.model_dump(by_alias=True)))
        return self.answer(201, id=made.id, result=as_json(made))

    @expose("/<pk>", methods=["PUT"])
    @protect()
    def put(self, pk: str) -> Response:
        """Change a smart reply.
        ---
        put:
          description: What isn't given stays
          responses:
            200: {description: Changed}
            404: {description: No such smart reply}
            409: {description: Another one answers on a device}
            422: {description: Refused, with the field}
        """
        given = body_of(SmartReplyChange).model_dump(exclude_none=True, by_alias=True)
        reply = keeping.get(web_session(), row_id(pk))
        changed = keeping.save(web_session(), reply, _draft({**as_json(reply), **given}))
        return self.answer(id=changed.id, result=as_json(changed))

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    def delete(self, pk: str) -> Response:
        """Archive a smart reply.
        ---
        delete:
          description: Its devices answer nothing by themselves then; its history stays
          responses:
            200: {description: Archived}
            404: {description: No such smart reply}
        """
        keeping.archive(web_session(), keeping.get(web_session(), row_id(pk)))
        return self.answer(message="OK")

    @expose("/<pk>/switch", methods=["POST"])
    @protect()
    def switch(self, pk: str) -> Response:
        """Switch a smart reply on or off.
        ---
        post:
          description: On all its devices
          responses:
            200: {description: Switched}
            404: {description: No such smart reply}
        """
        is_on = body_of(SwitchBody).is_on
        reply = keeping.get(web_session(), row_id(pk))
        keeping.switch(web_session(), reply, is_on=is_on)
        return self.answer(id=reply.id, is_on=reply.is_on)

    @expose("/<pk>/try", methods=["GET"])
    @protect()
    def attempt(self, pk: str) -> Response:
        """What it would answer to these messages, one after another; nothing is sent.
        ---
        get:
          description: say may be given up to 20 times
          parameters:
            - {in: query, name: say, schema: {type: array, items: {type: string}}, explode: true}
          responses:
            200: {description: "result: said, answer, why, after"}
            404: {description: No such smart reply}
        """
        session = web_session()
        reply = keeping.get(session, row_id(pk))
        said = [each.replace("\x00", "") for each in request.args.getlist("say")]
        found = trying.play(session, keeping.draft_of(reply), said)
        answer: Response = self.response(
            200,
            result=[
                {
                    "said": each.said,
                    "answer": each.answer,
                    "why": str(each.why),
                    "after": str(each.after),
                }
                for each in found
            ],
        )
        return answer

    @expose("/heard", methods=["GET"])
    @protect()
    def heard(self) -> Response:
        """Every message that a bot could have answered, the newest first, and why it did or didn't.
        ---
        get:
          description: 50 at a time; before is the last id of the page before
          parameters:
            - {in: query, name: smart_reply_id, schema: {type: integer}}
            - {in: query, name: state, schema: {type: string}}
            - {in: query, name: before, schema: {type: integer}}
          responses:
            200: {description: "count, result"}
        """
        found = past.heard(
            web_session(),
            reply_id=number("smart_reply_id"),
            state=request.args.get("state", ""),
            before=number("before"),
        )
        result = [_heard_as_json(each) for each in found]
        answer: Response = self.response(200, count=len(result), result=result)
        return answer


def as_json(reply: SmartReply) -> dict[str, Any]:
    """A smart reply as it is answered, and as it is taken."""
    settings = dict(reply.settings)
    return {
        "id": reply.id,
        "name": reply.name,
        "bot": reply.bot,
        "steps": settings.pop("steps", []) if reply.bot == "steps" else [],
        "settings": settings,
        "hours": reply.hours,
        "rest_hours": reply.rest_hours,
        "channels": keeping.channels_of(reply),
        "is_on": reply.is_on,
    }


def _draft(given: dict[str, Any]) -> Draft:
    own = {"steps": given["steps"]} if given["bot"] == "steps" else {}
    return Draft(
        name=given["name"],
        bot=given["bot"],
        settings={**given["settings"], **own},
        hours=given["hours"],
        rest_hours=str(given["rest_hours"]),
        channel_ids=given["channels"],
        is_on=given["is_on"],
    )


def _heard_as_json(heard: Heard) -> dict[str, Any]:
    return {
        "id": heard.id,
        "smart_reply_id": heard.smart_reply_id,
        "conversation_id": heard.conversation_id,
        "contact_id": heard.contact_id,
        "message_id": heard.message_id,
        "answer_id": heard.answer_id,
        "state": heard.state.value,
        "code": heard.code,
        "reason": heard.reason,
        "created_at": heard.created_at.isoformat(),
        "ended_at": heard.ended_at.isoformat() if heard.ended_at else None,
    }


APIS = (ApiDecl(api=SmartReplyApi),)
