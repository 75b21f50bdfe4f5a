"""Meta's templates: the list of an account, each as a text with variables, and what is decided.

Source: Meta's "Message templates" and the webhook references `message_template_status_update`,
`message_template_quality_update`, `template_category_update`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from core.api import (
    Account,
    Item,
    ListedTemplate,
    OutboundClient,
    SendFailed,
    TemplateChanged,
    TemplateState,
    say,
)
from plugins.channels.whatsapp_cloud.errors import PAYLOAD
from plugins.channels.whatsapp_cloud.graph import call, node
from plugins.channels.whatsapp_cloud.reading import Unreadable, optional_string, string
from plugins.channels.whatsapp_cloud.template_text import read_text

FIELDS = (
    "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason"
)
PAGE = 100

STATES = {
    "APPROVED": TemplateState.APPROVED,
    "REINSTATED": TemplateState.APPROVED,
    "FLAGGED": TemplateState.APPROVED,  # told of low quality, sent all the same
    "PENDING": TemplateState.PENDING,
    "IN_APPEAL": TemplateState.PENDING,
    "APPEAL_REQUESTED": TemplateState.PENDING,
    "REJECTED": TemplateState.REJECTED,
    "PAUSED": TemplateState.PAUSED,
    "LIMIT_EXCEEDED": TemplateState.PAUSED,
    "DISABLED": TemplateState.DISABLED,
    "LOCKED": TemplateState.DISABLED,
    "ARCHIVED": TemplateState.DISABLED,
    "PENDING_DELETION": TemplateState.GONE,
    "DELETED": TemplateState.GONE,
}

REASONS = {
    "ABUSIVE_CONTENT": say("The text breaks Meta's policies."),
    "CATEGORY_NOT_AVAILABLE": say("The category isn't available here."),
    "INCORRECT_CATEGORY": say("Meta thinks that it belongs to another category."),
    "INVALID_FORMAT": say("The variables or the formatting are not as Meta wants them."),
    "PROMOTIONAL": say("Meta takes it for marketing."),
    "SCAM": say("Meta takes it for a scam."),
    "TAG_CONTENT_MISMATCH": say("The language or the category doesn't fit the text."),
}
SILENT = frozenset({"", "NONE"})


def list_templates(account: Account, http: OutboundClient) -> Iterator[Sequence[ListedTemplate]]:
    """Yield the account's templates, a page at a time. Raises SendFailed, OutcomeUnknown.

    The next page is asked for by its cursor, never by the address in the answer: that would take
    our bearer wherever an answer says.
    """
    waba = node(str(account.settings.get("waba_id", "")))
    path = f"{waba}/message_templates?fields={FIELDS}&limit={PAGE}"
    after = ""
    while True:
        answer = call(account, http, "GET", path + (f"&after={node(after)}" if after else ""))
        rows = answer.get("data")
        if not isinstance(rows, list):
            raise SendFailed(PAYLOAD, "garbage", say("Meta's list of templates can't be read."))
        yield [one for row in rows if isinstance(row, dict) and (one := _listed(row)) is not None]
        following = _cursor(answer)
        if not following or following == after:
            return
        after = following


def read_status(value: dict[str, Any], at: datetime) -> Iterator[Item]:
    """`message_template_status_update`: approved, rejected with the reason, paused …"""
    event = string(value, "event")
    said = optional_string(value, "reason", limit=500)
    reason = REASONS.get(said, "" if said in SILENT else said)
    pause = _detail(value, "other_info")
    rejection = _detail(value, "rejection_info", "reason", "recommendation")
    yield _changed(
        value,
        at,
        state=STATES.get(event, TemplateState.PENDING),
        reason=" ".join(filter(None, (reason, pause, rejection)))[:400],
    )


def read_quality(value: dict[str, Any], at: datetime) -> Iterator[Item]:
    """`message_template_quality_update`: green, yellow, red or unknown."""
    yield _changed(value, at, quality=string(value, "new_quality_score").lower())


def read_category(value: dict[str, Any], at: datetime) -> Iterator[Item]:
    """`template_category_update`. With `correct_category` it is only announced."""
    category = optional_string(value, "new_category") or optional_string(value, "correct_category")
    if not category:
        raise Unreadable("The change names no category.")
    yield _changed(value, at, category=category.lower())


def _changed(value: dict[str, Any], at: datetime, **what: Any) -> TemplateChanged:
    return TemplateChanged(
        provider_id=_identifier(value.get("message_template_id")),
        name=string(value, "message_template_name", limit=512),
        language=optional_string(value, "message_template_language"),
        at=at,
        **what,
    )


def _listed(row: dict[str, Any]) -> ListedTemplate | None:
    """One template of the list; None for one that can't be read at all."""
    try:
        identifier, name = _identifier(row.get("id")), string(row, "name", limit=512)
        status = string(row, "status").upper()
        text = read_text(row)
    except Unreadable:
        return None
    said = row.get("rejected_reason")
    score = row.get("quality_score")
    quality = score.get("score") if isinstance(score, dict) else score
    return ListedTemplate(
        provider_id=identifier,
        name=name,
        language=optional_string(row, "language"),
        state=STATES.get(status, TemplateState.PENDING),
        body=text.body,
        variables=text.variables,
        slots=text.slots,
        category=optional_string(row, "category").lower(),
        quality=quality.lower() if isinstance(quality, str) else "",
        reason=REASONS.get(said, "") if isinstance(said, str) else "",
        obstacle=text.obstacle,
    )


def _identifier(value: Any) -> str:
    """Meta writes the id as a number in webhooks and as a text in lists."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= 64:
        raise Unreadable("The template has no id.")
    return value


def _detail(value: dict[str, Any], key: str, *names: str) -> str:
    inner = value.get(key)
    if not isinstance(inner, dict):
        return ""
    texts = [inner.get(name) for name in (names or ("title", "description"))]
    return ": ".join(text for text in texts if isinstance(text, str) and text)


def _cursor(answer: dict[str, Any]) -> str:
    paging = answer.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) else ""
