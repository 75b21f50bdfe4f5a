"""A template's components as one text with `{variables}`, and where each of them goes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from core.api import TemplateSlot, say
from plugins.channels.whatsapp_cloud.reading import MAX_TEXT, Unreadable, optional_string, sequence

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
BRACES = str.maketrans({"{": "(", "}": ")"})  # what isn't a variable must not look like one

PLAIN_BUTTONS = frozenset({"QUICK_REPLY", "PHONE_NUMBER", "URL", "VOICE_CALL"})


@dataclass
class Text:
    """What a person will see. `obstacle`: why such a template can't be sent from here, or ""."""

    body: str = ""
    variables: tuple[str, ...] = ()
    slots: tuple[TemplateSlot, ...] = ()
    obstacle: str = ""


@dataclass
class _Reading:
    """The parts as they are put together."""

    is_named: bool
    lines: list[str] = field(default_factory=list)
    names: dict[tuple[str, int, str], str] = field(default_factory=dict)
    obstacle: str = ""

    def add(self, text: str, where: str, index: int = 0) -> None:
        """Add a text, its variables renamed so that each is told apart in the whole."""

        def name(match: re.Match[str]) -> str:
            slot = (where, index, match[1])
            return "{" + self.names.setdefault(slot, self._name(where, match[1])) + "}"

        pieces = VARIABLE.split(text)
        for place in range(0, len(pieces), 2):
            pieces[place] = pieces[place].translate(BRACES)
        whole = "".join(
            piece if place % 2 == 0 else "{{" + piece + "}}" for place, piece in enumerate(pieces)
        )
        self.lines.append(VARIABLE.sub(name, whole))

    def _name(self, where: str, key: str) -> str:
        wanted = key if where == "body" else f"{where}_{key}"
        while wanted in self.names.values():
            wanted += "_"
        return wanted

    def refuse(self, why: str) -> None:
        self.obstacle = self.obstacle or why


def read_text(row: dict[str, Any]) -> Text:
    """Put the components of one template together. Raises Unreadable where there is no text.

    Numbered variables come in the order of their numbers, as Meta takes them.
    """
    reading = _Reading(is_named=row.get("parameter_format") == "NAMED")
    for component in sequence(row, "components"):
        if isinstance(component, dict):
            _read(component, reading)
    if not any(line.strip() for line in reading.lines):
        raise Unreadable("The template has no text.")
    slots = sorted(reading.names, key=_place)
    return Text(
        body="\n\n".join(line for line in reading.lines if line)[:MAX_TEXT],
        variables=tuple(reading.names[slot] for slot in slots),
        slots=tuple(
            TemplateSlot(where, index, key if reading.is_named else "")
            for where, index, key in slots
        ),
        obstacle=reading.obstacle,
    )


def _read(component: dict[str, Any], reading: _Reading) -> None:
    kind = str(component.get("type", "")).upper()
    if kind == "HEADER":
        _header(component, reading)
    elif kind in ("BODY", "FOOTER"):
        reading.add(optional_string(component, "text", limit=MAX_TEXT), "body")
    elif kind == "BUTTONS":
        for index, button in enumerate(sequence(component, "buttons")):
            if isinstance(button, dict):
                _button(button, index, reading)
    elif kind == "CAROUSEL":
        reading.refuse(say("It is a carousel: Sapa can't fill its cards yet."))
    elif kind == "LIMITED_TIME_OFFER":
        reading.refuse(say("It is a limited-time offer: Sapa can't set its end yet."))


def _header(component: dict[str, Any], reading: _Reading) -> None:
    form = str(component.get("format", "TEXT")).upper()
    if form == "TEXT":
        reading.add(optional_string(component, "text", limit=MAX_TEXT), "header")
        return
    reading.lines.append(f"[{form.lower()}]")
    reading.refuse(
        say("Its header holds a file (%(kind)s): Sapa can't fill that in yet.", kind=form.lower())
    )


def _button(button: dict[str, Any], index: int, reading: _Reading) -> None:
    kind = str(button.get("type", "")).upper()
    label = optional_string(button, "text")
    if kind not in PLAIN_BUTTONS:
        reading.refuse(
            say(
                "It has a button of the kind “%(kind)s”: Sapa can't fill it in yet.",
                kind=kind.lower(),
            )
        )
        return
    url = optional_string(button, "url", limit=2048)
    reading.add(f"[{label}] {url}" if VARIABLE.search(url) else f"[{label}]", "button", index)


def _place(slot: tuple[str, int, str]) -> tuple[int, int, int, str]:
    where, index, key = slot
    number = int(key) if key.isascii() and key.isdigit() else 0
    return ("header", "body", "button").index(where), index, number, key
