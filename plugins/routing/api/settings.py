"""`/api/v1/distribution_setting/`: one for a device (C8, C9, C12)."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_appbuilder.api import expose

from core.api import Body, RowId, body_of, protect, row_id, web_session
from plugins.routing import settings
from plugins.routing.api.managed import ManagedOperations
from plugins.routing.models import DEFAULT_POLICY, DistributionSetting


class SettingBody(Body):
    """`idle_minutes`: at least 5; null or left out, nobody loses a conversation for being idle."""

    name: str
    channel_id: RowId
    is_sticky: bool = False
    idle_minutes: int | None = None
    policy: str = DEFAULT_POLICY


class SettingChange(Body):
    """What isn't given stays; `idle_minutes` null switches idle off."""

    name: str | None = None
    channel_id: RowId | None = None
    is_sticky: bool | None = None
    idle_minutes: int | None = None
    policy: str | None = None


class DistributionSettingOperations(ManagedOperations):
    """How the conversations of a device are distributed."""

    resource_name = "distribution_setting"

    @expose("/", methods=["GET"])
    @protect()
    def get_list(self) -> Response:
        """All settings, by name.
        ---
        get:
          description: Every setting, and the policies that there are
          responses:
            200: {description: The settings}
        """
        session = web_session()
        found = [as_json(each) for each in settings.all_of(session)]
        answer: Response = self.response(
            200, count=len(found), result=found, policies=sorted(settings.policies(session))
        )
        return answer

    @expose("/<pk>", methods=["GET"])
    @protect()
    def get(self, pk: str) -> Response:
        """One setting.
        ---
        get:
          description: One setting
          responses:
            200: {description: The setting}
            404: {description: No such setting}
        """
        answer: Response = self.response(
            200, result=as_json(settings.get(web_session(), row_id(pk)))
        )
        return answer

    @expose("/", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Create a setting.
        ---
        post:
          description: One for a device; a second one is refused
          responses:
            201: {description: Created}
            409: {description: The device has one already}
            422: {description: Refused, with the field}
        """
        body = body_of(SettingBody)
        made = settings.save(
            web_session(),
            None,
            name=body.name,
            channel_id=body.channel_id,
            is_sticky=body.is_sticky,
            is_idle=body.idle_minutes is not None,
            idle_minutes=body.idle_minutes,
            policy=body.policy,
        )
        return self.answer(201, id=made.id, result=as_json(made))

    @expose("/<pk>", methods=["PUT"])
    @protect()
    def put(self, pk: str) -> Response:
        """Change a setting.
        ---
        put:
          description: What isn't given stays
          responses:
            200: {description: Changed}
            404: {description: No such setting}
            409: {description: The device has another one}
            422: {description: Refused, with the field}
        """
        body = body_of(SettingChange)
        setting = settings.get(web_session(), row_id(pk))
        minutes = body.idle_minutes
        if "idle_minutes" not in body.model_fields_set:
            minutes = setting.idle_minutes
        changed = settings.save(
            web_session(),
            setting,
            name=setting.name if body.name is None else body.name,
            channel_id=body.channel_id or setting.channel_id,
            is_sticky=setting.is_sticky if body.is_sticky is None else body.is_sticky,
            is_idle=minutes is not None,
            idle_minutes=minutes,
            policy=body.policy or setting.policy,
        )
        return self.answer(id=changed.id, result=as_json(changed))

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    def delete(self, pk: str) -> Response:
        """Delete a setting.
        ---
        delete:
          description: Its device goes round robin
          responses:
            200: {description: Deleted}
            404: {description: No such setting}
        """
        settings.remove(web_session(), settings.get(web_session(), row_id(pk)))
        return self.answer(message="OK")


def as_json(setting: DistributionSetting) -> dict[str, Any]:
    """A setting as it is answered."""
    return {
        "id": setting.id,
        "name": setting.name,
        "channel_id": setting.channel_id,
        "is_sticky": setting.is_sticky,
        "idle_minutes": setting.idle_minutes,
        "policy": setting.policy,
    }
