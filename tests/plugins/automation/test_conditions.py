"""Conditions: every operator against a truth table, groups, and what isn't there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any, cast

import pytest

from core.api import Condition, ConditionKind, Refused, Scene
from plugins.automation.conditions import OPERATORS, evaluate, read_value

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
# kind → (found, the rule's value, the operators that hold); the others must not
TABLE: list[tuple[ConditionKind, Any, str, set[str]]] = [
    (ConditionKind.TEXT, "Kue Lapis", "kue", {"contains", "word", "not", "begins", "filled"}),
    (ConditionKind.TEXT, "Kue", "KUE", {"contains", "word", "is", "begins", "filled"}),
    (ConditionKind.TEXT, "kuekue", "harga, kuek", {"not", "without", "filled"}),
    (ConditionKind.TEXT, "apa harga?", "harga,stok", {"word", "not", "without", "filled"}),
    (ConditionKind.TEXT, "", "x", {"not", "without", "empty"}),
    (ConditionKind.TEXT, None, "x", {"not", "without", "empty"}),
    (ConditionKind.NUMBER, Decimal(600), "500", {"over", "least", "unequal"}),
    (ConditionKind.NUMBER, Decimal(500), "500.00", {"least", "equal", "most"}),
    (ConditionKind.NUMBER, 499, "500", {"most", "under", "unequal"}),
    (ConditionKind.NUMBER, None, "500", {"unequal"}),
    (ConditionKind.DATE, MAY, "2026-06-01", {"before", "filled"}),
    (ConditionKind.DATE, JUNE, "2026-06-01", {"on", "filled"}),
    (ConditionKind.DATE, JUNE, "2026-05-01", {"after", "filled"}),
    (ConditionKind.DATE, None, "2026-05-01", {"empty"}),
    (ConditionKind.CHOICE, "paid", "paid", {"is"}),
    (ConditionKind.CHOICE, "part", "paid", {"not"}),
    (ConditionKind.CHOICE, None, "paid", {"not"}),
    (ConditionKind.MANY, {"1", "2"}, "2", {"has"}),
    (ConditionKind.MANY, set(), "2", {"lacks"}),
    (ConditionKind.MANY, None, "2", {"lacks"}),
    (ConditionKind.YES_NO, True, "", {"yes"}),
    (ConditionKind.YES_NO, False, "", {"no"}),
    (ConditionKind.YES_NO, None, "", {"no"}),
]


class Anything:
    """A scene that has every part."""

    def has(self, part: object) -> bool:
        return True


SCENE = cast(Scene, Anything())


def asked(kind: ConditionKind, found: Any) -> dict[str, Condition]:
    return {"it": Condition(name="it", label="it", kind=kind, read=lambda scene: found)}


@pytest.mark.parametrize(("kind", "found", "value", "holding"), TABLE)
def test_each_operator_holds_where_the_table_says(
    kind: ConditionKind, found: Any, value: str, holding: set[str]
) -> None:
    known = asked(kind, found)
    said = {
        each.name
        for each in OPERATORS[kind]
        if evaluate(
            {"items": [{"condition": "it", "operator": each.name, "value": value}]}, SCENE, known
        )["holds"]
    }
    assert said == holding


def test_every_operator_stands_in_the_table_on_both_sides() -> None:
    for kind, operators in OPERATORS.items():
        names = {each.name for each in operators}
        rows = [holding for each, _found, _value, holding in TABLE if each is kind]
        assert set().union(*rows) == names
        assert set.intersection(*rows) == set()


@pytest.mark.parametrize(("one", "other"), list(product([True, False], repeat=2)))
def test_groups_join_as_they_say(one: bool, other: bool) -> None:
    known = {
        "one": Condition(name="one", label="", kind=ConditionKind.YES_NO, read=lambda scene: one),
        "other": Condition(
            name="other", label="", kind=ConditionKind.YES_NO, read=lambda scene: other
        ),
    }
    lines = [{"condition": name, "operator": "yes", "value": ""} for name in known]
    both, either = {"join": "all", "items": lines}, {"join": "any", "items": lines}
    for tree, wanted in (
        (both, one and other),
        (either, one or other),
        ({"join": "all", "items": [both, either]}, one and other),
        ({"join": "any", "items": [both, either]}, one or other),
        ({"join": "any", "items": []}, True),
        ({}, True),
    ):
        assert evaluate(tree, SCENE, known)["holds"] is wanted


def test_what_no_plugin_knows_does_not_hold() -> None:
    tree = {"items": [{"condition": "gone", "operator": "yes", "value": ""}]}
    assert evaluate(tree, SCENE, {})["holds"] is False


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500000", "500000"),
        ("500.000", "500000"),
        ("1,234,567", "1234567"),
        ("1.234,56", "1234.56"),
        ("240.5", "240.5"),
        ("-3", "-3"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, number: str) -> None:
    assert read_value(ConditionKind.NUMBER, text, "") == Decimal(number)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1e99", "12 34"])
def test_what_is_no_number_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_value(ConditionKind.NUMBER, text, "if.0")
    assert caught.value.field == "if.0"
