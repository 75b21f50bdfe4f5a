"""What REST refuses, in which words, and what stock FAB does instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.fab.toy import ToyMaker, Toys, ToyShop, toy_json


@pytest.fixture(scope="module")
def rest(shared: Toys) -> Any:
    """Calls with a bearer token: `rest("post", "/api/v1/toy/", json=…)` → (status, body)."""
    header = shared.bearer()

    def call(method: str, url: str, **kwargs: Any) -> tuple[int, dict[str, Any]]:
        client = shared.app.test_client()
        answer = getattr(client, method)(url, headers=header, **kwargs)
        body = answer.get_json()
        assert isinstance(body, dict), answer.data
        assert "SELECT" not in json.dumps(body)
        assert "INSERT" not in json.dumps(body)
        return answer.status_code, body

    return call


def test_post_put_get_delete_in_good_order(rest: Any) -> None:
    status, body = rest("post", "/api/v1/toy/", json=toy_json(maker=2))
    assert status == 201
    key = body["id"]
    assert rest("put", f"/api/v1/toy/{key}", json={"name": "lion"})[0] == 200
    status, body = rest("get", f"/api/v1/toy/{key}")
    assert (body["result"]["name"], body["result"]["code"]) == ("lion", "b1")
    assert rest("delete", f"/api/v1/toy/{key}")[0] == 200
    assert rest("get", f"/api/v1/toy/{key}")[0] == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "nul\x00l"),
        ("name", "half \ud800"),
        ("name", "x" * 51),
        ("name", None),
        ("name", ["a"]),
        ("notes", "\x00"),
        ("price", 2**31),
        ("price", 10**30),
        ("price", "many"),
        ("price", -1),
        ("weight", 2**63),
        ("state", "lost"),
        ("is_sold", "perhaps"),
        ("made_on", "yesterday"),
        ("sold_at", "0000-00-00"),
        ("shop", 999),
        ("shop", "1 or 1"),
        ("shop", True),
        ("shop", {"id": 1}),
        ("shop", {"name": "made up"}),
        ("shop", 2**70),
        ("shop", None),
        ("id", 7),
        ("tenant_id", 2),
        ("secret", "x"),
        ("shop_id", 1),
        ("colour", "red"),
    ],
)
def test_a_bad_value_is_refused_beside_its_field(rest: Any, field: str, value: Any) -> None:
    status, body = rest("post", "/api/v1/toy/", json=toy_json(**{field: value}))
    assert status == 422, body
    assert field in body["errors"]
    assert body["message"]


def test_an_unknown_related_id_creates_nothing(rest: Any, shared: Toys) -> None:
    rest("post", "/api/v1/toy/", json=toy_json(maker=77))
    assert shared.session.query(ToyMaker).count() == 3


def test_stock_creates_a_row_from_an_unknown_id(stock: Toys) -> None:
    client = stock.client()
    client.post(
        "/api/v1/stocktoy/", json={**toy_json(shop={"id": 77, "name": "made up"}), "tenant_id": 1}
    )
    assert stock.session.query(ToyShop).count() == 4


def test_a_taken_value_is_a_conflict_beside_its_field(rest: Any) -> None:
    status, body = rest("post", "/api/v1/toy/", json=toy_json(code="c1"))
    assert status == 409
    assert list(body["errors"]) == ["code"]


def test_stock_answers_a_taken_value_with_sql_or_worse(stock: Toys) -> None:
    client = stock.client()
    stock.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.post("/api/v1/stocktoy/", json=toy_json(code="c1", tenant_id=1))
    assert answer.status_code == 500 or b"UNIQUE" in answer.data


@pytest.mark.parametrize("body", ["{", "[1]", '"x"', "3", "[" * 100_000])
def test_a_body_that_is_no_object_is_400(rest: Any, body: str) -> None:
    status, answer = rest("post", "/api/v1/toy/", data=body, content_type="application/json")
    assert status == 400
    assert answer["message"]


def test_a_body_that_is_no_json_is_400(rest: Any) -> None:
    assert rest("post", "/api/v1/toy/", data={"name": "x"})[0] == 400


@pytest.mark.parametrize(
    "key", ["abc", "1e3", "-1", "0x1", "1.0", "99999999999999999999999", "%00", "٣", "2147483648"]
)
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_an_id_that_is_none_is_404(rest: Any, method: str, key: str) -> None:
    kwargs = {"json": {"name": "x"}} if method == "put" else {}
    assert rest(method, f"/api/v1/toy/{key}", **kwargs)[0] == 404


@pytest.mark.parametrize(
    "q",
    [
        "(((",
        "(page:x)",
        "(page:-1)",
        "(page:999999999)",
        "(filters:!((col:name)))",
        "(filters:!((col:nope,opr:eq,value:1)))",
        "(filters:!((col:name,opr:nope,value:1)))",
        "(filters:!((col:price,opr:eq,value:many)))",
        "(filters:!((col:price,opr:gt,value:many)))",
        "(filters:!((col:price,opr:eq,value:99999999999999999999999)))",
        "(filters:!((col:shop,opr:rel_o_m,value:abc)))",
        "(filters:!((col:made_on,opr:eq,value:never)))",
        "(filters:!((col:is_sold,opr:eq,value:perhaps)))",
        "(filters:!((col:name,opr:in,value:x)))",
        "(order_column:secret)",
        "(order_column:'shop.name')",
        "(order_column:nope)",
        "(columns:!(nope))",
        "(keyset:(after:abc))",
        "(keyset:(after:1),order_column:name)",
        "!(1)",
        "3",
        "(" + "a:(" * 3000,
        "%00",
        "(filters:!((col:name,opr:eq,value:'%00')))",
    ],
)
def test_an_unusable_q_is_400_with_a_sentence(rest: Any, q: str) -> None:
    status, body = rest("get", f"/api/v1/toy/?q={q}")
    assert status == 400, body
    assert body["message"]


def test_usable_filters_find_rows(rest: Any) -> None:
    def found(filters: str) -> int:
        return int(rest("get", f"/api/v1/toy/?q=(filters:!({filters}))")[1]["count"])

    assert found("(col:name,opr:ct,value:'toy 1')") == 11
    assert found("(col:shop,opr:rel_o_m,value:1)") == 10
    assert found("(col:shop,opr:rel_o_m,value:999)") == 0
    assert found("(col:maker,opr:rel_o_m,value:999)") == 0
    assert found("(col:is_sold,opr:eq,value:!f)") == 30
    assert found("(col:price,opr:in,value:!(0,1))") == 30
    assert found("(col:name,opr:ct,value:7)") == 3


def test_pages_are_capped_and_continue_by_key(rest: Any) -> None:
    assert len(rest("get", "/api/v1/toy/?q=(page_size:100000)")[1]["result"]) == 30
    seen: list[int] = []
    after = 0
    while True:
        body = rest("get", f"/api/v1/toy/?q=(page_size:7,keyset:(after:{after}))")[1]
        seen += body["ids"]
        if body["next"] is None:
            break
        after = body["next"]["after"]
    assert seen == list(range(1, 31))


def test_a_related_row_goes_out_as_id_and_label_only(rest: Any) -> None:
    row = rest("get", "/api/v1/toy/1")[1]["result"]
    assert row["maker"] == {"id": 2, "label": "maker 2"}
    assert "tenant_id" not in row


def test_stock_sends_every_column_of_a_related_row(stock: Toys) -> None:
    answer = stock.client().get("/api/v1/stocktoy/?q=(page_size:1)")
    assert "hush" in answer.get_data(as_text=True)


def test_read_only_takes_every_write_away(rest: Any) -> None:
    assert rest("get", "/api/v1/maker/")[0] == 200
    assert rest("post", "/api/v1/maker/", json={"name": "x"})[0] == 405
    assert rest("put", "/api/v1/maker/1", json={"name": "x"})[0] == 405
    assert rest("delete", "/api/v1/maker/1")[0] == 405


def test_info_and_chosen_columns_answer(rest: Any) -> None:
    assert rest("get", "/api/v1/toy/_info")[0] == 200
    row = rest("get", "/api/v1/toy/?q=(columns:!(name),page_size:1)")[1]["result"][0]
    assert row == {"name": "toy 1"}
