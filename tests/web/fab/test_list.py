"""List pages: what may be asked for, what comes along, what may leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import template_rendered

from core.web.fab.export import cell
from tests.web.fab.toy import Toy, Toys


@pytest.mark.parametrize(
    "query",
    [
        "page_ToyView=abc",
        "page_ToyView=-1",
        "page_ToyView=99999999",
        "psize_ToyView=x",
        "_oc_ToyView=secret",
        "_oc_ToyView=shop.name",
        "_oc_ToyView=__class__",
        "_flt_77_name=x",
        "_flt_x_name=x",
        "_flt_0_price=many",
        "_flt_0_price=99999999999999999999999",
        "_flt_0_name=%00",
        "_flt_0_shop=abc",
        "_flt_0_shop=99999999999999999999999",
        "_flt_0_made_on=never",
        "_flt_0_is_sold=perhaps",
        "after_ToyView=abc",
        "after_ToyView=3&_oc_ToyView=name",
    ],
)
def test_an_unusable_list_argument_is_400(shared: Toys, query: str) -> None:
    answer = shared.client().get(f"/toyview/list/?{query}")
    assert answer.status_code == 400
    assert b"SELECT" not in answer.data


def test_stock_breaks_on_a_page_that_is_no_number(stock: Toys) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        stock.client().get("/stocktoyview/list/?page_StockToyView=abc")


@pytest.mark.parametrize(
    "query", ["_flt_0_shop=1", "_flt_0_is_sold=n", "_oc_ToyView=name", "foo=1"]
)
def test_a_usable_list_argument_works(shared: Toys, query: str) -> None:
    assert shared.client().get(f"/toyview/list/?{query}").status_code == 200


def test_a_filter_by_a_row_that_is_not_there_finds_nothing(toys: Toys) -> None:
    with toys.session() as session:
        session.query(Toy).filter(Toy.id == 1).update({"maker_id": None})
        session.commit()
    page = toys.client().get("/toyview/list/?_flt_0_maker=999").get_data(as_text=True)
    assert "toy 1" not in page


def test_stock_lists_orphans_for_a_row_that_is_not_there(stock: Toys) -> None:
    with stock.session() as session:
        session.query(Toy).filter(Toy.id == 1).update({"maker_id": None})
        session.commit()
    page = stock.client().get("/stocktoyview/list/?_flt_0_maker=999").get_data(as_text=True)
    assert "<td>toy 1</td>" in page


def test_a_page_holds_at_most_100_rows_and_counting_stops_at_1001(tmp_path: Path) -> None:
    toys = Toys(tmp_path, tamed=True, rows=3000)
    browser, seen = toys.client(), []

    def note(_app: Any, context: Any, **_: Any) -> None:
        seen.append(context["widgets"]["list"].template_args)

    with template_rendered.connected_to(note, toys.app), toys.counted() as statements:
        page = browser.get("/toyview/list/?psize_ToyView=1000000")
    assert page.data.count(b"<td>toy ") == 100
    assert (seen[0]["count"], seen[0]["count_capped"], seen[0]["has_next"]) == (1001, True, True)
    assert seen[0]["after"] == 100
    counting = [s for s in statements if "count(" in s.lower()]
    assert all("LIMIT" in s for s in counting)
    following = browser.get("/toyview/list/?after_ToyView=100")
    assert b"<td>toy 101</td>" in following.data


def test_stock_counts_every_row(stock: Toys) -> None:
    browser = stock.client()
    with stock.counted() as statements:
        browser.get("/stocktoyview/list/")
    counting = [s for s in statements if "count(" in s.lower()]
    assert counting
    assert not any("LIMIT" in s for s in counting)


def test_related_tabs_follow_the_permission(toys: Toys) -> None:
    assert b"<td>toy 3</td>" in toys.client("admin").get("/shopview/show/1").data
    allowed_shops_only = toys.client("shopper").get("/shopview/show/1")
    assert allowed_shops_only.status_code == 200
    assert b"toy 3" not in allowed_shops_only.data


def test_the_file_holds_what_the_list_shows_and_no_formula(toys: Toys) -> None:
    with toys.session() as session:
        session.get(Toy, 2).name = "=cmd()"
        session.commit()
    answer = toys.client().get("/toyview/export.csv?_flt_0_name=%3Dcmd")
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.mimetype == "text/csv"
    assert len(lines) == 2
    assert lines[1].startswith("'=cmd(),c2,0,new,False,shop 3,maker 3")


def test_a_cut_file_says_so(tmp_path: Path) -> None:
    toys = Toys(tmp_path, tamed=True, SAPA_EXPORT_MAX_ROWS=10)
    lines = toys.client().get("/toyview/export.csv").get_data(as_text=True).splitlines()
    assert len(lines) == 12
    assert "Only the first 10 rows" in lines[-1]


def test_export_needs_its_permission(toys: Toys) -> None:
    assert toys.client("reader").get("/toyview/export.csv").status_code == 403


def test_dangerous_cells_get_an_apostrophe_and_numbers_stay() -> None:
    for text in ("=1", "+62", "-x", "@y", "\t=1", "\r=1"):
        assert cell(text) == "'" + text
    assert [cell(-5), cell(None), cell("a=b"), cell([1, 2])] == ["-5", "", "a=b", "1, 2"]
