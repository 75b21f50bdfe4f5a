"""FAB is imported without ballast; schemas and addresses are made when somebody asks for them.

Each test that names stock behaviour fails when upstream no longer needs the correction.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from werkzeug.routing import Map, Rule

from core.web.fab.lazy_rules import LazyRule
from tests.web.fab.toy import Toys


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LOADED = "import sys; print(*sorted({'sqlalchemy_utils', 'PIL', 'psycopg'} & sys.modules.keys()))"


def test_our_models_bring_fab_without_what_it_does_not_use():
    assert python(f"import core.models, flask_appbuilder.models.sqla.interface; {LOADED}") == ""


def test_the_application_as_a_server_imports_it_is_lean_too():
    assert python(f"import app; {LOADED}") == ""


def test_stock_fab_brings_it():
    assert "sqlalchemy_utils" in python(f"import flask_appbuilder; {LOADED}")


def test_a_plugins_column_of_sqlalchemy_utils_is_still_recognised():
    answer = python(
        "import core.models\n"
        "from flask_appbuilder import Model\n"
        "from flask_appbuilder.models.sqla.interface import SQLAInterface\n"
        "from sqlalchemy import Column, Integer\n"
        "from sqlalchemy_utils.types.uuid import UUIDType\n"
        "class Thing(Model):\n"
        "    __tablename__ = 'thing'\n"
        "    id = Column(Integer, primary_key=True)\n"
        "    key = Column(UUIDType)\n"
        "things = SQLAInterface(Thing)\n"
        "print(things.is_string('key'), things.is_string('id'))"
    )
    assert answer == "True False"


def test_fab_imported_before_us_stays_as_it_is():
    answer = python(
        "import flask_appbuilder, core.models\n"
        "from flask_appbuilder.models.sqla import interface\n"
        "from sqlalchemy_utils.types.uuid import UUIDType\n"
        "print(interface.UUIDType is UUIDType)"
    )
    assert answer == "True"


def schemas_made(toys: Toys, api: str) -> set[str]:
    (found,) = (v for v in toys.appbuilder.baseviews if type(v).__name__ == api)
    return {name for name in vars(found) if name.endswith("_model_schema") and vars(found)[name]}


def test_a_resource_makes_its_schemas_when_they_are_used(toys: Toys):
    assert schemas_made(toys, "ToyApi") == set()
    assert toys.client().get("/api/v1/toy/").status_code == 200
    assert schemas_made(toys, "ToyApi") == {"list_model_schema"}


def test_stock_makes_all_of_them_at_boot(stock: Toys):
    assert len(schemas_made(stock, "StockToyApi")) == 4


def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules whose builders werkzeug compiles from now on."""
    seen: list[str] = []
    real = Rule._compile_builder

    def noting(rule: Any, append_unknown: bool = True) -> Any:
        seen.append(rule.rule)
        return real(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", noting)
    return seen


def test_an_address_is_compiled_when_it_is_built(monkeypatch: pytest.MonkeyPatch):
    seen = compiled(monkeypatch)
    rules = Map([LazyRule("/show/<int:pk>", endpoint="show"), LazyRule("/<a>", endpoint="other")])
    there = rules.bind("sapa.test")
    assert there.match("/show/7") == ("show", {"pk": 7})
    assert seen == []
    assert there.build("show", {"pk": 7, "page": 2}) == "/show/7?page=2"
    assert there.build("show", {"pk": 8}, append_unknown=False) == "/show/8"
    assert set(seen) == {"/show/<int:pk>"}
    seen.clear()
    assert there.build("show", {"pk": 9}) == "/show/9"
    assert seen == []


def test_stock_compiles_each_address_at_once(monkeypatch: pytest.MonkeyPatch):
    seen = compiled(monkeypatch)
    Map([Rule("/show/<int:pk>", endpoint="show")])
    assert seen == ["/show/<int:pk>"] * 2
