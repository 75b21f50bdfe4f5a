"""Changes of the account and the number: what Meta thinks of them, and whether they still work.

Source: Meta's webhook references `account_update`, `account_alerts`, `account_review_update`,
`phone_number_quality_update`, `phone_number_name_update`, `business_capability_update`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from core.api import ChannelChanged, Fact, say
from plugins.channels.whatsapp_cloud.reading import optional_mapping

# Events after which nothing can be sent. A ban's own state decides further: see `_account`.
DOWN = {
    "ACCOUNT_DELETED": say("The WhatsApp Business Account was deleted at Meta."),
    "ACCOUNT_OFFBOARDED": say("The number was taken off the Cloud API."),
    "PARTNER_REMOVED": say("The account no longer shares its number with this app."),
    "PARTNER_APP_UNINSTALLED": say("The app was removed from the account."),
}
UP = frozenset({"ACCOUNT_RECONNECTED", "PARTNER_ADDED", "PARTNER_APP_INSTALLED"})
WAY_BACK = say("See business.facebook.com > Account quality, where you can ask for a review.")

LIMITS = {
    "TIER_50": say("%(number)s customers a day", number="50"),
    "TIER_250": say("%(number)s customers a day", number="250"),
    "TIER_1K": say("%(number)s customers a day", number="1,000"),
    "TIER_2K": say("%(number)s customers a day", number="2,000"),
    "TIER_10K": say("%(number)s customers a day", number="10,000"),
    "TIER_100K": say("%(number)s customers a day", number="100,000"),
    "TIER_UNLIMITED": say("Unlimited"),
    "TIER_NOT_SET": say("Not set yet"),
}
QUALITIES = {
    "GREEN": say("High"),
    "YELLOW": say("Medium"),
    "RED": say("Low"),
    "UNKNOWN": say("Not rated yet"),
}


def read_event(field: str, value: dict[str, Any], at: datetime) -> ChannelChanged:
    """Say what happened; a field that isn't known is told by its name and its event."""
    told = EVENTS.get(field, _other)(value)
    return ChannelChanged(what=field[:100], at=at, raw=value, **{"reason": "changed", **told})


def limit_word(value: Any) -> str:
    """A messaging limit for a person: a tier, or a number, -1 for none; "" where none is given."""
    if isinstance(value, bool) or value in (None, ""):
        return ""
    if isinstance(value, int):
        return say("Unlimited") if value < 0 else _a_day(value)
    return LIMITS.get(value, value[:80]) if isinstance(value, str) else ""


def _a_day(number: int) -> str:
    return say("%(number)s customers a day", number=f"{number:,}")


def quality_fact(score: Any) -> Fact | None:
    """The number's quality; None where Meta says nothing."""
    if not isinstance(score, str) or not score:
        return None
    return Fact("quality", QUALITIES.get(score, score[:80]), is_bad=score == "RED")


def _account(value: dict[str, Any]) -> dict[str, Any]:
    event = _text(value, "event")
    if event in DOWN:
        reason = f"{DOWN[event]} {_why_disconnected(value)}{WAY_BACK}"
        return _told(reason, Fact("account_state", DOWN[event], is_bad=True), is_down=True)
    if event == "DISABLED_UPDATE":
        return _ban(optional_mapping(value, "ban_info"))
    if event == "ACCOUNT_RESTRICTION":
        return _restriction(value)
    if event == "ACCOUNT_VIOLATION":
        kind = _text(optional_mapping(value, "violation_info"), "violation_type")
        reason = say(
            "Meta found a violation of its policies: %(what)s. %(review)s",
            what=_words(kind),
            review=WAY_BACK,
        )
        return _told(reason, Fact("account_state", reason, is_bad=True), is_bad=True)
    if event in UP:
        return _told(say("The account is connected again."), _good_state(), is_up=True)
    return _told(_words(event) or "The account changed")


def _ban(ban: dict[str, Any]) -> dict[str, Any]:
    state, date = _text(ban, "waba_ban_state"), _text(ban, "waba_ban_date")
    if state == "REINSTATE":
        return _told(say("Meta lifted the ban."), _good_state(), is_up=True)
    if state == "SCHEDULE_FOR_DISABLE":
        reason = say(
            "Meta will disable the account (%(date)s). %(review)s",
            date=date or "?",
            review=WAY_BACK,
        )
        return _told(reason, Fact("account_state", reason, is_bad=True), is_bad=True)
    since = f" since {date}" if date else ""
    reason = say(
        "Meta disabled the WhatsApp Business Account%(since)s. %(review)s",
        since=since,
        review=WAY_BACK,
    )
    return _told(reason, Fact("account_state", f"Disabled{since}", is_bad=True), is_down=True)


def _restriction(value: dict[str, Any]) -> dict[str, Any]:
    """Some restrictions stop answers too; the others only keep us from beginning to talk."""
    rows = value.get("restriction_info")
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    kinds = [_text(row, "restriction_type") for row in rows]
    until = ", ".join(_moments(row.get("expiration") for row in rows))
    words = ", ".join(_words(kind) for kind in kinds if kind) or "not said what"
    reason = say(
        "Meta restricted the account: %(what)s. %(review)s",
        what=", ".join(filter(None, (words, until))),
        review=WAY_BACK,
    )
    stops = any("ALL_MESSAG" in kind or "CUSTOMER_INITIATED" in kind for kind in kinds)
    fact = Fact("account_state", f"Restricted: {words}", is_bad=True)
    return _told(reason, fact, is_bad=True, is_down=stops or not kinds)


def _quality(value: dict[str, Any]) -> dict[str, Any]:
    event = _text(value, "event")
    limit = limit_word(
        value.get("max_daily_conversations_per_business") or value.get("current_limit")
    )
    facts = [Fact("messaging_limit", limit, is_bad=event == "DOWNGRADE")] if limit else []
    if event == "FLAGGED":
        facts.append(Fact("quality", QUALITIES["RED"], is_bad=True))
    elif event == "UNFLAGGED":
        facts.append(Fact("quality", QUALITIES["YELLOW"]))
    words = {
        "FLAGGED": say("The number's quality is low: people block or report its messages."),
        "UNFLAGGED": say("The number's quality is good again."),
        "DOWNGRADE": say("The messaging limit was lowered: %(limit)s.", limit=limit),
        "UPGRADE": say("The messaging limit was raised: %(limit)s.", limit=limit),
    }
    reason = words.get(event, f"{_words(event)}. {limit}".strip(". "))
    return _told(reason, *facts, is_bad=event in ("FLAGGED", "DOWNGRADE"))


def _name(value: dict[str, Any]) -> dict[str, Any]:
    decision = _text(value, "decision")
    wanted = _text(value, "requested_verified_name")
    why = _text(value, "rejection_reason")
    if decision in ("APPROVED", "DEFERRED"):
        facts = [Fact("verified_name", wanted)] if wanted and decision == "APPROVED" else []
        return _told(
            say(
                "The name “%(name)s”: %(decision)s.",
                name=wanted,
                decision=_words(decision).lower(),
            ),
            *facts,
        )
    reason = say(
        "Meta refused the name “%(name)s”: %(reason)s.",
        name=wanted,
        reason=_words(why).lower() or "?",
    )
    return _told(reason, is_bad=decision == "REJECTED")


def _capability(value: dict[str, Any]) -> dict[str, Any]:
    limit = limit_word(
        value.get("max_daily_conversations_per_business")
        or value.get("max_daily_conversation_per_phone")
    )
    facts = [Fact("messaging_limit", limit)] if limit else []
    return _told(
        say("The messaging limit is now: %(limit)s.", limit=limit)
        if limit
        else say("Limits changed."),
        *facts,
    )


def _alert(value: dict[str, Any]) -> dict[str, Any]:
    info = optional_mapping(value, "alert_info") or value
    severity = _text(info, "alert_severity")
    kind, text = _text(info, "alert_type"), _text(info, "alert_description")
    reason = f"{_words(kind)}: {text}" if kind and text else text or _words(kind) or "An alert"
    is_bad = severity in ("CRITICAL", "WARNING")
    return _told(reason, Fact("alert", reason, is_bad=is_bad), is_bad=is_bad)


def _review(value: dict[str, Any]) -> dict[str, Any]:
    decision = _text(value, "decision")
    is_bad = decision == "REJECTED"
    reason = say("Meta's review of the account: %(decision)s.", decision=_words(decision).lower())
    return _told(reason, Fact("account_state", reason, is_bad=is_bad), is_bad=is_bad)


def _other(value: dict[str, Any]) -> dict[str, Any]:
    event = _text(value, "event") or _text(value, "decision") or _text(value, "type")
    return _told(event or "changed")


EVENTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "account_update": _account,
    "account_alerts": _alert,
    "account_review_update": _review,
    "business_capability_update": _capability,
    "phone_number_name_update": _name,
    "phone_number_quality_update": _quality,
}


def _told(reason: str, *facts: Fact, **more: bool) -> dict[str, Any]:
    return {"reason": reason[:500], "facts": facts, **more}


def _good_state() -> Fact:
    return Fact("account_state", say("Works"))


def _why_disconnected(value: dict[str, Any]) -> str:
    info = optional_mapping(value, "disconnection_info")
    why = _text(info, "reason")
    return f"Reason: {_words(why).lower()}. " if why else ""


def _text(parent: dict[str, Any], key: str) -> str:
    value = parent.get(key)
    return value[:300] if isinstance(value, str) else ""


def _words(name: str) -> str:
    """`RESTRICTED_BIZ_INITIATED` → "Restricted biz initiated"."""
    return name.replace("_", " ").strip().capitalize()


def _moments(values: Any) -> list[str]:
    """Ends of restrictions: Unix seconds, or Meta's own words for a date."""
    found = []
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 4_000_000_000:
            found.append(datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d"))
        elif isinstance(value, str) and value:
            found.append(value[:40])
    return list(dict.fromkeys(found))
