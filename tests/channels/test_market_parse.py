"""What the marketplaces' pushes mean: each fixture, some of them closely, and spoilt ones."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

import plugins.channels
from core.adapter import Account
from core.inbound import BadItem, ChannelChanged, InboundMessage, Item, MessageKind, OrderPushed
from tests.channels.shops import LAZADA, MARKETS, SHOPEE, TIKTOK_SHOP, UUID, Market

FOLDER = Path(plugins.channels.__file__).parent
SETTINGS = {
    "tiktok_shop": {"shop_id": "7494560109732330001"},
    "shopee": {"shop_id": "947042923"},
    "lazada": {"seller_id": "100191276347"},
}


def account(market: Market, **settings: str) -> Account:
    return Account(1, UUID, market.kind, "", "ID", {**SETTINGS[market.kind], **settings}, {})


def fixtures(market: Market) -> list[dict[str, Any]]:
    path = FOLDER / market.kind / "fixtures" / "pushes.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def read(market: Market, body: Any, **settings: str) -> list[Item]:
    raw = json.dumps(body).encode()
    market.adapter.check(raw)
    return list(market.adapter.parse(account(market, **settings), raw))


def message(market: Market, place: int, **settings: str) -> InboundMessage:
    (item,) = read(market, fixtures(market)[place]["body"], **settings)
    assert isinstance(item, InboundMessage)
    return item


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.kind)
def test_every_fixture_means_what_stands_beside_it(market: Market) -> None:
    for fixture in fixtures(market):
        items = read(market, fixture["body"])
        assert [type(item).__name__ for item in items] == fixture["items"], fixture["body"]


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.kind)
def test_D15_the_shop_s_own_message_names_the_buyer(market: Market) -> None:
    first, second = message(market, 0), message(market, 1)
    assert (first.is_echo, second.is_echo) == (False, True)
    assert first.addresses == second.addresses
    assert (first.text, second.text[:3]) == ("Masih ada?", "Ada")


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.kind)
def test_ids_of_64_bits_keep_their_last_digits(market: Market) -> None:
    orders = [
        item
        for fixture in fixtures(market)
        for item in read(market, fixture["body"])
        if isinstance(item, OrderPushed)
    ]
    assert {len(item.order_id) >= 14 for item in orders} == {True}
    body = copy.deepcopy(fixtures(market)[0]["body"])
    inner = body["data"]["content"] if market is SHOPEE else body["data"]
    inner["message_id"] = 7494560109732334001
    (item,) = read(market, body)
    assert isinstance(item, InboundMessage)
    assert item.provider_id == "7494560109732334001"


def test_what_tiktok_s_kinds_become() -> None:
    assert message(TIKTOK_SHOP, 0).order == 1780000000123
    picture, film, card = (message(TIKTOK_SHOP, place) for place in (6, 7, 8))
    assert picture.media[0].url == "https://p16-oec-sg.ibyteimg.com/a.jpeg"
    assert (film.kind, film.media[0].mime_type) == (MessageKind.VIDEO, "video/mp4")
    assert (card.kind, card.text) == (MessageKind.PLACEHOLDER, "Shared product 7494560109732334265")
    assert message(TIKTOK_SHOP, 10).raw["type"] == "HOLOGRAM"


def test_what_shopee_s_kinds_become() -> None:
    captioned, unnamed, card = (message(SHOPEE, place) for place in (4, 5, 7))
    assert (captioned.kind, captioned.text) == (MessageKind.IMAGE, "Yang ini")
    assert (unnamed.kind, unnamed.media) == (MessageKind.PLACEHOLDER, ())
    assert card.text == "Shared product 5010203040"
    assert message(SHOPEE, 10).reply_to == "2302748948493123950"
    assert message(SHOPEE, 0).name == "dewi.l"


def test_shopee_s_own_user_decides_where_it_is_entered() -> None:
    assert message(SHOPEE, 0, own_user_id="165105353").is_echo
    assert not message(SHOPEE, 1, own_user_id="165105353").is_echo


def test_what_lazada_s_kinds_become() -> None:
    picture, card = message(LAZADA, 2), message(LAZADA, 5)
    assert (picture.kind, picture.media[0].url) == (
        MessageKind.IMAGE,
        "https://sg-live.slatic.net/a.jpg",
    )
    assert card.text == "Shared product 1760954113"
    session, buyer = (each.value for each in message(LAZADA, 0).addresses)
    assert (session, buyer) == ("100191276347_2_100208742287_1_103", "100208742287")


def test_lazada_s_number_of_a_chat_message_is_a_setting() -> None:
    body = {**fixtures(LAZADA)[0]["body"], "message_type": 41}
    assert [type(item).__name__ for item in read(LAZADA, body)] == ["Counted"]
    (item,) = read(LAZADA, body, im_types="2 41")
    assert isinstance(item, InboundMessage)


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.kind)
def test_withdrawn_access_stops_the_channel(market: Market) -> None:
    changes = [
        item
        for fixture in fixtures(market)
        for item in read(market, fixture["body"])
        if isinstance(item, ChannelChanged)
    ]
    assert all(item.reason and (item.is_down or item.is_bad) for item in changes)
    assert changes


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.kind)
def test_a_spoilt_push_is_a_bad_item_and_never_an_error(market: Market) -> None:
    dice = random.Random(2026)
    for fixture in fixtures(market):
        for _ in range(40):
            body = spoilt(fixture["body"], dice)
            for item in market.adapter.parse(account(market), json.dumps(body).encode()):
                assert not isinstance(item, BadItem) or item.reason


def spoilt(body: Any, dice: random.Random) -> Any:
    """The body with something else at one place."""
    body = copy.deepcopy(body)
    node = body
    while True:
        key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
        child = node[key]
        if isinstance(child, dict | list) and child and dice.random() < 0.8:
            node = child
            continue
        node[key] = dice.choice([None, 0, -1, 2**70, 1.5, True, "", "x", "\x00", [], {}, [[]]])
        return body


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.kind)
def test_what_names_no_shop_is_not_ours(market: Market) -> None:
    for fixture in fixtures(market):
        for change in ({}, {market.own: None}):
            body = {key: value for key, value in fixture["body"].items() if key != market.own}
            items = read(market, body | change)
            is_test = market is SHOPEE and body["code"] == 0
            assert [type(item).__name__ for item in items] == ["Counted" if is_test else "BadItem"]
