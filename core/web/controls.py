"""One form field as Tabler shows it: `control(field)` in templates.

FAB's widgets write Bootstrap 3 into the page and override the class they are given, so the plain
WTForms widget below each of them draws instead. A widget we don't know draws itself.
"""

from __future__ import annotations

from typing import Any

from flask_appbuilder.fieldwidgets import (
    BS3PasswordFieldWidget,
    BS3TextAreaFieldWidget,
    BS3TextFieldWidget,
    DatePickerWidget,
    DateTimePickerWidget,
    Select2AJAXWidget,
    Select2ManyWidget,
    Select2SlaveAJAXWidget,
    Select2Widget,
)
from markupsafe import Markup
from wtforms import BooleanField, Field, widgets

PLAIN: dict[type, Any] = {
    Select2ManyWidget: widgets.Select(multiple=True),
    Select2Widget: widgets.Select(),
    BS3PasswordFieldWidget: widgets.PasswordInput(),
    BS3TextFieldWidget: widgets.TextInput(),
}
NUMERIC = {"IntegerField": "1", "FloatField": "any", "DecimalField": "any"}


def control(field: Field) -> Markup:
    """The input alone, with its error state and the ids of its help and error texts."""
    if getattr(field, "blank_text", None) == "":  # WTForms would show FAB's "__None" instead
        field.blank_text = "–"  # noqa: RUF001 - a dash, as lists show it
    attrs: dict[str, Any] = {**(field.render_kw or {})}
    attrs["class_"] = css_class(field, str(attrs.pop("class_", attrs.pop("class", ""))))
    if field.errors:
        attrs["aria-invalid"] = "true"
    describing = [f"{field.id}-help"] if field.description else []
    describing += [f"{field.id}-error"] if field.errors else []
    if describing:
        attrs["aria-describedby"] = " ".join(describing)
    return draw(field, attrs)


def css_class(field: Field, extra: str = "") -> str:
    """`form-control`, `form-select` or `form-check-input`, and `is-invalid` where it is."""
    base = "form-control"
    if isinstance(field, BooleanField):
        base = "form-check-input"
    elif isinstance(field.widget, widgets.Select):
        base = "form-select"
    return " ".join(filter(None, (base, extra, "is-invalid" if field.errors else "")))


def draw(field: Field, attrs: dict[str, Any]) -> Markup:
    """Choose the widget. FAB's date pickers become the browser's own, which need no script."""
    widget: Any = field.widget
    if isinstance(widget, DatePickerWidget):
        return native_date(field, "date", "%Y-%m-%d", attrs)
    if isinstance(widget, DateTimePickerWidget):
        return native_date(field, "datetime-local", "%Y-%m-%dT%H:%M:%S", attrs | {"step": "1"})
    if isinstance(field, BooleanField):
        widget = widgets.CheckboxInput()
        attrs["role"] = "switch"
    elif isinstance(widget, Select2AJAXWidget | Select2SlaveAJAXWidget):
        attrs["data-endpoint"] = widget.endpoint
        if isinstance(widget, Select2SlaveAJAXWidget):
            attrs["data-master"] = widget.master_id
        widget = widgets.TextInput()
    elif isinstance(widget, BS3TextAreaFieldWidget):
        attrs.setdefault("rows", 4)
        widget = widgets.TextArea()
    elif isinstance(widget, BS3TextFieldWidget) and field.type in NUMERIC:
        widget = widgets.NumberInput(step=NUMERIC[field.type])
    else:
        widget = next((plain for kind, plain in PLAIN.items() if isinstance(widget, kind)), widget)
    drawn: Markup = widget(field, **attrs)
    return drawn


def native_date(field: Field, kind: str, pattern: str, attrs: dict[str, Any]) -> Markup:
    """A native picker. What was refused stands in the field again, so that it can be mended.

    sapa.js writes the `T` of a datetime-local as a space on submit, the one form that FAB's
    field takes (`%Y-%m-%d %H:%M:%S`).
    """
    value = field.data.strftime(pattern) if field.data else " ".join(field.raw_data or [])
    fixed = {"type": kind, "id": field.id, "name": field.name, "value": value}
    if field.flags.required:
        fixed["required"] = True
    return Markup(f"<input {widgets.html_params(**{**fixed, **attrs})}>")  # noqa: S704 - html_params escapes
