"""FAB's screens in our clothes: what they load, what they contain, what they say."""

from __future__ import annotations

import re
from pathlib import Path

import flask_appbuilder
import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient
from flask_babel import Babel
from markupsafe import Markup
from werkzeug.routing import Rule

from core.web import icons, theme
from core.web.sidebar import Item, mark_active, read
from tests.web.conftest import log_in
from tests.web.toy_app import ROWS, create_toy_app

TEMPLATES = Path(theme.__file__).parent / "templates"
PAGES = [
    "/",
    "/login/",
    "/personview/list/",
    "/personview/list/?_flt_0_name=a&_flt_0_is_vip=y",
    "/personview/list/?_flt_0_name=zzz",
    "/personview/list/?_oc_PersonView=name&_od_PersonView=asc&page_PersonView=1",
    "/personview/show/2",
    "/personview/add",
    "/personview/edit/2",
    "/companyview/show/1",
    "/companyview/edit/1",
    "/cascadeview/show/1",
    "/cascadeview/edit/1",
    "/fieldsetview/add",
    "/fieldsetview/show/2",
    "/blockview/list/",
    "/bothview/list/",
    "/nothingview/list/",
    "/parts/",
    "/swagger/v1",
    "/users/list/",
    "/users/show/1",
    "/users/add",
    "/users/userinfo/",
    "/resetmypassword/form",
    "/roles/list/",
    "/roles/show/1",
    "/userstatschartview/chart/",
    "/boom/409",
    "/no-such-page",
]
# Bootstrap 3 and what the policy forbids
BANNED = {
    "Bootstrap 3's attributes": r"data-(toggle|dismiss|target|parent|provide)=",
    "glyphicons": r"glyphicon",
    "panels": r"\bpanel panel-|panel-heading|\bwell\b",
    "Bootstrap 3's grid": r"col-xs",
    "Font Awesome": r"class=\"fa |fontawesome",
    "jQuery": r"jquery|select2",
    "inline handlers": r"<[^>]+\son[a-z]+=",
    "inline styles": r"<[^>]+\sstyle=",
    "javascript links": r"javascript:",
}


def html_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    expected = {"/boom/409": 409, "/no-such-page": 404}.get(address, 200)
    assert answer.status_code == expected, address
    return answer.get_data(as_text=True)


@pytest.fixture
def visitor(toy_app: Flask, client: FlaskClient) -> dict[str, FlaskClient]:
    """The client by page: the login page is for those not logged in."""
    return {"/login/": toy_app.test_client()}


def test_every_template_of_fab_is_shadowed() -> None:
    stock = Path(flask_appbuilder.__file__).parent / "templates"
    names = {str(path.relative_to(stock)) for path in stock.rglob("*.html")}
    missing = {name for name in names if not (TEMPLATES / name).is_file()}
    assert missing == set()
    assert len(names) > 40


@pytest.mark.parametrize("address", PAGES)
def test_pages_load_only_local_files_that_exist(
    client: FlaskClient, visitor: dict[str, FlaskClient], address: str
) -> None:
    html = html_of(visitor.get(address, client), address)
    links = re.findall(r"<(?:script|img|link|source|iframe)\b[^>]*?(?:src|href)=\"([^\"]+)\"", html)
    assert len(links) >= 8
    for link in links:
        assert link.startswith("/static/"), link
        assert "/appbuilder/" not in link
        assert client.get(link).status_code == 200, link
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", html)


@pytest.mark.parametrize("address", PAGES)
def test_pages_hold_nothing_of_2014(
    client: FlaskClient, visitor: dict[str, FlaskClient], address: str
) -> None:
    html = html_of(visitor.get(address, client), address)
    found = {name for name, pattern in BANNED.items() if re.search(pattern, html, re.I)}
    assert found == set()


@pytest.mark.parametrize("address", PAGES)
def test_every_post_form_has_the_token_and_every_id_is_unique(
    client: FlaskClient, visitor: dict[str, FlaskClient], address: str
) -> None:
    html = html_of(visitor.get(address, client), address)
    for form in re.findall(r"<form\b.*?</form>", html, re.S):
        if re.match(r"<form[^>]*method=\"post\"", form, re.I):
            assert 'name="csrf_token"' in form, form[:200]
    ids = re.findall(
        r"<[^>]+\sid=\"([^\"]+)\"", re.sub(r"<template.*?</template>", "", html, flags=re.S)
    )
    doubled = {one for one in ids if ids.count(one) > 1} - {"csrf_token"}
    assert doubled == set()


def test_css_loads_nothing_from_another_host(toy_app: Flask) -> None:
    static = Path(toy_app.static_folder or "")
    sheets = list(static.rglob("*.css"))
    assert len(sheets) >= 4
    for sheet in sheets:
        addresses = re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.read_text())
        assert not [one for one in addresses if re.match(r"(https?:)?//", one)], sheet


def test_list_counts_pages_and_sorts(client: FlaskClient) -> None:
    html = html_of(client, "/personview/list/?_oc_PersonView=name&_od_PersonView=asc")
    assert f"1–25 of {ROWS}" in html  # noqa: RUF001 - an en dash, as set
    assert 'aria-sort="ascending"' in html
    assert "_od_PersonView=desc" in html
    assert "page_PersonView=1" in html
    assert html.count('name="rowid"') == 25


def test_a_capped_count_says_so(toy_app: Flask) -> None:
    source = (
        "{% import 'appbuilder/general/lib.html' as lib %}{{ lib.render_count(0, 25, 1001, true) }}"
    )
    with toy_app.test_request_context("/"):
        words = toy_app.jinja_env.from_string(source).render()
    assert "of 1,000+" in words


def test_an_empty_list_says_what_to_do_next(client: FlaskClient) -> None:
    html = html_of(client, "/nothingview/list/")
    assert "No channels yet" in html
    assert "Connect WhatsApp" in html
    assert re.search(r'href="/nothingview/add"[^>]*>.*?Connect a channel', html, re.S)


def test_an_empty_search_offers_to_clear_it(client: FlaskClient) -> None:
    html = html_of(client, "/personview/list/?_flt_0_name=zzz")
    assert "Nothing matches these filters" in html
    assert 'href="/personview/list/"' in html


def test_deletes_are_posted_and_never_linked(client: FlaskClient) -> None:
    html = html_of(client, "/personview/list/")
    assert "/personview/delete/" in html
    assert not re.search(r'href="[^"]*/delete/', html)
    assert re.search(r'<form[^>]*method="post" action="/personview/delete/1" data-confirm=', html)


def test_errors_stand_beside_their_field(client: FlaskClient) -> None:
    page = html_of(client, "/personview/add")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "name": "", "email": "kept@example.org", "seen_at": "soon"}
    html = client.post("/personview/add", data=form).get_data(as_text=True)
    assert re.search(
        r'<input[^>]*aria-describedby="name-error"[^>]*class="form-control is-invalid"', html
    )
    assert 'id="name-error"' in html
    assert 'value="kept@example.org"' in html
    assert re.search(r'<input[^>]*value="soon"', html)


def test_nothing_chosen_is_a_dash_in_a_select(client: FlaskClient) -> None:
    html = html_of(client, "/personview/add")
    assert ">__None<" not in html
    assert '<option selected value="__None">–</option>' in html  # noqa: RUF001 - as set


def test_forms_mark_required_fields_switch_booleans_and_explain(client: FlaskClient) -> None:
    html = html_of(client, "/personview/add")
    assert 'class="form-label required" for="name"' in html
    assert 'role="switch"' in html
    assert "Where receipts are sent." in html
    assert 'type="date"' in html
    assert 'type="datetime-local"' in html


def test_states_are_badges_and_absence_is_a_dash(client: FlaskClient) -> None:
    html = html_of(client, "/personview/list/")
    assert re.search(r"sapa-badge-yellow\">.*?Waiting", html)
    assert "State.WAITING" not in html
    assert 'class="sapa-none"' in html


def test_text_from_people_is_escaped(toy_app: Flask) -> None:
    source = (
        "{% import 'sapa/macros.html' as ui %}{{ ui.value(x) }}{{ ui.badge(x) }}"
        "{{ ui.post_button('/', x, confirm=x) }}"
    )
    with toy_app.test_request_context("/"):
        html = toy_app.jinja_env.from_string(source).render(x='<b onclick="x">')
    assert "<b" not in html.replace("<button", "")
    assert "&lt;b" in html


def test_the_menu_is_pruned_and_knows_where_we_are(client: FlaskClient) -> None:
    html = html_of(client, "/companyview/show/1")
    assert "Hollow" not in html
    assert re.search(
        r'class="sapa-nav-link active" href="/companyview/list/" aria-current="page"', html
    )
    assert html.count('aria-current="page"') == 1


def test_the_longest_address_is_the_active_one() -> None:
    items = [
        Item("a", "A", "", "/shop/list/"),
        Item("b", "B", "", "/shop/orders/list/"),
        Item("c", "C", "", "/"),
    ]
    mark_active(items, "/shop/orders/show/3")
    assert [item.active for item in items] == [False, True, False]


def test_separators_dead_links_and_empty_categories_are_dropped() -> None:
    hollow = {"name": "H", "label": "H", "icon": "", "childs": ["-"]}
    dead = {"name": "D", "label": "D", "icon": "", "url": ""}
    assert [read(entry) for entry in ("-", hollow, dead)] == [None, None, None]


def test_visitors_see_no_menu_and_the_login_form_is_labelled(toy_app: Flask) -> None:
    html = toy_app.test_client().get("/login/").get_data(as_text=True)
    assert "sapa-sidebar" not in html
    assert 'for="username"' in html
    assert 'for="password"' in html
    assert 'type="password"' in html
    assert "remember" not in html.lower()


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_error_pages_say_what_to_do_next(toy_app: Flask, code: int) -> None:
    answer = toy_app.test_client().get(f"/boom/{code}")
    html = answer.get_data(as_text=True)
    assert answer.status_code == code
    assert "The order was paid." in html
    assert str(code) in html
    target = "/login/" if code == 401 else "/"
    assert f'class="btn btn-primary" href="{target}"' in html
    assert len(re.findall(r"<p class=\"text-secondary\">[^<]{20,}", html)) == 1


def test_the_error_page_needs_no_fab() -> None:
    bare = Flask("core.web")
    theme.init_theme(bare)
    Babel(bare)
    with bare.test_request_context("/"):
        assert "Something broke" in render_template("sapa/error.html", code=500)


def test_the_tenant_switcher_posts(toy_app: Flask) -> None:
    tenants = [
        {"slug": "a", "name": "Toko A", "current": True, "url": "/tenant/a"},
        {"slug": "b", "name": "Toko B", "current": False, "url": "/tenant/b"},
    ]
    with toy_app.test_request_context("/"):
        html = render_template("sapa/_tenants.html", tenants=tenants)
    assert '<form method="post" action="/tenant/b">' in html
    assert html.count("csrf_token") == 2


def test_icons_follow_tabler_and_font_awesome_names() -> None:
    assert icons.tabler_name("fa-cogs") == "settings"
    assert icons.tabler_name("fa fa-user") == "user"
    assert icons.tabler_name("ti-tags") == "tags"
    assert icons.tabler_name("no-such-icon") == icons.FALLBACK
    assert icons.tabler_name(None) == icons.FALLBACK
    assert "<path" in icons.icon("user")
    assert "<b>" not in icons.icon("user", "<b>")
    assert {name for name in icons.FONT_AWESOME.values() if name not in icons.bodies()} == set()


def test_every_icon_named_in_a_template_exists() -> None:
    named = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r"(?:icon\(|sign=)'([a-z0-9-]+)'", path.read_text())
    }
    assert len(named) > 20
    assert named - set(icons.bodies()) == set()


def test_initials() -> None:
    assert theme.initials("Dewi Ayu Lestari") == "DL"
    assert theme.initials("budi") == "B"
    assert theme.initials(" ") == "?"
    assert theme.initials(None) == "?"


def test_a_static_address_changes_with_its_file(toy_app: Flask) -> None:
    with toy_app.test_request_context("/"):
        assert re.fullmatch(r"/static/sapa/sapa\.css\?v=[0-9a-f]{12}", theme.asset("sapa/sapa.css"))


def test_log_out_is_posted_where_the_route_takes_it(tmp_path: Path) -> None:
    app = create_toy_app(tmp_path)
    page = log_in(app.test_client()).get("/").get_data(as_text=True)
    assert '<form method="get" action="/logout/">' in page
    app.url_map.add(Rule("/logout/", endpoint="AuthDBView.logout", methods=["POST"]))
    page = log_in(app.test_client()).get("/").get_data(as_text=True)
    assert '<form method="post" action="/logout/">' in page


def test_versioned_files_are_kept_for_a_year(client: FlaskClient, toy_app: Flask) -> None:
    with toy_app.test_request_context("/"):
        address = theme.asset("sapa/sapa.css")
    assert "immutable" in client.get(address).headers["Cache-Control"]
    # another version's page asks: what we answer must not be kept under that address
    assert client.get("/static/sapa/sapa.css?v=1").headers["Cache-Control"] == "no-store"
    assert "immutable" not in client.get("/static/sapa/sapa.css").headers["Cache-Control"]
    font = client.get("/static/vendor/inter/latin.woff2")
    assert font.headers["Cache-Control"] == "public, max-age=86400"
    assert "immutable" not in client.get("/login/?v=1").headers["Cache-Control"]


# --- contrast, with numbers (WCAG 2.2: 4.5 for text, 3 for controls) ---------------------------


def colours(mode: str) -> dict[str, str]:
    """The hex variables of one mode of sapa.css."""
    css = (TEMPLATES.parent / "static/sapa/sapa.css").read_text()
    block = re.search(r'(?:^|, )\[data-bs-theme="' + mode + r'"\] \{(.*?)\n\}', css, re.S | re.M)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


TEXT = [
    ("tblr-body-color", "tblr-body-bg"),
    ("tblr-body-color", "sapa-surface"),
    ("tblr-secondary-color", "tblr-body-bg"),
    ("tblr-secondary-color", "sapa-surface"),
    ("tblr-secondary-color", "sapa-sidebar"),
    ("tblr-secondary-color", "sapa-hover"),
    ("tblr-primary-fg", "tblr-primary"),
    ("tblr-primary-fg", "tblr-primary-darken"),
    ("tblr-primary", "tblr-primary-lt"),
    ("tblr-primary", "sapa-surface"),
    ("tblr-link-color", "tblr-body-bg"),
    ("tblr-link-color", "sapa-surface"),
    ("tblr-danger-fg", "tblr-danger"),
    ("sapa-red", "sapa-surface"),
    *(
        (f"sapa-{name}", f"sapa-{name}-bg")
        for name in ("green", "yellow", "red", "blue", "purple", "grey")
    ),
]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), TEXT)
def test_text_has_aa_contrast(mode: str, ink: str, paper: str) -> None:
    found = colours(mode)
    assert contrast(found[ink], found[paper]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_controls_have_aa_contrast(mode: str) -> None:
    found = colours(mode)
    assert contrast(found["sapa-faint"], found["sapa-surface"]) >= 3


def test_markup_values_stay_markup(toy_app: Flask) -> None:
    source = "{% import 'sapa/macros.html' as ui %}{{ ui.value(x) }}"
    with toy_app.test_request_context("/"):
        html = toy_app.jinja_env.from_string(source).render(x=Markup("<i>sure</i>"))
    assert html == "<i>sure</i>"
