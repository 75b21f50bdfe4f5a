"""Labels, put on and taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.api import Ask, Foreseen, Label, Part, Scene, Taken, TenantSession, Trigger, labels, say
from plugins.automation.actions.choosing import chosen, name_of

_NONE = say("Choose a label.")


def _all(session: TenantSession) -> list[tuple[str, Any]]:
    return [(str(one.id), one.name) for one in session.scalars(select(Label).order_by(Label.name))]


class PutLabel:
    """Put a label on the customer."""

    name = "label"
    label = say("Put a label on")
    icon = "tag"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (Ask(name="label", label=say("Label"), kind="choice", choices=_all),)

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        return {"label": str(chosen(session, Label, values, "label", _NONE).id)}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        name = name_of(session, Label, values, "label")
        return say("put the label “%(label)s” on the customer", label=name)

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        return Foreseen(self.told(scene.session, values))

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        label = chosen(scene.session, Label, values, "label", _NONE)
        labels.put_label(scene.session, scene.contact, label)
        return Taken(self.told(scene.session, values))


class TakeLabel(PutLabel):
    """Take a label off the customer."""

    name = "unlabel"
    label = say("Take a label off")
    icon = "tag-off"

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        name = name_of(session, Label, values, "label")
        return say("take the label “%(label)s” off the customer", label=name)

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        label = chosen(scene.session, Label, values, "label", _NONE)
        labels.take_label(scene.session, scene.contact, label)
        return Taken(self.told(scene.session, values))
