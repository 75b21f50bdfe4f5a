"""Replay: yesterday's traffic under another policy, side by side."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _

from core.api import Page, expose, has_access, need_tenant, web_session
from plugins.routing import clock, settings
from plugins.routing.models import DEFAULT_POLICY
from plugins.routing.replay import replay


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
        begin = datetime.combine(day, datetime.min.time(), zone)
        found = replay(web_session(), policy, begin, begin + timedelta(days=1))
        agents = sorted(
            found.was.turns.keys() | found.would.turns.keys(),
            key=lambda key: found.names.get(key, ""),
        )
        most = max([*found.was.turns.values(), *found.would.turns.values(), 1])
        return self.render_template(
            "routing/replay.html",
            title=_("Lead distribution"),
            tab="replay",
            day=day,
            policy=policy,
            policies=known,
            found=found,
            agents=agents,
            most=most,
        )


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today - timedelta(days=1)
