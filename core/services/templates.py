"""Templates: their variables, filled and checked."""

from __future__ import annotations

import re
from typing import Any

from core.errors import Refused
from core.listed_templates import TemplateState
from core.models import Channel, Template
from core.words import say

VARIABLE = re.compile(r"\{(\w+)\}")

STATES = {
    TemplateState.PENDING: say("The provider hasn't approved it yet."),
    TemplateState.REJECTED: say("The provider rejected it."),
    TemplateState.PAUSED: say("The provider paused it: too many people blocked or reported it."),
    TemplateState.DISABLED: say("The provider disabled it."),
    TemplateState.GONE: say("It was deleted at the provider."),
}


def variables_of(body: str) -> list[str]:
    """The `{names}` in a body, each once, in order of first use."""
    return list(dict.fromkeys(VARIABLE.findall(body)))


def render(
    template: Template, values: dict[str, str], channel: Channel
) -> tuple[str, dict[str, Any] | None]:
    """The text a person sees, and for a provider's template what the provider gets.

    Refused where a variable has no value, or the template isn't approved for this channel.
    """
    in_order = template.variables or variables_of(template.body)
    needed = dict.fromkeys([*variables_of(template.body), *in_order])
    missing = [name for name in needed if not values.get(name, "").strip()]
    if missing:
        names = ", ".join(f"{{{name}}}" for name in missing)
        raise Refused(say("The template needs a value for %(names)s.", names=names), "variables")
    text = VARIABLE.sub(lambda match: values[match[1]], template.body)
    if not template.provider_name:
        return text, None
    if template.channel_id is not None and template.channel_id != channel.id:
        raise Refused(
            say("“%(template)s” is approved for another channel.", template=template.name),
            "template",
        )
    if obstacle := why_not(template):
        raise Refused(
            say(
                "“%(template)s” can't be sent. %(reason)s", template=template.name, reason=obstacle
            ),
            "template",
        )
    return text, {
        "name": template.provider_name,
        "language": template.language,
        "variables": [values[name] for name in in_order],
        **({"slots": template.slots} if template.slots else {}),
    }


def why_not(template: Template) -> str:
    """Why a template can't be sent now, for a person; "" where it can."""
    if template.can_be_sent:
        return ""
    return template.reason or STATES.get(template.state, "")


def renamed(provider_body: str, body: str) -> dict[str, str] | None:
    """How `body` names the variables of `provider_body`: `{theirs: ours}`.

    None where the two differ in anything else: the words are the provider's. One variable of
    theirs has one name of ours wherever it stands, and two have two.
    """
    if VARIABLE.split(provider_body)[::2] != VARIABLE.split(body)[::2]:
        return None
    names: dict[str, str] = {}
    for theirs, ours in zip(VARIABLE.findall(provider_body), VARIABLE.findall(body), strict=True):
        if names.setdefault(theirs, ours) != ours:
            return None
    return names if len(set(names.values())) == len(names) else None
