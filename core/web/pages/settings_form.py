"""A form made from a pydantic model: a channel kind's or a plugin's settings.

The model is the one truth: its titles, descriptions, defaults and limits are what the form shows,
and it checks what comes back. A `SecretStr` is a password box that is never filled in again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


@dataclass
class FormRow:
    """One field on screen."""

    name: str
    label: str
    help: str
    kind: str
    value: str = ""
    is_required: bool = False
    is_kept: bool = False
    choices: list[tuple[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def rows_of(
    form: type[BaseModel],
    values: dict[str, Any],
    errors: dict[str, list[str]],
    kept: frozenset[str] = frozenset(),
) -> list[FormRow]:
    """The rows of a form. `values` are shown as typed; `kept` names secrets that are stored."""
    rows = []
    for name, info in form.model_fields.items():
        kind = _kind(info.annotation)
        default = "" if info.default in (PydanticUndefined, None) else info.default
        value = "" if kind == "password" else values.get(name, default)
        rows.append(
            FormRow(
                name=name,
                label=info.title or name.replace("_", " ").capitalize(),
                help=info.description or "",
                kind=kind,
                value=_shown(value),
                is_required=info.is_required() and name not in kept,
                is_kept=name in kept,
                choices=_choices(info),
                errors=errors.get(name, []),
            )
        )
    return rows


def _kind(annotation: Any) -> str:
    if annotation is SecretStr or "SecretStr" in str(annotation):
        return "password"
    if annotation is bool:
        return "checkbox"
    if annotation in (int, float):
        return "number"
    if get_origin(annotation) is Literal:
        return "select"
    return "text"


def _choices(info: FieldInfo) -> list[tuple[str, str]]:
    """(value, words) of a `Literal`; its words are `json_schema_extra["labels"]`, if it has any."""
    if get_origin(info.annotation) is not Literal:
        return []
    extra = info.json_schema_extra
    labels: Any = extra.get("labels", {}) if isinstance(extra, dict) else {}
    return [(value, labels.get(value, value)) for value in get_args(info.annotation)]


def _shown(value: Any) -> str:
    if value is True:
        return "1"
    return "" if value is False else str(value)


def typed_values(form: type[BaseModel], sent: Any) -> dict[str, Any]:
    """What a browser sent for `form`, ready to validate: a checkbox that is off sends nothing."""
    values: dict[str, Any] = {}
    for name, info in form.model_fields.items():
        if info.annotation is bool:
            values[name] = name in sent
        elif name in sent and sent[name].strip() != "":
            values[name] = sent[name].strip()
    return values
