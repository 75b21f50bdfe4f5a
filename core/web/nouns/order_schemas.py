"""An order's products over REST: given as values, since a line has no life of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, Range

from core.services.orders import Line
from core.services.orders.checks import MOST_LINES, MOST_MONEY, MOST_PIECES
from core.web.fab.rest_fields import SchemaConverter
from core.web.fab.values import text_problem


def _readable(value: str) -> None:
    if problem := text_problem(value):
        raise ValidationError(problem)


class LineSchema(Schema):
    """`{"product", "quantity", "price"}`; the price is of one piece."""

    class Meta:
        unknown = EXCLUDE
        register = False

    product = fields.String(required=True, validate=[Length(1, 200), _readable])
    quantity = fields.Integer(load_default=1, validate=Range(1, MOST_PIECES))
    price = fields.Decimal(load_default=Decimal(0), places=2, validate=Range(0, MOST_MONEY))

    @post_load
    def as_line(self, data: dict[str, Any], **kwargs: Any) -> Line:
        """What the services take."""
        return Line(**data)


class OrderSchemas(SchemaConverter):
    """As for every noun, with the products as values and a draft as a wish."""

    def _column2field(
        self, datamodel: Any, column: Any, nested: bool = True, parent_schema_name: Any = None
    ) -> Any:
        if not nested and column.name == "lines":
            return fields.List(fields.Nested(LineSchema), validate=Length(max=MOST_LINES))
        if not nested and column.name == "is_draft":
            return fields.Boolean(load_default=False)
        return super()._column2field(datamodel, column, nested, parent_schema_name)
