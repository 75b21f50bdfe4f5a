"""Wait: the steps below it come later. `running.py` does the waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from core.api import Ask, Foreseen, Part, Refused, Scene, Taken, TenantSession, Trigger, say
from plugins.automation.actions.choosing import whole

WAIT = "wait"
UNITS = {"minutes": (1, say("minutes")), "hours": (60, say("hours")), "days": (1440, say("days"))}
LONGEST = {"minutes": 1440, "hours": 720, "days": 365}


def span_of(values: Mapping[str, Any]) -> timedelta:
    """How long a stored step waits."""
    return timedelta(minutes=int(values["count"]) * UNITS[values["unit"]][0])


class Wait:
    """Go on later."""

    name = WAIT
    label = say("Wait")
    icon = "hourglass"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (
            Ask(name="count", label=say("How long"), kind="number", default="1"),
            Ask(
                name="unit",
                label=say("Unit"),
                kind="choice",
                default="days",
                choices=lambda session: [(name, words) for name, (_each, words) in UNITS.items()],
            ),
        )

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        unit = values.get("unit", "")
        if unit not in UNITS:
            raise Refused(say("Choose minutes, hours or days."), "unit")
        return {"count": whole(values, "count", 1, LONGEST[unit]), "unit": unit}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        unit = UNITS.get(values.get("unit", "days"), UNITS["days"])[1]
        return say("wait %(count)s %(unit)s", count=values.get("count") or "…", unit=unit)

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        return Foreseen(self.told(scene.session, values))

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        return Taken(self.told(scene.session, values))
