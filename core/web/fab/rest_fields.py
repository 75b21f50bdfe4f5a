"""REST schemas made from a model: what comes in is checked, what goes out is chosen.

Upstream (marshmallow-sqlalchemy) creates a row from an unknown related id, keeps the
instance being edited on the shared schema (two threads can write into each other's row),
and dumps every column of a related row.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app
from flask_appbuilder.api.convert import (
    Model2SchemaConverter,
    TreeNode,
)
from marshmallow import ValidationError, fields
from marshmallow.validate import OneOf
from marshmallow_sqlalchemy import SQLAlchemyAutoSchema
from marshmallow_sqlalchemy.fields import Related, RelatedList

from core.web.fab.values import column_problem, key_of, stored_moment
from core.words import say


class PersistentRelated(Related):
    """An id of a row that exists and that this session may see; anything else is refused."""

    def __init__(self, interface: Any, relation: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.interface, self.relation = interface, relation

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if key_of(self.interface.related_key(self.relation), value) is None:
            raise ValidationError(say("Give the id of an existing record."))
        row = self.interface.related_row(self.relation, value)
        if row is None:
            raise ValidationError(say("There is no record with id %(value)s.", value=value))
        return row


class RowLabel(fields.Field):
    """A related row going out: `{"id", "label"}`, a list of them, or null."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, (list, tuple, set)):
            return [self._serialize(one, attr, obj) for one in value]
        key = type(value).__mapper__.primary_key[0].name
        return {"id": getattr(value, key), "label": str(value)}


class SchemaConverter(Model2SchemaConverter):
    """FAB's converter; `load()` gives a dict of typed values, never an instance."""

    def _meta_schema_factory(
        self, columns: Any, model: Any, class_mixin: Any, parent_schema_name: Any = None
    ) -> Any:
        inner = type(
            "Meta",
            (),
            {
                "model": model,
                **({"fields": columns} if columns else {}),
                "load_instance": False,
                "sqla_session": current_app.appbuilder.session,  # type: ignore[attr-defined]
                "parent_schema_name": parent_schema_name,  # FAB's OpenAPI names schemas by it
                "register": False,  # marshmallow would keep each class for ever
            },
        )
        return type("MetaSchema", (SQLAlchemyAutoSchema, class_mixin), {"Meta": inner})

    def _column2relation(
        self, datamodel: Any, column: TreeNode, nested: bool = False, parent_schema_name: Any = None
    ) -> Any:
        name = column.name
        if nested and not column.children:
            return RowLabel(dump_only=True)
        if nested:
            return super()._column2relation(datamodel, column, nested, parent_schema_name)
        to_many = datamodel.is_relation_many_to_many(name) or datamodel.is_relation_one_to_many(
            name
        )
        if to_many:
            required = bool(datamodel.get_info(name).get("required", False))
            one = PersistentRelated(datamodel, name)
            field: Any = RelatedList(one, required=required, validate=_distinct)
        else:
            optional = datamodel.is_nullable(name)
            field = PersistentRelated(datamodel, name, required=not optional, allow_none=optional)
        field.unique = datamodel.is_unique(name)
        return field

    def _column2field(
        self, datamodel: Any, column: TreeNode, nested: bool = True, parent_schema_name: Any = None
    ) -> Any:
        field = super()._column2field(datamodel, column, nested, parent_schema_name)
        stored = datamodel.list_columns.get(column.name)
        if field is None or stored is None or field.dump_only:
            return field
        field.validators.append(_fits(stored))
        choices = [c[0] if isinstance(c, tuple) else c for c in stored.info.get("choices", ())]
        if choices:
            field.validators.append(
                OneOf(choices, error=say("Choose one of %(choices)s.", choices=", ".join(choices)))
            )
        return field


def normalised(datamodel: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Date-times as their columns store them (see values.stored_moment)."""
    columns = datamodel.list_columns
    return {
        name: stored_moment(columns[name], value)
        if isinstance(value, dt.datetime) and name in columns
        else value
        for name, value in data.items()
    }


def _fits(column: Any) -> Any:
    def check(value: Any) -> None:
        problem = column_problem(column, value)
        if problem:
            raise ValidationError(problem)

    return check


def _distinct(rows: list[Any]) -> None:
    if len({id(r) for r in rows}) != len(rows):
        raise ValidationError(say("Give each id once."))
