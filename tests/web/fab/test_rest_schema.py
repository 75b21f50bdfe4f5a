"""REST's schemas: validated once, not on each call, and still described by OpenAPI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.web.fab.toy import Toys


def checks(monkeypatch: pytest.MonkeyPatch, toys: Toys, url: str) -> int:
    """How often a call validates its *schema* (not the argument)."""
    seen = []
    kind: Any = jsonschema.Draft202012Validator
    before = kind.check_schema
    monkeypatch.setattr(kind, "check_schema", lambda *a, **k: seen.append(1) or before(*a, **k))
    assert toys.client().get(url).status_code == 200
    return len(seen)


def test_the_schema_of_q_is_not_validated_on_each_call(
    monkeypatch: pytest.MonkeyPatch, toys: Toys
) -> None:
    assert checks(monkeypatch, toys, "/api/v1/toy/?q=(page:0)") == 0


def test_stock_validates_the_schema_on_each_call(
    monkeypatch: pytest.MonkeyPatch, stock: Toys
) -> None:
    assert checks(monkeypatch, stock, "/api/v1/stocktoy/?q=(page:0)") > 0


def test_openapi_describes_our_resources(tmp_path: Path) -> None:
    toys = Toys(tmp_path, tamed=True, FAB_API_SWAGGER_UI=True)
    answer = toys.app.test_client().get("/api/v1/_openapi", headers=toys.bearer())
    spec = answer.get_json()
    assert answer.status_code == 200
    assert set(spec["paths"]["/api/v1/toy/{pk}"]) == {"get", "put", "delete"}
    fields = spec["components"]["schemas"]["ToyApi.post"]["properties"]
    assert "name" in fields
    assert "tenant_id" not in fields


def test_a_schema_for_chosen_columns_is_made_once(toys: Toys) -> None:
    api = next(v for v in toys.appbuilder.baseviews if type(v).__name__ == "ToyApi")
    browser = toys.client()
    for _ in range(3):
        browser.get("/api/v1/toy/?q=(columns:!(name,code))")
    assert list(api._schemas) == [("name", "code")]
