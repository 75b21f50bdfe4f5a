"""Forms as a browser finds them on a page, so that tests post what a person could."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Field:
    """One input. `options` are a select's values; `value` is what is filled in."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    is_multiple: bool = False
    is_required: bool = False


@dataclass
class Form:
    """One form of a page."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    def filled(self) -> dict[str, Any]:
        """What the form sends as it stands, with something in every field that must have it."""
        values: dict[str, Any] = {}
        for name, each in self.fields.items():
            if name == "csrf_token" or each.kind in ("submit", "button", "file", "checkbox-off"):
                continue  # the token is another session's: browsers of tests send theirs as header
            filler = next((o for o in each.options if o not in ("", "__None")), "")
            if each.kind == "select":
                values[name] = each.value or (filler if each.is_required else "")
            else:
                values[name] = each.value or _TYPED.get(each.kind, "text <ONCE>")
        return values


_TYPED = {
    "email": "a<ONCE>@example.com",
    "number": "1",
    "date": "2026-11-30",
    "datetime-local": "2026-11-30T10:00",
    "hidden": "",
    "checkbox": "y",
}


def forms_of(html: str) -> list[Form]:
    """Every form that posts, `hx-post` ones among them."""
    reader = _Reader()
    reader.feed(html)
    return [form for form in reader.forms if form.method == "POST"]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if "hx-post" in at and tag != "form":
            self.forms.append(Form(at["hx-post"], "POST"))
        if tag == "form":
            method = "POST" if "hx-post" in at else at.get("method", "get").upper()
            self._form = Form(at.get("hx-post") or at.get("action", ""), method)
            self.forms.append(self._form)
        if self._form is None:
            return
        name = at.get("name", "")
        if tag == "input" and name:
            kind = at.get("type", "text").lower()
            if kind == "checkbox" and "checked" not in at:
                kind = "checkbox-off"
            self._add(Field(name, kind, at.get("value", ""), is_required="required" in at))
        elif tag == "textarea" and name:
            self._area = self._add(Field(name, "textarea", is_required="required" in at))
        elif tag == "select" and name:
            self._select = self._add(
                Field(name, "select", is_multiple="multiple" in at, is_required="required" in at)
            )
        elif tag == "option" and self._select is not None:
            self._select.options.append(at.get("value", ""))
            if "selected" in at:
                self._select.value = at.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def _add(self, made: Field) -> Field:
        assert self._form is not None
        return self._form.fields.setdefault(made.name, made)
