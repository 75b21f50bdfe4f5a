"""Forms made from a model: which field, which checks, which widget.

Upstream requires a tick on every NOT NULL boolean, shows a date picker whose format its
own field refuses, offers raw `*_id` columns as number boxes, and marks search boxes required.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_appbuilder.forms import (
    FieldConverter,
    GeneralModelConverter,
)
from flask_babel import to_user_timezone, to_utc
from sqlalchemy.types import Enum
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
    validators,
)
from wtforms.fields.choices import (
    SelectChoice,
)
from wtforms.widgets import (
    DateInput,
    DateTimeLocalInput,
    Select,
)

from core.web.fab.enums import members_of
from core.web.fab.search_select import NO_CHOICE, SearchSelectField
from core.web.fab.values import column_problem, stored_moment
from core.words import say
from core.words.derived import in_words

MOMENT_FORMATS = [
    "%Y-%m-%dT%H:%M:%S",  # the first is how a value is shown; browsers leave zero seconds out
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S.%f",
]


class NativeDate(DateInput):
    """`<input type=date>`; works without a script."""

    def __call__(self, field: Any, **kwargs: Any) -> Any:
        kwargs["class"] = "form-control"
        return super().__call__(field, **kwargs)


class NativeMoment(DateTimeLocalInput):
    """`<input type=datetime-local>`; seconds only where there are some, for an edit to keep."""

    def __call__(self, field: Any, **kwargs: Any) -> Any:
        kwargs["class"] = "form-control"
        if field.data is not None and field.data.second:
            kwargs["step"] = "1"
        return super().__call__(field, **kwargs)


class MomentField(DateTimeLocalField):
    """Shown and typed on the reader's clock (flask_babel's time zone), kept as UTC."""

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()  # type: ignore[no-any-return]
        return str(self.data.strftime(self.format[0 if self.data.second else 1]))

    def process_data(self, value: Any) -> None:
        self.data = to_user_timezone(value).replace(tzinfo=None) if value else value

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            try:
                self.data = to_utc(self.data)
            except OverflowError as error:  # the first day of the calendar, east of Greenwich
                self.data = None
                raise ValueError(self.gettext("Not a valid datetime value.")) from error


class JsonField(TextAreaField):
    """A JSON column as text; upstream stores the text itself, as a JSON string."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else json.dumps(self.data, ensure_ascii=False, indent=2)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        try:
            self.data = json.loads(text) if text else None
        except (ValueError, RecursionError) as error:
            raise ValueError(say("This is not valid JSON.")) from error


class Fits:
    """Whether the value fits the column; makes date-times what the column stores."""

    def __init__(self, column: Any) -> None:
        self.column = column

    def __call__(self, form: Any, field: Any) -> None:
        if isinstance(field.data, dt.datetime):
            field.data = stored_moment(self.column, field.data)
        problem = column_problem(self.column, field.data)
        if problem:
            raise ValidationError(problem)


class FormField(FieldConverter):
    """One column as a field. Dates are native; a column with `info["choices"]` is a select."""

    conversion_table = tuple(
        {
            "is_date": ("is_date", DateField, NativeDate),
            "is_boolean": ("is_boolean", BooleanField, None),
        }.get(row[0], row)
        for row in FieldConverter.conversion_table
        if row[0] not in ("is_image", "is_file", "is_binary", "is_datetime", "is_json")
    )

    words: Mapping[str, Any] = {}

    def convert(self) -> Any:
        shared = {
            "label": self.label,
            "description": self.description,
            "validators": self.validators,
            "default": self.default,
        }
        if self.datamodel.is_datetime(self.colname):
            return MomentField(format=MOMENT_FORMATS, widget=NativeMoment(), **shared)
        if self.datamodel.is_json(self.colname):
            return JsonField(**shared)
        choices, coerce = _choices(self.datamodel, self.colname)
        if choices:
            if self.datamodel.is_nullable(self.colname):
                choices = [("", ""), *choices]
            choices = [
                SelectChoice(v, self.words.get(v) or (say(in_words(label)) if label else NO_CHOICE))
                for v, label in choices
            ]
            return SelectField(choices=choices, coerce=coerce, widget=Select(), **shared)
        return super().convert()


class FormConverter(GeneralModelConverter):
    """FAB's converter with our fields; `search` makes every field optional and lean."""

    def __init__(
        self,
        datamodel: Any,
        search: bool = False,
        words: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`words` says a column's values as the lists do: `{column: {value: words}}`."""
        super().__init__(datamodel)
        self.search, self.words = search, words or {}

    @staticmethod
    def _get_validators(col_name: str, validators_columns: dict[str, Any]) -> list[Any]:
        # a copy: upstream appends to the view's own list, once more for each form
        return list(validators_columns.get(col_name, []))

    def _relation(
        self, name: str, label: str, description: str, checks: list[Any], many: bool, given: Any
    ) -> Any:
        optional = self.search or many or self.datamodel.is_nullable(name)
        required = validators.DataRequired(say("Choose one."))
        return SearchSelectField(
            label,
            description=description,
            validators=[*checks, validators.Optional() if optional else required],
            datamodel=self.datamodel,
            column=name,
            many=many and not self.search,
            allow_blank=optional,
            lean=self.search,
            conditions=(given or {}).get(name, ()),
        )

    def _convert_many_to_one(
        self, name: str, label: str, description: str, checks: Any, given: Any, props: Any
    ) -> Any:
        props[name] = self._relation(name, label, description, checks, False, given)
        return props

    def _convert_many_to_many(
        self, name: str, label: str, description: str, checks: Any, given: Any, props: Any
    ) -> Any:
        props[name] = self._relation(name, label, description, checks, True, given)
        return props

    def _convert_simple(
        self, name: str, label: str, description: str, checks: Any, props: Any
    ) -> Any:
        column = self.datamodel.list_columns.get(name)
        default = None if self.search else self.datamodel.get_col_default(name)
        if column is None:
            return props
        if self.search or self.datamodel.is_boolean(name):
            # an unticked box submits nothing: InputRequired would refuse every "no"
            presence: list[Any] = [validators.Optional()]
        elif self.datamodel.is_nullable(name) or default == "":
            presence = [validators.Optional()]
        else:
            presence = [validators.InputRequired(say("This field is required."))]
        bounds = [] if self.search else _length(column)
        field = FormField(
            self.datamodel, name, label, description, [*presence, *checks, *bounds], default
        )
        field.validators.append(Fits(column))
        field.words = self.words.get(name, {})
        made = field.convert()
        if made is not None:
            props[name] = made
        return props


def without_keys(datamodel: Any, columns: Iterable[str]) -> list[str]:
    """Columns a person may see in a form: no primary key, no raw `*_id`, no tenant."""
    return [
        c for c in columns if c != "tenant_id" and not datamodel.is_pk(c) and not datamodel.is_fk(c)
    ]


def values_of(form: Any, datamodel: Any) -> dict[str, Any]:
    """What was typed, by column; an empty text in a nullable column is no value at all."""
    values = {}
    for field in form:
        if field.name in ("csrf_token",):
            continue
        blank = isinstance(field, (StringField, SelectField)) and field.data == ""
        values[field.name] = None if blank and datamodel.is_nullable(field.name) else field.data
    return values


def _length(column: Any) -> list[Any]:
    length = getattr(column.type, "length", None)
    return [validators.Length(max=length)] if length and not isinstance(column.type, Enum) else []


def _choices(datamodel: Any, name: str) -> tuple[list[tuple[str, str]], Callable[[Any], Any]]:
    column = datamodel.list_columns[name]
    if isinstance(column.type, Enum):
        members = members_of(column.type)
        choices = [(text, str(getattr(each, "value", each))) for text, each in members.items()]
        return choices, _member(members)
    given = column.info.get("choices", ())
    return [c if isinstance(c, tuple) else (str(c), str(c).replace("_", " ")) for c in given], _text


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _member(members: dict[str, Any]) -> Callable[[Any], Any]:
    def coerce(value: Any) -> Any:
        if value in (None, ""):
            return None
        if value in members.values():
            return value
        if value not in members:  # upstream lets the KeyError through, a 500
            raise ValueError(say("Choose one of the list."))
        return members[value]

    return coerce
