"""What has to be clicked: selects, dialogs, tabs, filters, menus, actions, themes."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.browser
WIDE_AND_NARROW = [
    "/",
    "/personview/list/?_flt_0_name=a",
    "/personview/show/2",
    "/personview/add",
    "/companyview/show/1#PersonView",
    "/blockview/list/",
    "/nothingview/list/",
    "/fieldsetview/edit/2",
    "/parts/",
    "/users/list/",
    "/roles/show/1",
]


def names(page: Any) -> list[str]:
    return [one.strip() for one in page.locator("td.sapa-first").all_inner_texts()]


def test_filter_is_added_with_an_operator_applied_and_removed(page: Any) -> None:
    page.goto("/personview/list/")
    page.click("text=Filter")
    page.click('[data-add-filter="name"]')
    page.select_option("[data-operator]", label="Contains")
    page.fill(".sapa-filter-value input", "Lestari")
    page.click("text=Apply")
    page.wait_for_url("**/list/?*")
    assert re.search(r"_flt_\d+_name=Lestari", page.url)
    assert names(page)
    assert all("Lestari" in name for name in names(page))
    shown = page.locator("[data-operator] option:checked").inner_text()
    assert shown == "Contains"
    page.click("[data-remove-filter]")
    page.wait_for_url(lambda url: "_flt_" not in url)
    assert any("Lestari" not in name for name in names(page))


def test_boolean_and_date_filters(page: Any) -> None:
    page.goto("/personview/list/")
    for column in ("is_vip", "seen_at"):
        page.click(".sapa-filter-tools [data-bs-toggle=dropdown]")
        page.click(f'[data-add-filter="{column}"]')
    row = page.locator(".sapa-filter", has_text="Seen At")
    row.locator("[data-operator]").select_option(label="Greater than")
    row.locator("input").fill("2026-03-20T08:00")
    page.click("text=Apply")
    page.wait_for_load_state()
    assert names(page)
    vips = page.locator('td[data-label="Is Vip"]').all_inner_texts()
    days = page.locator('td[data-label="Seen At"] time').all()
    assert set(vips) == {"Yes"}
    assert all((day.get_attribute("datetime") or "") > "2026-03-20" for day in days)
    kept = page.locator(".sapa-filter input[type=datetime-local]").input_value()
    assert kept == "2026-03-20T08:00"


def test_filter_keeps_the_order(page: Any) -> None:
    page.goto("/personview/list/?_oc_PersonView=name&_od_PersonView=asc")
    page.click("text=Filter")
    page.click('[data-add-filter="name"]')
    page.fill(".sapa-filter-value input", "a")
    page.keyboard.press("Enter")
    page.wait_for_url("**_flt_**")
    assert "_od_PersonView=asc" in page.url


def test_filters_by_keyboard_alone(page: Any) -> None:
    page.goto("/personview/list/")
    page.focus(".sapa-filter-tools [data-bs-toggle=dropdown]")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sapa-filter")
    page.wait_for_function("document.activeElement.closest('.sapa-filter-value') !== null")
    assert page.locator(".sapa-filter").count() == 1


def test_a_row_opens_on_a_click_but_not_on_its_tools(page: Any) -> None:
    page.goto("/personview/list/")
    page.locator("input[name=rowid]").first.check()
    assert page.url.endswith("/list/")
    page.locator('td[data-label="State"]').first.click()
    page.wait_for_url("**/personview/show/*")
    assert page.locator("h1").inner_text().startswith("Dewi")


def test_chosen_rows_are_sent_to_an_action_after_a_question(page: Any) -> None:
    page.goto("/personview/list/")
    assert page.locator("[data-bulk]").is_hidden()
    for number in range(3):
        page.locator("input[name=rowid]").nth(number).check()
    assert page.locator("[data-bulk-count]").inner_text() == "3"
    assert page.locator("[data-check-all]").evaluate("box => box.indeterminate")
    page.click("[data-bulk] >> text=Call back")
    page.wait_for_selector("#modal-confirm.show")
    assert "call list" in page.locator("#modal-confirm-text").inner_text()
    page.click("#modal-confirm >> text=Cancel")
    page.wait_for_selector("#modal-confirm", state="hidden")
    assert page.locator(".sapa-flash").count() == 0
    page.click("[data-bulk] >> text=Call back")
    page.click("#modal-confirm-ok")
    page.wait_for_selector(".sapa-flash")
    assert "3 on the call list" in page.locator(".sapa-flash").inner_text()


def test_check_all_and_clear(page: Any) -> None:
    page.goto("/personview/list/")
    page.check("[data-check-all]")
    assert page.locator("[data-bulk-count]").inner_text() == "25"
    page.click("[data-bulk-clear]")
    assert page.locator("input[name=rowid]:checked").count() == 0
    assert page.locator("[data-bulk]").is_hidden()


def test_delete_asks_and_posts(page: Any) -> None:
    page.goto("/labelview/list/")
    page.click(".sapa-page-actions >> text=Add")
    page.fill("#name", "short-lived")
    page.click("text=Save")
    page.wait_for_url("**/list/**")
    row = page.locator("tr", has_text="short-lived")
    row.locator("[aria-label=Delete]").click()
    page.wait_for_selector("#modal-confirm.show")
    assert "short-lived" in page.locator("#modal-confirm-text").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector("#modal-confirm", state="hidden")
    assert row.count() == 1
    row.locator("[aria-label=Delete]").click()
    with page.expect_request(lambda asked: "/delete/" in asked.url) as asked:
        page.click("#modal-confirm-ok")
    assert asked.value.method == "POST"
    page.wait_for_selector(".sapa-flash")
    assert page.locator("tr", has_text="short-lived").count() == 0


def test_a_form_is_filled_saved_and_shown(page: Any) -> None:
    page.goto("/personview/list/")
    page.click(".sapa-page-actions >> text=Add")
    page.fill("#name", "Sri Handayani")
    page.select_option("#company", label="Kopi Senja")
    page.fill("#born_on", "1991-02-03")
    page.fill("#seen_at", "2026-05-06T07:08")
    page.click(".ts-wrapper.multi .ts-control")
    page.keyboard.type("whole")
    page.keyboard.press("Enter")
    page.check("#is_vip")
    page.locator(".sapa-form-foot >> text=Save").click()
    page.wait_for_url("**/list/**")
    page.goto("/personview/list/?_flt_0_name=Sri")
    page.click("text=Sri Handayani")
    page.wait_for_url("**/show/*")
    shown = page.locator(".sapa-details").inner_text()
    for wanted in ("Kopi Senja", "Feb 3, 1991", "May 6, 2026", "7:08", "wholesale", "Yes"):
        assert wanted in shown


def test_a_missing_value_is_named_beside_its_field_before_anything_is_sent(page: Any) -> None:
    page.goto("/personview/add")
    page.locator(".sapa-form-foot >> text=Save").click()
    note = page.locator(".sapa-field:has(#name) .invalid-feedback")
    assert note.inner_text()
    assert page.evaluate("document.activeElement.id") == "name"
    page.fill("#name", "x")
    assert note.inner_text() == ""
    assert page.url.endswith("/add")


def test_tabs_show_related_rows_and_survive_a_reload(page: Any) -> None:
    page.goto("/companyview/show/1")
    assert page.locator("#PersonView").is_hidden()
    page.click("[role=tab] >> nth=1")
    page.wait_for_selector("#PersonView.active")
    assert page.locator("#PersonView tbody tr").count() > 5
    page.reload()
    page.wait_for_selector("#PersonView.active")
    assert page.locator("#Home").is_hidden()


def test_sections_fold(page: Any) -> None:
    page.goto("/fieldsetview/add")
    assert page.locator("#notes").is_hidden()
    page.click(".sapa-section-head >> text=More")
    page.wait_for_selector("#notes", state="visible")
    assert page.locator("#notes").is_visible()


def test_dark_mode_is_kept_and_set_before_the_first_paint(page: Any) -> None:
    page.goto("/")
    page.click("[aria-label='Light or dark']")
    page.click("[data-theme-choice=dark]")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.goto("/personview/list/", wait_until="commit")
    page.wait_for_selector("body")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.wait_for_load_state()
    page.click("[aria-label='Light or dark']")
    page.click("[data-theme-choice=auto]")
    page.emulate_media(color_scheme="light")
    assert page.locator("html").get_attribute("data-bs-theme") == "light"


def test_menus_open_and_log_out_works(page: Any) -> None:
    page.goto("/personview/list/")
    page.click(".sapa-nav-group >> text=More")
    page.click(".sapa-nav-link >> text=Blocks")
    page.wait_for_url("**/blockview/list/")
    page.click("[aria-label='Your account']")
    page.click("text=Log out")
    page.wait_for_load_state()
    page.goto("/personview/list/")
    assert "/login/" in page.url


def test_the_password_can_be_looked_at(chromium: Any, toy_url: str) -> None:
    page = chromium.new_page()
    page.goto(toy_url + "/login/")
    page.fill("#password", "secret")
    page.click("[data-reveal]")
    assert page.locator("#password").get_attribute("type") == "text"
    page.click("[data-reveal]")
    assert page.locator("#password").get_attribute("type") == "password"
    page.close()


def test_a_wrong_password_is_said(chromium: Any, toy_url: str) -> None:
    page = chromium.new_page()
    page.goto(toy_url + "/login/")
    page.fill("#username", "admin")
    page.fill("#password", "wrong")
    page.click("button[type=submit]")
    page.wait_for_selector(".sapa-flash")
    assert "Invalid login" in page.locator(".sapa-flash").inner_text()
    page.close()


def test_htmx_asks_swaps_and_needs_no_eval(page: Any) -> None:
    page.goto("/parts/")
    assert page.evaluate("document.body.dataset.ran") == "yes"
    assert page.evaluate("[htmx.config.allowEval, htmx.config.includeIndicatorStyles]") == [
        False,
        False,
    ]
    page.click("text=Fetch")
    page.wait_for_selector("#modal-confirm.show")
    page.click("#modal-confirm-ok")
    page.wait_for_selector("#fetched")
    assert page.locator("#swap").inner_text() == "fetched"


def test_a_dialog_of_its_own_opens_and_a_toast_comes_up(page: Any) -> None:
    page.goto("/parts/")
    page.click("text=Ask")
    page.wait_for_selector("#ask.show")
    assert "at once" in page.locator("#ask").inner_text()
    page.click("#ask >> text=Cancel")
    page.evaluate("sapa.toast('Sent', 'success')")
    assert page.locator("#toasts").inner_text() == "Sent"


def test_the_rest_documentation_is_drawn_from_here(page: Any) -> None:
    page.goto("/swagger/v1")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() > 3


@pytest.mark.parametrize("address", WIDE_AND_NARROW)
def test_nothing_scrolls_sideways_on_a_phone(phone: Any, address: str) -> None:
    phone.goto(address)
    phone.wait_for_timeout(50)
    too_wide = phone.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert too_wide <= 0


def test_the_menu_slides_in_on_a_phone(phone: Any) -> None:
    phone.goto("/personview/list/")
    assert phone.locator("#sidebar").is_hidden()
    phone.click("[aria-label='Open menu']")
    phone.wait_for_selector("#sidebar.show:not(.showing)")
    phone.click("#sidebar >> text=Companies")
    phone.wait_for_url("**/companyview/list/")
    assert phone.locator("#sidebar").is_hidden()
