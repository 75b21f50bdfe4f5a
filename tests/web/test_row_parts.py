"""What rows have alike, rendered once and filled in for each."""

from __future__ import annotations

from markupsafe import Markup

from core.web.row_parts import ROW_KEY, ROW_NAME, for_row, said_once


def test_a_key_is_quoted_and_a_name_escaped() -> None:
    button = Markup(f'<form action="/shop/delete/{ROW_KEY}" data-confirm="Delete {ROW_NAME}?">')
    filled = for_row(button, 'a/b "1"', '<b>"Dewi" & co</b>')
    assert isinstance(filled, Markup)
    assert filled == (
        '<form action="/shop/delete/a%2Fb%20%221%22" '
        'data-confirm="Delete &lt;b&gt;&#34;Dewi&#34; &amp; co&lt;/b&gt;?">'
    )


def test_an_address_stays_text_that_the_template_escapes() -> None:
    path = for_row(f"/customerview/show/{ROW_KEY}?_flt_0_label=1&x=2", 12)
    assert path == "/customerview/show/12?_flt_0_label=1&x=2"
    assert not hasattr(path, "__html__")


def test_what_is_not_offered_stays_away() -> None:
    assert for_row(None, 12, "Dewi") is None
    assert for_row("", 12, "Dewi") == ""


def test_a_name_that_looks_like_the_key_is_left_alone() -> None:
    assert for_row(Markup(f"{ROW_KEY} {ROW_NAME}"), 7, ROW_KEY) == f"7 {ROW_KEY}"


def test_labels_are_said_once() -> None:
    said = []

    class Later:
        def __str__(self) -> str:
            said.append(1)
            return "Name"

    labels = said_once({"name": Later()}, ["name", "phone"])
    assert labels == {"name": "Name", "phone": ""}
    assert said == [1]
