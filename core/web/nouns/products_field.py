"""The products of a new order: rows of name, quantity and price, each checked where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import render_template
from markupsafe import Markup
from wtforms import Field, ValidationError

from core.models import OrderLine
from core.services.orders import Line
from core.words import say

MOST_ROWS = 100
BLANK_ROWS = 2
PARTS = ("product", "quantity", "price")
LARGEST = Decimal(10) ** 15


@dataclass
class Row:
    """One row as it was typed, and what is wrong with it, by part."""

    product: str = ""
    quantity: str = ""
    price: str = ""
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def is_blank(self) -> bool:
        return not (self.product or self.quantity.strip("1") or self.price)

    def line(self) -> Line:
        """The row as a line of an order. Raises ValueError after noting the errors."""
        wrong = {}
        try:
            quantity = int(self.quantity or "1") if len(self.quantity) < 8 else 0
        except ValueError:
            quantity = 0
        try:
            price = Decimal(self.price or "0")
        except InvalidOperation:
            price = Decimal(-1)
        if not self.product:
            wrong["product"] = say("Name the product.")
        elif len(self.product) > 200:
            wrong["product"] = say("Use at most 200 characters.")
        if not 1 <= quantity <= 1_000_000:
            wrong["quantity"] = say("Use a whole number from 1.")
        if not price.is_finite() or not 0 <= price < LARGEST or price != round(price, 2):
            wrong["price"] = say("Use an amount like 150000 or 150000.50.")
        self.errors = tuple(wrong.items())
        if wrong:
            raise ValueError("a row is wrong")
        return Line(self.product, quantity, price)


def draw(field: ProductsField, **_attrs: Any) -> Markup:
    """The rows as inputs; `sapa/rows.js` adds and removes some, and without it two are blank."""
    return Markup(render_template("sapa/orders/_products.html", field=field))  # noqa: S704 - ours


class ProductsField(Field):
    """Its data is a list of `Line`, without the rows that were left blank."""

    widget = staticmethod(draw)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.raw_data = None
        self.data: list[Line] = []
        self.rows: list[Row] = []
        self.is_broken = False
        typed = [formdata.getlist(f"{self.name}-{part}") for part in PARTS] if formdata else []
        for cells in list(zip(*typed, strict=False))[:MOST_ROWS]:
            row = Row(*(cell.strip() for cell in cells))
            if row.is_blank:
                continue
            self.rows.append(row)
            try:
                self.data.append(row.line())
            except ValueError:
                self.is_broken = True
        if not formdata and data:
            self.rows = [_row_of(line) for line in data]
        self.rows += [Row() for _ in range(len(self.rows), BLANK_ROWS)]

    def pre_validate(self, form: Any) -> None:
        if self.is_broken:
            raise ValidationError(say("Mend the marked products, or empty their rows."))


def _row_of(line: OrderLine) -> Row:
    return Row(line.product, str(line.quantity), _plain(line.price))


def _plain(amount: Decimal) -> str:
    """An amount as a number box takes it: without a fraction that says nothing."""
    return str(int(amount)) if amount == int(amount) else str(amount)
