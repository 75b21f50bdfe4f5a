"""Reading the form of a smart reply: its steps by their place, and the button that changes them."""

from __future__ import annotations

import re
from typing import Any

from flask import request

from plugins.automation.smart_reply.beginning import empty_step
from plugins.automation.smart_reply.keeping import Draft
from plugins.automation.smart_reply.steps import ELSE, FIRST, MENU, WORDS
from plugins.automation.views.forms import text

_STEP = re.compile(r"step\.(\d{1,2})\.(key|name|when|words|text|then|division)")
_OPTION = re.compile(r"step\.(\d{1,2})\.option\.(\d{1,2})")
_ASK = re.compile(r"ask\.(\w{1,40})")
MOST_SAID = 20


def typed() -> Draft:
    """The smart reply as it stands in the form."""
    draft = Draft(
        name=text("name"),
        bot=text("bot", "steps"),
        hours={
            "mode": text("hours.mode", "always"),
            "days": request.form.getlist("hours.days"),
            "from": text("hours.from"),
            "to": text("hours.to"),
        },
        rest_hours=text("rest_hours", "12"),
        channel_ids=[
            int(each)
            for each in request.form.getlist("channel")
            if each.isascii() and each.isdigit() and len(each) < 10
        ],
        is_on="is_on" in request.form,
    )
    steps: dict[int, dict[str, Any]] = {}
    options: dict[int, dict[int, str]] = {}
    for name in request.form:
        if found := _STEP.fullmatch(name):
            steps.setdefault(int(found[1]), {})[found[2]] = text(name)
        elif found := _OPTION.fullmatch(name):
            options.setdefault(int(found[1]), {})[int(found[2])] = text(name)
        elif found := _ASK.fullmatch(name):
            draft.settings[found[1]] = text(name)
    kept = []
    for at in sorted(steps):
        key = steps[at].get("key", "")
        chosen = [key for _place, key in sorted(options.get(at, {}).items())]
        is_key = key.isascii() and key.isdigit() and len(key) < 7
        step = empty_step(key if is_key else str(1000 + at), WORDS)
        kept.append({**step, **steps[at], "key": step["key"], "options": chosen})
    if draft.bot == "steps":
        draft.settings = {"steps": kept}
    return draft


def said() -> list[str]:
    """What was typed into the phone so far, and what is sent to it now; nothing after a reset."""
    if text("op") == "anew":
        return []
    found = [each.replace("\x00", "") for each in request.form.getlist("said")]
    now = text("say").strip() if text("op") == "say" else ""
    return [*found, *([now] if now else [])][-MOST_SAID:]


def unsent() -> str:
    """What stands in the phone and wasn't sent yet."""
    return "" if text("op") in ("say", "anew") else text("say")[:1000]


def change(draft: Draft, what: str) -> None:
    """Do what a button of the form says: `add-step`, `drop-option:2:1` … Else nothing."""
    word, *places = what.split(":")
    numbers = [int(each) for each in places if each.isascii() and each.isdigit()]
    steps: list[dict[str, Any]] = draft.settings.get("steps", [])
    if word == "add-step":
        steps.append(empty_step(_free_key(steps), _free_when(steps)))
        return
    if not numbers or numbers[0] >= len(steps):
        return
    at = numbers[0]
    if word == "drop-step":
        gone = steps.pop(at)["key"]
        for step in steps:
            step["options"] = [key for key in step["options"] if key != gone]
    elif word == "up-step" and at:
        steps[at - 1], steps[at] = steps[at], steps[at - 1]
    elif word == "add-option":
        steps[at]["options"].append("")
    elif word == "new-option":
        fresh = empty_step(_free_key(steps), MENU)
        steps[at]["options"].append(fresh["key"])
        steps.insert(at + 1, fresh)  # where the eyes are
    elif word == "drop-option" and len(numbers) == 2 and numbers[1] < len(steps[at]["options"]):
        del steps[at]["options"][numbers[1]]


def _free_key(steps: list[dict[str, Any]]) -> str:
    return str(max((int(step["key"]) for step in steps), default=0) + 1)


def _free_when(steps: list[dict[str, Any]]) -> str:
    there = {step["when"] for step in steps}
    return next((when for when in (FIRST, WORDS, ELSE) if when not in there), WORDS)
