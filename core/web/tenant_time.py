"""Times as the tenant reads them: its time zone, the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask_babel import get_locale
from flask_babel import gettext as _

from core.models import Tenant
from core.web.request import need_tenant


def zone_of(tenant: Tenant) -> ZoneInfo:
    """The tenant's time zone; `services.tenants` let only known ones in."""
    return ZoneInfo(tenant.time_zone)


def here(value: datetime) -> datetime:
    """A moment on the current tenant's clock."""
    return value.astimezone(zone_of(need_tenant()))


def clock(value: datetime) -> str:
    """`14:05`."""
    return format_time(here(value), "short", locale=get_locale())


def day(value: datetime) -> str:
    """`Today`, `Yesterday`, `Tuesday` within a week, else the date."""
    days = (here(datetime.now(UTC)).date() - here(value).date()).days
    if days == 0:
        return str(_("Today"))
    if days == 1:
        return str(_("Yesterday"))
    pattern = "EEEE" if 1 < days < 7 else "medium"
    return format_date(here(value).date(), pattern, locale=get_locale())


def brief(value: datetime) -> str:
    """For a list: `14:05` today, else a short day. A script makes it `5 min` and keeps it so."""
    days = (here(datetime.now(UTC)).date() - here(value).date()).days
    if days == 0:
        return clock(value)
    return format_date(here(value).date(), "EEE" if days < 7 else "d MMM", locale=get_locale())


def moment(value: datetime) -> str:
    """Day and minute, for titles."""
    return f"{format_date(here(value).date(), 'medium', locale=get_locale())}, {clock(value)}"


def parsed(text: str) -> datetime:
    """A moment that `isoformat()` wrote."""
    return datetime.fromisoformat(text)


def present() -> datetime:
    """Now, for a template."""
    return datetime.now(UTC)


def input_time(value: datetime) -> str:
    """A moment on the tenant's clock, as `<input type="datetime-local">` wants it."""
    return here(value).strftime("%Y-%m-%dT%H:%M")


def zone_name() -> str:
    """`Asia/Jakarta`, to stand beside a time that is typed."""
    return need_tenant().time_zone


def left(until: datetime | None) -> str:
    """How long until then, in one unit: `6 days`, `5 h`, `40 min`; "" when it is over."""
    rest = (until - datetime.now(UTC)) if until else timedelta()
    if rest <= timedelta():
        return ""
    minutes = int(rest.total_seconds() // 60)
    if minutes >= 48 * 60:
        return str(_("%(count)s days", count=minutes // (24 * 60)))
    if minutes >= 60:
        return str(_("%(count)s h", count=minutes // 60))
    return str(_("%(count)s min", count=max(1, minutes)))


def snooze_times() -> list[tuple[str, datetime]]:
    """When a conversation may come back: label and moment, on the tenant's clock."""
    present = here(datetime.now(UTC)).replace(second=0, microsecond=0)
    morning = present.replace(hour=9, minute=0) + timedelta(days=1)
    monday = morning + timedelta(days=(7 - morning.weekday()) % 7)
    times = [
        (str(_("In an hour")), present + timedelta(hours=1)),
        (str(_("In three hours")), present + timedelta(hours=3)),
        (str(_("Tomorrow, 9:00")), morning),
    ]
    if monday != morning:
        times.append((str(_("Monday, 9:00")), monday))
    return times
