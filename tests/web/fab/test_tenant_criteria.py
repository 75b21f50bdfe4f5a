"""Everything asks through the session, so criteria put there hold everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria

from tests.web.fab.toy import Toy, ToyMaker, Toys, toy_form, toy_json


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Toys:
    """Toys above 20 and maker 3 are another tenant's, as a tenant's session would hide them."""
    folder: Path = tmp_path_factory.mktemp("walled")
    toys = Toys(folder, tamed=True)

    def hide(state: ORMExecuteState) -> None:
        if state.is_select and not state.is_column_load and not state.is_relationship_load:
            state.statement = state.statement.options(
                with_loader_criteria(Toy, lambda cls: cls.id <= 20, include_aliases=True),
                with_loader_criteria(ToyMaker, lambda cls: cls.id != 3, include_aliases=True),
            )

    event.listen(toys.session.session_factory, "do_orm_execute", hide)
    return toys


def test_list_count_and_pages_hold(walled: Toys) -> None:
    body = walled.client().get("/api/v1/toy/?q=(page_size:5)").get_json()
    assert body["count"] == 20
    assert b"<td>toy 21</td>" not in walled.client().get("/toyview/list/").data
    after = walled.client().get("/api/v1/toy/?q=(keyset:(after:20))").get_json()
    assert (after["result"], after["next"]) == ([], None)


def test_a_hidden_parent_is_not_shown(walled: Toys) -> None:
    rows = walled.client().get("/api/v1/toy/").get_json()["result"]
    assert {r["maker"]["id"] for r in rows if r["maker"]} == {1, 2}
    assert any(r["maker"] is None for r in rows)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("get", "/toyview/show/21"),
        ("get", "/toyview/edit/21"),
        ("post", "/toyview/edit/21"),
        ("post", "/toyview/delete/21"),
        ("get", "/api/v1/toy/21"),
        ("put", "/api/v1/toy/21"),
        ("delete", "/api/v1/toy/21"),
    ],
)
def test_a_hidden_row_is_404(walled: Toys, method: str, url: str) -> None:
    if url.startswith("/api/"):
        caller = walled.app.test_client()
        kwargs: dict[str, Any] = {"json": {"name": "x"}} if method == "put" else {}
        answer = getattr(caller, method)(url, headers=walled.bearer(), **kwargs)
    elif method == "post":
        answer = walled.post(walled.client(), url, toy_form())
    else:
        answer = walled.client().get(url)
    assert answer.status_code == 404


def test_hidden_ids_are_refused_in_actions_fields_searches_and_files(walled: Toys) -> None:
    browser = walled.client()
    act = {"action": "sell", "rowid": ["1", "21"]}
    assert walled.post(browser, "/toyview/action_post", act).status_code == 404
    assert walled.post(browser, "/toyview/add", toy_form(maker="3")).status_code == 422
    answer = walled.app.test_client().post(
        "/api/v1/toy/", json=toy_json(maker=3), headers=walled.bearer()
    )
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["maker"])
    assert browser.get("/toyview/related/maker?q=maker").get_json()["results"] == [
        {"id": 1, "text": "maker 1"},
        {"id": 2, "text": "maker 2"},
    ]
    assert ">maker 3<" not in browser.get("/toyview/add").get_data(as_text=True)
    assert "toy 21" not in browser.get("/toyview/export.csv").get_data(as_text=True)
    assert "toy 2" not in browser.get("/toyview/list/?_flt_0_maker=3").get_data(as_text=True)
    info = browser.get("/api/v1/toy/_info").get_data(as_text=True)
    assert "maker 2" in info
    assert "maker 3" not in info
