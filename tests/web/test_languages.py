"""Every screen in every language, and how a person comes to theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from core.cli.words import known_locales, packages
from core.config import Settings
from core.inbound import MessageKind
from core.models import Channel, Message, Tenant
from core.services.tenants import RoleName
from core.testing.world import PASSWORD, Browser, World, address_of, build_world, csrf_token
from core.words.catalogues import SOURCE_LOCALE, own_name
from core.words.update import file_in, read
from plugins import BUILTIN
from tests.web.visible import visible_texts

AS_STORED = {
    "/users/add": "the installation's roles, which FAB reads from its own table",
    "/users/edit/10001": "the same",
    "/automation/smart-reply/new": "what it says to customers is in the language of the business",
}

_FILLED = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = build_world(Settings(home=tmp_path_factory.mktemp("languages")), BUILTIN)
    with made.desk.database.system() as session:
        session.get_one(Channel, made.mine.key).facts = {}  # or a fact's own name is a word here
    yield made
    made.close()


def choose(browser: Browser, code: str) -> Any:
    return browser.post("/language/", data={"code": code})


def screens(world: World, browser: Browser) -> Iterator[tuple[str, str]]:
    """(path, html) of every page that this person may open; ids in paths are the tenant's."""
    for rule in sorted(world.app.url_map.iter_rules(), key=str):
        path = path_to(rule, world.mine.key)
        if path is None:
            continue
        page = browser.get(path)
        if page.status_code == 200 and page.content_type.startswith("text/html"):
            yield path, page.text


def path_to(rule: Rule, key: int) -> str | None:
    is_page = "GET" in (rule.methods or ()) and not str(rule).startswith(("/api/", "/static/"))
    if not is_page or not all(a.endswith(("pk", "_id")) for a in rule.arguments):
        return None
    return re.sub(r"<[^>]+>", str(key), str(rule))


def said(locale: str) -> dict[str, set[str]]:
    """English source → what is said instead, for all packages."""
    found: dict[str, set[str]] = {}
    for folder in packages():
        for message in read(file_in(folder, locale)):
            if message.id:
                forms = message.string if isinstance(message.string, tuple) else (message.string,)
                for source in message.id if isinstance(message.id, tuple) else (message.id,):
                    found.setdefault(source, set()).update(filter(None, forms))
    return found


def english_in(html: str, words: dict[str, set[str]]) -> set[str]:
    """What a page still says in English although there is a translation that differs."""
    switch = {own_name(code) for code in (*known_locales(), SOURCE_LOCALE)}
    right = switch.union(*words.values())
    return {text for text in visible_texts(html) if text in words and text not in right}


@pytest.mark.parametrize("locale", ["id", "ro"])
@pytest.mark.parametrize("role", [RoleName.ADMIN, RoleName.OPERATOR])
def test_no_screen_is_left_in_english(world: World, locale: str, role: RoleName) -> None:
    browser = world.browser(role)
    choose(browser, locale)
    words = said(locale)
    found, seen = {}, 0
    for path, html in screens(world, browser):
        seen += 1
        assert f'lang="{locale}"' in html or "<html" not in html, path
        if left := english_in(html, words):
            found[path] = left
    assert {path: left for path, left in found.items() if path not in AS_STORED} == {}
    assert seen > (40 if role is RoleName.ADMIN else 8)


def test_the_sweep_finds_english(world: World) -> None:
    browser = world.browser()
    choose(browser, "en")
    page = browser.get("/customerview/list/").text
    assert {"Customers", "New customer", "Phone"} <= english_in(page, said("ro"))


def test_a_choice_is_kept_with_the_account(world: World) -> None:
    browser = world.browser(RoleName.AGENT)
    answer = choose(browser, "ro")
    assert answer.status_code == 302
    elsewhere = world.browser(RoleName.AGENT)
    assert '<html lang="ro">' in elsewhere.get("/profile/").text
    choose(elsewhere, "")
    assert '<html lang="en">' in elsewhere.get("/profile/").text
    assert '<html lang="en">' in world.browser(RoleName.AGENT).get("/profile/").text


def test_a_card_from_a_shop_is_told_in_the_reader_s_language(world: World) -> None:
    with world.desk.database.system() as session:
        message = session.get_one(Message, world.mine.key)
        talk, before = message.conversation_id, (message.kind, message.body)
        message.kind, message.body = MessageKind.PLACEHOLDER, "Shared product 7494560109732334265"
    try:
        browser = world.browser()
        choose(browser, "id")
        page = browser.get(f"/inbox/{talk}/").text
        assert "Produk yang dibagikan: 7494560109732334265" in page
        assert 'bubble-placeholder">' in page
    finally:
        with world.desk.database.system() as session:
            message = session.get_one(Message, world.mine.key)
            message.kind, message.body = before


def test_the_business_has_a_language_for_who_chose_none(world: World) -> None:
    with world.desk.database.system() as session:
        session.get_one(Tenant, world.mine.key).locale = "id_ID"
    try:
        browser = world.browser(RoleName.SUPERVISOR)
        assert '<html lang="id">' in browser.get("/profile/").text
        choose(browser, "ro")
        assert '<html lang="ro">' in browser.get("/profile/").text
    finally:
        with world.desk.database.system() as session:
            session.get_one(Tenant, world.mine.key).locale = "en"


def test_the_sign_in_page_offers_languages_and_the_choice_goes_along(world: World) -> None:
    client = world.app.test_client()
    page = client.get("/login/", headers={"Accept-Language": "ro-MD,ro;q=0.9"})
    assert '<html lang="ro">' in page.text
    for name in ("English", "Bahasa Indonesia", "Română"):
        assert name in page.text
    token = csrf_token(page)
    form = {"code": "id", "csrf_token": token}
    headers = {"Referer": "http://localhost/login/"}
    answer = client.post("/language/", data=form, headers=headers)
    assert answer.location == "/login/"
    assert '<html lang="id">' in client.get("/login/").text
    who = {"username": address_of(RoleName.VIEWER), "password": PASSWORD, "csrf_token": token}
    assert client.post("/login/", data=who).status_code == 302
    assert '<html lang="id">' in client.get("/profile/").text


def test_an_unknown_language_is_refused_and_a_strange_referrer_leads_home(world: World) -> None:
    browser = world.browser(RoleName.VIEWER)
    assert choose(browser, "xx").status_code == 404
    headers = {"Referer": "https://elsewhere.example/page"}
    answer = browser.post("/language/", data={"code": "en"}, headers=headers)
    assert answer.location == "/"


def test_a_refusal_over_REST_is_in_the_language_that_is_asked_for(world: World) -> None:
    program = world.program()
    body = {"name": "Ani", "phone": "0821abc"}
    asked = {"Accept-Language": "ro"}
    answer = program.post("/api/v1/customer/", json=body, headers=asked)
    assert answer.status_code == 422
    sentence = "Un număr de telefon nu are litere. Introdu doar cifre."
    assert answer.json == {"message": sentence, "errors": {"phone": [sentence]}}
    plain = program.post("/api/v1/customer/", json=body)
    assert plain.json["message"] == "A phone number has no letters. Enter digits only."


def test_a_form_s_refusal_stands_beside_its_field_in_the_reader_s_language(world: World) -> None:
    browser = world.browser()
    choose(browser, "ro")
    page = browser.post("/customerview/add", data={"name": "Ani", "phone": "6282114****32"})
    assert page.status_code == 422
    assert "Unele cifre ale numărului sunt ascunse. Introdu numărul întreg." in page.text


def test_placeholders_are_the_same_in_every_language() -> None:
    counted = 0
    for locale in known_locales():
        for source, forms in said(locale).items():
            for text in forms:
                counted += 1
                extra = set(_FILLED.findall(text)) - set(_FILLED.findall(source))
                assert extra <= {"%(num)d"}, (locale, source, text)
    assert counted > 2000


def test_the_files_hold_no_path_and_no_date() -> None:
    for folder in packages():
        for path in Path(folder).glob("translations/**/*.po"):
            assert "#:" not in path.read_text(), path
