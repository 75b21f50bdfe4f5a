"""The bot that ships: keywords and menus, as a list of steps.

A step is said when its words are heard, when it is chosen from a menu, at the first message, or
where nothing else fits. It may offer a menu of other steps, hand over, or close the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import (
    Answer,
    Ask,
    Division,
    Invalid,
    Refused,
    TenantSession,
    Trigger,
    Turn,
    consent_words,
    say,
    templates,
)
from plugins.automation import variables
from plugins.automation.actions.choosing import chosen
from plugins.automation.conditions import has_word

MOST_STEPS = 30
MOST_OPTIONS = 9
LONGEST_NAME = 40
LONGEST_WORDS = 200
LONGEST_TEXT = 2000
MOST_UNCLEAR = 2
"""How often in a row *nothing else fits* is said: whoever isn't understood twice needs a person."""

FIRST, WORDS, MENU, ELSE = "first", "words", "menu", "else"
WHEN: Mapping[str, Any] = {
    FIRST: say("they begin to write"),
    WORDS: say("they write one of these words"),
    MENU: say("they choose it from a menu"),
    ELSE: say("nothing else fits"),
}
STAY, HAND_OVER, CLOSE = "", "hand_over", "close"
THEN: Mapping[str, Any] = {
    STAY: say("wait for what they write"),
    HAND_OVER: say("hand over to a division"),
    CLOSE: say("close the conversation"),
}
FILLED = Trigger(name="", label=say("a bot answers"), group="")
"""What a step's text may use is what every rule may."""


class Steps:
    """Keywords and menus."""

    name = "steps"
    label = say("Keywords and menus")
    hint = say("You write the answers; customers choose by a word or a number.")
    icon = "list-tree"

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return ()  # its form is a screen of its own

    def check(self, session: TenantSession, values: Mapping[str, Any]) -> dict[str, Any]:
        steps = list(values.get("steps") or ())
        faults: dict[str, list[str]] = {}
        if not steps:
            faults["steps"] = [say("Write at least one answer.")]
        if len(steps) > MOST_STEPS:
            faults["steps"] = [say("Up to %(most)s steps.", most=MOST_STEPS)]
        keys = {str(step["key"]) for step in steps}
        offered = {str(key) for step in steps for key in step.get("options") or ()}
        seen: set[str] = set()
        kept = []
        for at, step in enumerate(steps[:MOST_STEPS]):
            for field, words in _faults(session, step, keys, offered, seen):
                faults.setdefault(f"step.{at}.{field}", []).append(words)
            kept.append(_kept(step))
        if faults:
            raise Invalid(faults)
        return {"steps": kept}

    def prepare(self, session: TenantSession, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return values

    def answer(self, turn: Turn) -> Answer | None:
        steps = list(turn.settings.get("steps") or ())
        found = choose(steps, turn)
        if found is None:
            return None
        step, why = found
        unclear = int(turn.memory.get("unclear") or 0) + 1 if step["when"] == ELSE else 0
        if unclear > MOST_UNCLEAR:
            return None
        options = offered_by(step, steps)
        # whoever isn't understood may still choose from the menu that stands above
        menu = [each["key"] for each in options] or (
            turn.memory.get("menu") if step["when"] == ELSE else []
        )
        return Answer(
            text=text_of(step, options, turn.variables),
            why=why,
            memory={"menu": menu or [], "unclear": unclear},
            division_id=int(step["division"]) if step["then"] == HAND_OVER else None,
            closes=step["then"] == CLOSE,
        )


def choose(steps: Sequence[Mapping[str, Any]], turn: Turn) -> tuple[Mapping[str, Any], Any] | None:
    """The step that is said, and why: the menu first, then words, the beginning, the rest."""
    said = consent_words.folded(turn.text)
    by_key = {step["key"]: step for step in steps}
    menu = [by_key[key] for key in turn.memory.get("menu") or () if key in by_key]
    for number, step in enumerate(menu, start=1):
        if said.rstrip(".)") == str(number) or said == consent_words.folded(step["name"]):
            return step, say("They chose “%(step)s” from the menu.", step=step["name"])
    for step in steps:
        if step["when"] == WORDS and has_word(said, step["words"]):
            return step, say("They wrote a word of “%(step)s”.", step=step["name"])
    if turn.is_first:
        for step in steps:
            if step["when"] == FIRST:
                return step, say("They began to write.")
    for step in steps:
        if step["when"] == ELSE and said:
            return step, say("Nothing else fitted.")
    return None


def offered_by(
    step: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The steps of a step's menu, in its order."""
    by_key = {each["key"]: each for each in steps}
    return [by_key[key] for key in step.get("options") or () if key in by_key]


def text_of(
    step: Mapping[str, Any], options: Sequence[Mapping[str, Any]], filled: Mapping[str, str]
) -> str:
    """What the customer reads: the words, then the numbered menu."""
    lines = [f"{number}. {each['name']}" for number, each in enumerate(options, start=1)]
    text = templates.VARIABLE.sub(lambda match: filled.get(match[1], match[0]), step["text"])
    return "\n\n".join(part for part in (text, "\n".join(lines)) if part)


def _kept(step: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": str(step["key"]),
        "name": " ".join(str(step.get("name", "")).split()),
        "when": step.get("when", ""),
        "words": ", ".join(_words(step)) if step.get("when") == WORDS else "",
        "text": _text(step),
        "options": [str(key) for key in step.get("options") or ()],
        "then": step.get("then", ""),
        "division": str(step.get("division", "")) if step.get("then") == HAND_OVER else "",
    }


def _words(step: Mapping[str, Any]) -> list[str]:
    each = (" ".join(word.split()) for word in str(step.get("words", "")).split(","))
    return [word for word in each if word]


def _text(step: Mapping[str, Any]) -> str:
    return str(step.get("text", "")).replace("\r\n", "\n").strip()


def _faults(
    session: TenantSession,
    step: Mapping[str, Any],
    keys: set[str],
    offered: set[str],
    seen: set[str],
) -> list[tuple[str, str]]:
    """(field, sentence) for all that is wrong with one step. `seen`: what may be there once."""
    found: list[tuple[str, str]] = []
    name = " ".join(str(step.get("name", "")).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        found.append(("name", say("Give it a name of up to %(most)s letters.", most=LONGEST_NAME)))
    when, then, text = step.get("when", ""), step.get("then", ""), _text(step)
    if when not in WHEN:
        found.append(("when", say("Choose when it is said.")))
    if when in (FIRST, ELSE) and when in seen:
        found.append(("when", say("Another step has this already.")))
    if f"key {step['key']}" in seen:
        found.append(("key", say("Another step has this already.")))
    seen |= {when, f"key {step['key']}"}
    if when == WORDS and not _words(step):
        found.append(("words", say("Give the words, with commas between.")))
    if len(str(step.get("words", ""))) > LONGEST_WORDS:
        found.append(("words", say("Up to %(longest)s characters.", longest=LONGEST_WORDS)))
    if when == MENU and str(step["key"]) not in offered:
        found.append(("when", say("No menu offers it yet: put it into one, or give it words.")))
    if not text:
        found.append(("text", say("Write the answer.")))
    if len(text) > LONGEST_TEXT:
        found.append(("text", say("Up to %(longest)s characters.", longest=LONGEST_TEXT)))
    try:
        variables.check(FILLED, variables.names_in(text), "text")
    except Refused as refused:
        found.append(("text", refused.message))
    options = [str(key) for key in step.get("options") or ()]
    if len(options) > MOST_OPTIONS or len(set(options)) < len(options):
        found.append(("options", say("A menu has up to %(most)s different steps.", most=9)))
    if not keys.issuperset(options):
        found.append(("options", say("Choose a step for each line of the menu.")))
    if then not in THEN:
        found.append(("then", say("Choose what comes after it.")))
    if then == HAND_OVER:
        try:
            chosen(session, Division, step, "division", say("Choose a division."))
        except Refused as refused:
            found.append(("division", refused.message))
    if then and options:
        found.append(("then", say("A menu waits for what they choose: take one of the two away.")))
    return found


BOTS = (Steps(),)
