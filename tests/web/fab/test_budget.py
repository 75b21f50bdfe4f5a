"""Speed, counted in statements: a list page at most 8, a REST list at most 5."""

from __future__ import annotations

from pathlib import Path

from tests.web.fab.toy import Toys


def test_a_list_page_with_two_relations_costs_at_most_8_statements(tmp_path: Path) -> None:
    toys = Toys(tmp_path, tamed=True, rows=200)
    browser = toys.client()
    browser.get("/toyview/list/")
    with toys.counted() as seen:
        page = browser.get("/toyview/list/")
    assert page.status_code == 200
    assert b"toy 25" in page.data
    assert len(seen) <= 8, "\n".join(seen)


def test_a_rest_list_with_two_relations_costs_at_most_5_statements(tmp_path: Path) -> None:
    toys = Toys(tmp_path, tamed=True, rows=200)
    header = toys.bearer()
    browser = toys.app.test_client()
    browser.get("/api/v1/toy/", headers=header)
    with toys.counted() as seen:
        answer = browser.get("/api/v1/toy/", headers=header)
    assert len(answer.get_json()["result"]) == 20
    assert len(seen) <= 5, "\n".join(seen)


def test_stock_spends_far_more(stock: Toys) -> None:
    browser = stock.client()
    browser.get("/stocktoyview/list/")
    with stock.counted() as seen:
        browser.get("/stocktoyview/list/")
    assert len(seen) > 20
