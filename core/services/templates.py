"""Templates: their variables, filled and checked."""

from __future__ import annotations

import re
from typing import Any

from core.errors import Refused
from core.models import Channel, Template
from core.words import say

VARIABLE = re.compile(r"\{(\w+)\}")


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
    if not template.is_approved:
        raise Refused(
            say("The provider hasn't approved “%(template)s” yet.", template=template.name),
            "template",
        )
    return text, {
        "name": template.provider_name,
        "language": template.language,
        "variables": [values[name] for name in in_order],
    }
