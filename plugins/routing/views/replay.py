"""Replay: yesterday's traffic under another policy, side by side."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _

from core.api import Page, expose, has_access, need_tenant, web_session
from plugins.routing import clock, settings
from plugins.routing.models import DEFAULT_POLICY
from plugins.routing.replay import of_day


class RoutingReplayView(Page):
    """`/distribution/replay/?day=&policy=`."""

    route_base = "/distribution/replay"
    class_permission_name = "Distribution"
    method_permission_name = {"index": "manage"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """One day on the tenant's clock; yesterday where none is given."""
        zone = ZoneInfo(need_tenant().time_zone)
        day = _day(request.args.get("day", ""), clock.now().astimezone(zone).date())
        known = settings.policies(web_session())
        name = request.args.get("policy", "")
        policy = known.get(name) or known[DEFAULT_POLICY]
        found = of_day(web_session(), policy, day)
        agents = sorted(
            found.was.turns.keys() | found.would.turns.keys(),
            key=lambda key: (-found.was.turns[key], found.names.get(key, "").casefold()),
        )
        was, would = found.was.by_hour(zone), found.would.by_hour(zone)
        return self.render_template(
            "routing/replay.html",
            title=_("Lead distribution"),
            tab="replay",
            day=day,
            policy=policy,
            policies=known,
            found=found,
            agents=agents,
            hours=[(hour, was.get(hour), would.get(hour)) for hour in sorted({*was, *would})],
        )


def _day(text: str, today: date) -> date:
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today - timedelta(days=1)
