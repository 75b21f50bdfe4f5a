"""REST: `/api/v1/rule/`, automated actions written, switched, tried and read by a program."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from flask import Response, request
from flask_appbuilder.api import expose
from pydantic import BaseModel, ConfigDict, Field

from core.api import ApiDecl, Body, Invalid, body_of, protect, row_id, web_session
from plugins.automation import catalogue, foreseeing, history, rules
from plugins.automation.models import Rule, Run
from plugins.automation.operations import AutomationOperations, SwitchBody
from plugins.automation.rules import Draft
from plugins.automation.views.history import number

Value = str | int


class Piece(BaseModel):
    """A piece of a rule; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Line(Piece):
    """One condition: `{"condition": "order_total", "operator": "over", "value": "500000"}`."""

    condition: str
    operator: str
    value: Value = ""


class Group(Piece):
    """Conditions of which all or any must hold."""

    join: Literal["all", "any"] = "all"
    items: Annotated[list[Line], Field(max_length=50)]


class Tree(Piece):
    """Groups of which all or any must hold; without one the rule always acts."""

    join: Literal["all", "any"] = "all"
    items: Annotated[list[Group], Field(max_length=50)] = []


class Step(Piece):
    """An action and what it wants to know: `{"action": "send", "values": {"text": "Halo"}}`."""

    action: str
    values: dict[str, Value] = {}


class RuleBody(Body):
    """When `trigger` happens and `conditions` hold, take `steps`, `delay_minutes` later; of a
    dated trigger at `at_time` on the business's clock."""

    trigger: str
    name: str = ""
    asks: dict[str, Value] = {}
    conditions: Tree = Tree()
    steps: Annotated[list[Step], Field(max_length=50)]
    delay_minutes: Annotated[int, Field(ge=0, le=rules.LONGEST_DELAY)] = 0
    at_time: str = "09:00"
    is_on: bool = True


class RuleChange(Body):
    """What isn't given stays."""

    trigger: str | None = None
    name: str | None = None
    asks: dict[str, Value] | None = None
    conditions: Tree | None = None
    steps: Annotated[list[Step], Field(max_length=50)] | None = None
    delay_minutes: Annotated[int, Field(ge=0, le=rules.LONGEST_DELAY)] | None = None
    at_time: str | None = None
    is_on: bool | None = None


class RuleApi(AutomationOperations):
    """`/api/v1/rule/`."""

    resource_name = "rule"

    @expose("/", methods=["GET"])
    @protect()
    def get_list(self) -> Response:
        """All rules, the oldest first.
        ---
        get:
          description: Every rule in use, with what a rule may wait for, ask and do
          responses:
            200: {description: "count, result, triggers, conditions, actions"}
        """
        session = web_session()
        found = [as_json(each) for each in rules.all_of(session)]
        answer: Response = self.response(
            200,
            count=len(found),
            result=found,
            triggers=sorted(catalogue.triggers(session)),
            conditions=sorted(catalogue.conditions(session)),
            actions=sorted(catalogue.actions(session)),
        )
        return answer

    @expose("/<pk>", methods=["GET"])
    @protect()
    def get(self, pk: str) -> Response:
        """One rule.
        ---
        get:
          description: A rule, and the sentence that it reads as
          responses:
            200: {description: The rule}
            404: {description: No such rule}
        """
        rule = rules.get(web_session(), row_id(pk))
        answer: Response = self.response(200, result=as_json(rule))
        return answer

    @expose("/", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Create a rule.
        ---
        post:
          description: Checked as the editor does; a variable that the trigger can't fill is refused
          responses:
            201: {description: Created}
            422: {description: Refused, with the field}
        """
        made = _save(None, body_of(RuleBody).model_dump())
        return self.answer(201, id=made.id, result=as_json(made))

    @expose("/<pk>", methods=["PUT"])
    @protect()
    def put(self, pk: str) -> Response:
        """Change a rule.
        ---
        put:
          description: What isn't given stays; what is scheduled already is taken as it now stands
          responses:
            200: {description: Changed}
            404: {description: No such rule}
            422: {description: Refused, with the field}
        """
        given = body_of(RuleChange).model_dump(exclude_none=True)
        rule = rules.get(web_session(), row_id(pk))
        changed = _save(rule, {**_stored(rule), **given})
        return self.answer(id=changed.id, result=as_json(changed))

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    def delete(self, pk: str) -> Response:
        """Archive a rule.
        ---
        delete:
          description: It acts no more, and what it has scheduled isn't sent; its history stays
          responses:
            200: {description: Archived}
            404: {description: No such rule}
        """
        rules.archive(web_session(), rules.get(web_session(), row_id(pk)))
        return self.answer(message="OK")

    @expose("/<pk>/switch", methods=["POST"])
    @protect()
    def switch(self, pk: str) -> Response:
        """Switch a rule on or off.
        ---
        post:
          description: What is scheduled is sent only if the rule is on then
          responses:
            200: {description: Switched}
            404: {description: No such rule}
        """
        is_on = body_of(SwitchBody).is_on
        rule = rules.get(web_session(), row_id(pk))
        rules.switch(web_session(), rule, is_on=is_on)
        return self.answer(id=rule.id, is_on=rule.is_on)

    @expose("/<pk>/try", methods=["GET"])
    @protect()
    def attempt(self, pk: str) -> Response:
        """What the rule would do to an order or a customer; nothing is done.
        ---
        get:
          description: look_at is an order by its number, or a name; without it the newest
          parameters:
            - {in: query, name: look_at, schema: {type: string}}
          responses:
            200: {description: "acts, why_not, at, conditions, steps"}
            404: {description: No such rule}
        """
        session = web_session()
        rule = rules.get(session, row_id(pk))
        look_at = request.args.get("look_at", "").replace("\x00", "")
        trigger = catalogue.triggers(session).get(rule.trigger)
        scene = foreseeing.find(session, trigger, look_at)
        prospect = foreseeing.foresee(session, rule, scene, is_saved=True)
        answer: Response = self.response(200, **_foreseen(prospect))
        return answer

    @expose("/runs", methods=["GET"])
    @protect()
    def runs(self) -> Response:
        """Every time that a rule was asked, the newest first: what it did, or why not.
        ---
        get:
          description: 50 at a time; before is the last id of the page before
          parameters:
            - {in: query, name: rule_id, schema: {type: integer}}
            - {in: query, name: order_id, schema: {type: integer}}
            - {in: query, name: state, schema: {type: string}}
            - {in: query, name: before, schema: {type: integer}}
          responses:
            200: {description: "count, result"}
        """
        order_id = number("order_id")
        found = history.runs(
            web_session(),
            rule_id=number("rule_id"),
            subject=f"order:{order_id}" if order_id is not None else "",
            state=request.args.get("state", ""),
            before=number("before"),
        )
        result = [_run_as_json(each) for each in found]
        answer: Response = self.response(200, count=len(result), result=result)
        return answer


def as_json(rule: Rule) -> dict[str, Any]:
    """A rule as it is answered, and as it is taken."""
    sentence = str(rules.sentence_of(web_session(), rule))
    return {"id": rule.id, **_stored(rule), "sentence": sentence}


def _stored(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "trigger": rule.trigger,
        "asks": rule.asks,
        "conditions": rule.conditions,
        "steps": rule.steps,
        "delay_minutes": rule.delay_minutes,
        "at_time": rule.at_time,
        "is_on": rule.is_on,
    }


def _save(rule: Rule | None, given: dict[str, Any]) -> Rule:
    groups = given["conditions"].get("items", [])
    draft = Draft(
        name=given["name"],
        trigger=given["trigger"],
        asks={name: str(value) for name, value in given["asks"].items()},
        conditions={
            "join": given["conditions"].get("join", "all"),
            "items": [
                {
                    **group,
                    "items": [{**line, "value": str(line["value"])} for line in group["items"]],
                }
                for group in groups
            ],
        },
        steps=[
            {
                "action": step["action"],
                "values": {name: str(value) for name, value in step["values"].items()},
            }
            for step in given["steps"]
        ],
        delay_count=str(given["delay_minutes"]),
        at_time=given["at_time"],
        is_on=given["is_on"],
    )
    try:
        return rules.save(web_session(), rule, draft)
    except Invalid as invalid:
        named = {body_field(field): told for field, told in invalid.errors.items()}
        raise Invalid(named) from None


def body_field(field: str) -> str:
    """Where a fault of the form stands in a body: `if.0.1` is `conditions.items.0.items.1`."""
    if found := re.fullmatch(r"if\.(\d+)(?:\.(\d+))?", field):
        inner = f".items.{found[2]}" if found[2] else ""
        return f"conditions.items.{found[1]}{inner}"
    if found := re.fullmatch(r"step\.(\d+)(?:\.(\w*))?", field):
        return f"steps.{found[1]}" + (f".values.{found[2]}" if found[2] else "")
    if field.startswith("ask."):
        return f"asks.{field[4:]}"
    return {"if": "conditions", "delay": "delay_minutes"}.get(field, field)


def _foreseen(prospect: foreseeing.Prospect) -> dict[str, Any]:
    scene = prospect.scene
    return {
        "acts": prospect.acts,
        "why_not": str(prospect.why_not),
        "at": prospect.at.isoformat() if prospect.at and prospect.acts else None,
        "contact_id": scene.contact.id if scene else None,
        "order_id": scene.order.id if scene and scene.order else None,
        "run_id": prospect.run.id if prospect.run else None,
        "conditions": prospect.verdict,
        "steps": [
            {
                "action": action.name,
                "what": str(foreseen.what),
                "text": foreseen.text,
                "way": str(foreseen.way),
                "obstacle": str(foreseen.obstacle),
            }
            for action, foreseen in prospect.steps
        ],
    }


def _run_as_json(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "rule_id": run.rule_id,
        "trigger": run.trigger,
        "subject": run.subject,
        "episode": run.episode,
        "contact_id": run.contact_id,
        "state": run.state.value,
        "code": run.code,
        "reason": run.reason,
        "trace": run.trace,
        "message_id": run.message_id,
        "due_at": run.due_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
    }


APIS = (ApiDecl(api=RuleApi),)
