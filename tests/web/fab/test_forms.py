"""Forms: which fields, which checks, and nothing typed is ever lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from tests.web.fab.toy import Toy, ToyMaker, Toys, ToyShop, toy_form


def test_an_unticked_box_is_a_no(toys: Toys) -> None:
    browser = toys.client()
    assert toys.post(browser, "/toyview/add", toy_form()).status_code == 302
    toy = toys.session.query(Toy).filter_by(name="bear").one()
    assert (toy.is_sold, toy.price, toy.state, toy.shop_id) == (False, 3, "new", 1)


def test_stock_refuses_an_unticked_box(stock: Toys) -> None:
    form = {**toy_form(tenant_id="1")}
    answer = stock.client().post("/stocktoyview/add", data=form)
    assert b"This field is required" in answer.data


def test_native_date_formats_are_accepted_and_shown_again(toys: Toys) -> None:
    browser = toys.client()
    form = toy_form(made_on="2026-01-02", sold_at="2026-01-02T03:04")
    assert toys.post(browser, "/toyview/add", form).status_code == 302
    toy = toys.session.query(Toy).filter_by(name="bear").one()
    assert str(toy.sold_at) == "2026-01-02 03:04:00"
    page = browser.get(f"/toyview/edit/{toy.id}").get_data(as_text=True)
    assert 'type="date"' in page
    assert 'type="datetime-local"' in page
    assert 'value="2026-01-02T03:04"' in page
    assert 'value="2026-01-02"' in page
    assert 'step="1"' not in page
    edited = toy_form(made_on="2026-01-02", sold_at="2026-01-02T03:04:05")
    assert toys.post(browser, f"/toyview/edit/{toy.id}", edited).status_code == 302
    page = browser.get(f"/toyview/edit/{toy.id}").get_data(as_text=True)
    assert 'value="2026-01-02T03:04:05"' in page  # what has seconds keeps them
    assert 'step="1"' in page


def test_stock_refuses_what_a_native_picker_sends(stock: Toys) -> None:
    form = toy_form(tenant_id="1", is_sold="y", sold_at="2026-01-02T03:04")
    answer = stock.client().post("/stocktoyview/add", data=form)
    assert b"Not a valid datetime value" in answer.data


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "required"),
        ("name", "x" * 51, "longer than 50"),
        ("name", "nul\x00l", "null character"),
        ("notes", "nul\x00l", "null character"),
        ("price", "2147483648", "whole number between"),
        ("price", "9" * 5000, "integer"),
        ("price", "many", "integer"),
        ("weight", str(2**63), "whole number between"),
        ("price", "-1", "not allowed"),
        ("state", "lost", "Not a valid choice"),
        ("shop", "999", "no longer exists"),
        ("shop", "abc", "no longer exists"),
        ("shop", "__None", "Choose one"),
        ("maker", "9" * 30, "no longer exists"),
        ("made_on", "yesterday", "date"),
        ("sold_at", "yesterday", "datetime"),
        ("code", "c1", "already has this value"),
    ],
)
def test_bad_input_gets_a_sentence_and_keeps_what_was_typed(
    shared: Toys, field: str, value: str, sentence: str
) -> None:
    browser = shared.client()
    form = toy_form(notes="typed with care")
    answer = shared.post(browser, "/toyview/add", {**form, field: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code in (409, 422)
    assert sentence in page
    assert "INSERT" not in page
    if field != "notes":
        assert "typed with care" in page
    assert shared.session.query(Toy).count() == 30


def test_a_failed_edit_keeps_what_was_typed_too(toys: Toys) -> None:
    answer = toys.post(toys.client(), "/toyview/edit/2", toy_form(name="typed anew", code="c1"))
    assert answer.status_code == 409
    assert "typed anew" in answer.get_data(as_text=True)
    assert toys.session.get(Toy, 2).name == "toy 2"


def test_stock_loses_what_was_typed_when_the_database_refuses(stock: Toys) -> None:
    form = toy_form(tenant_id="1", is_sold="y", code="c1", name="typed anew")
    answer = stock.client().post("/stocktoyview/add", data=form)
    assert answer.status_code == 302


def test_a_rule_of_a_service_is_shown_beside_its_field(toys: Toys) -> None:
    browser = toys.client()
    answer = toys.post(browser, "/ruledview/add", {"name": "forbidden"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose another." in page
    assert 'value="forbidden"' in page
    assert toys.post(browser, "/ruledview/add", {"name": "allowed"}).status_code == 302
    assert toys.session.query(ToyMaker).filter_by(name="allowed").count() == 1


def test_keys_tenant_and_readonly_columns_are_in_no_form(toys: Toys) -> None:
    browser = toys.client()
    page = browser.get("/toyview/add").get_data(as_text=True)
    for name in ("id", "tenant_id", "shop_id", "secret"):
        assert f'name="{name}"' not in page
    forged = toy_form(tenant_id="2", secret="changed", shop_id="3", id="99")
    toys.post(browser, "/toyview/add", forged)
    toy = toys.session.query(Toy).filter_by(name="bear").one()
    assert (toy.tenant_id, toy.secret, toy.shop_id, toy.id == 99) == (1, "s", 1, False)


def test_stock_offers_the_tenant_in_its_form(stock: Toys) -> None:
    assert b'name="tenant_id"' in stock.client().get("/stocktoyview/add").data


@pytest.mark.parametrize("key", ["abc", "9" * 30, "%00", "999", "1.5"])
def test_a_row_that_is_none_is_404(shared: Toys, key: str) -> None:
    browser = shared.client()
    assert browser.get(f"/toyview/show/{key}").status_code == 404
    assert browser.get(f"/toyview/edit/{key}").status_code == 404
    assert shared.post(browser, f"/toyview/delete/{key}").status_code == 404


def test_a_row_in_use_is_not_deleted_and_the_person_is_told(toys: Toys) -> None:
    with toys.session() as session:
        session.get(Toy, 2).parent_id = 1
        session.commit()
    browser = toys.client()
    toys.post(browser, "/toyview/delete/1")
    assert toys.session.get(Toy, 1) is not None
    assert b"Other records still refer" in browser.get("/toyview/list/").data


def test_a_short_select_holds_all_rows_and_a_long_one_searches(toys: Toys) -> None:
    browser = toys.client()
    page = browser.get("/toyview/edit/1").get_data(as_text=True)
    assert ">shop 1<" in page
    assert ">maker 3<" in page
    with toys.engine.begin() as connection:
        connection.execute(insert(ToyMaker), [{"name": f"many {n}"} for n in range(200)])
    page = browser.get("/toyview/edit/1").get_data(as_text=True)
    assert 'data-search-url="/toyview/related/maker"' in page
    assert ">maker 2<" in page  # the present one
    assert ">maker 3<" not in page
    assert toys.post(browser, "/toyview/add", toy_form(maker="150")).status_code == 302


def test_stock_puts_every_row_into_the_form(stock: Toys) -> None:
    with stock.engine.begin() as connection:
        connection.execute(insert(ToyMaker), [{"name": f"many {n}"} for n in range(300)])
    assert b"many 299" in stock.client().get("/stocktoyview/add").data


def test_the_search_behind_a_select(toys: Toys) -> None:
    browser = toys.client()
    found = browser.get("/toyview/related/shop?q=SHOP 2").get_json()
    assert found == {"results": [{"id": 2, "text": "shop 2"}], "more": False}
    assert browser.get("/toyview/related/shop?q=%25").get_json()["results"] == []
    assert browser.get("/toyview/related/shop?q=%00").status_code == 400
    assert browser.get("/toyview/related/name").status_code == 404
    assert browser.get("/toyview/related/nope").status_code == 404
    assert toys.client("reader").get("/toyview/related/shop").status_code == 403
    assert toys.client(None).get("/toyview/related/shop").status_code in (302, 401, 403)


def test_adding_below_a_parent_fixes_that_parent(toys: Toys) -> None:
    browser = toys.client()
    answer = toys.post(browser, "/toyview/add?_flt_0_shop=2", toy_form(shop=None))
    assert answer.status_code == 302
    assert toys.session.query(Toy).filter_by(name="bear").one().shop_id == 2


def test_actions_take_posted_ids_through_the_session(toys: Toys) -> None:
    browser = toys.client()

    def act(rows: list[str], name: str = "sell") -> Any:
        return toys.post(browser, "/toyview/action_post", {"action": name, "rowid": rows})

    assert act(["1", "2"]).data == b"sold 2"
    assert act(["1", "999"]).status_code == 404
    assert act(["abc"]).status_code == 404
    assert act([]).status_code == 400
    assert act(["1"], "nope").status_code == 404
    assert toys.post(browser, "/toyview/action/sell/1").status_code == 404  # multiple only
    readers = toys.client("reader")
    refused = toys.post(readers, "/toyview/action_post", {"action": "sell", "rowid": ["3"]})
    assert refused.status_code == 403
    assert toys.session.get(Toy, 3).is_sold is False


def test_read_only_has_no_way_to_write(toys: Toys) -> None:
    browser = toys.client()
    assert browser.get("/readonlyview/list/").status_code == 200
    assert browser.get("/readonlyview/add").status_code == 404
    assert browser.get("/readonlyview/edit/1").status_code == 404
    assert toys.post(browser, "/readonlyview/delete/1").status_code == 404


def test_no_view_serves_files(toys: Toys) -> None:
    rules = [r.endpoint for r in toys.app.url_map.iter_rules()]
    ours = {
        type(v).__name__
        for v in toys.appbuilder.baseviews
        if type(v).__module__ == "tests.web.fab.toy"
    }
    assert "ToyView" in ours
    assert not [r for r in rules if r.endswith(".download") and r.split(".")[0] in ours]


def test_required_fields_are_marked_and_search_boxes_are_not(toys: Toys) -> None:
    with toys.app.test_request_context():
        view = next(v for v in toys.appbuilder.baseviews if type(v).__name__ == "ToyView")
        form, search = view.add_form(), view.search_form()
        assert {f.name for f in form if f.flags.required} == {"name", "price", "state", "shop"}
        assert not [f.name for f in search if f.flags.required]


def test_shops_are_still_three(toys: Toys) -> None:
    """The forms above must not have created related rows."""
    toys.post(toys.client(), "/toyview/add", toy_form(shop="77"))
    assert toys.session.query(ToyShop).count() == 3
