"""HTML that was made to keep a machine busy: each of these once cost minutes."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from core.inbound import InboundMessage
from plugins.channels.email import html, parts
from plugins.channels.email.envelope import Envelope, pack
from plugins.channels.email.parse import parse
from tests.channels.mail_account import OWN, mail_account

LONG = html.LONGEST
TOO_LONG = 60
"""Seconds. A guard, no measure: what isn't bounded takes many times as long."""


@pytest.fixture(autouse=True)
def guard() -> Iterator[None]:
    """End a test that would not end."""

    def give_up(*_: object) -> None:
        raise AssertionError("This mail keeps the machine busy.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TOO_LONG)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("hostile", "count"),
    [
        (f"<img src={' ' * (LONG // 2)}<img src='{' ' * 1000}//x.example/a.png'>", 1),
        ("<img " * (LONG // 5), 0),
        ("<img src=" * (LONG // 9), 0),
        ("<img alt=a src = ' https://x.example/a.png'>" * 100, 100),
    ],
)
def test_remote_pictures_are_counted_in_one_pass(hostile: str, count: int) -> None:
    assert html.remote_pictures(hostile) == count


@pytest.mark.parametrize(
    "hostile",
    ["<!--", "<!x", "<?x", "</x", "<x", "<x y='", "<a b=' >", "<![if", "<!-- --", "<script ", "&#"],
)
def test_what_is_never_closed_is_looked_through_once(hostile: str) -> None:
    assert html.as_text("Halo <b>Ani</b> " + hostile * (LONG // len(hostile))).startswith(
        "Halo Ani"
    )


def test_what_is_closed_is_no_part_of_the_text() -> None:
    page = "<!DOCTYPE html><?xml x?><!-- a > b -->Halo <b title='>'>Ani</b><![if !mso]>.<![endif]>"
    assert html.as_text(page) == "Halo Ani."


def test_the_end_of_a_link_that_was_never_begun_joins_nothing() -> None:
    """Each of them once joined all that had been read before it."""

    class Words(list[str]):
        taken = 0

        def __getitem__(self, which: slice) -> list[str]:  # type: ignore[override]
            found = super().__getitem__(which)
            self.taken += len(found)
            return found

    reader = html._Reader()
    reader.said = words = Words()
    reader.feed("kata</a>" * 1000 + '<a href="https://toko.example/">Toko</a>' + "kata</a>" * 1000)
    reader.close()
    assert words.taken == 1
    assert words.count(" <https://toko.example/>") == 1


@pytest.mark.parametrize(
    "hostile",
    [
        "<div></x>" * (LONG // 9),
        "".join(f"<font size={n}></x>" for n in range(LONG // 16)),
        "".join(f"<p><font size={n}></p></x>a" for n in range(5000)),
        "<p></p>" * (html.MOST_TAGS // 2 + 1),
        f'<div><font face="{"a" * 10_000}"></div>' + "<p>a</p>" * 5000,
    ],
)
def test_what_costs_its_parser_a_square_is_shown_as_text(hostile: str) -> None:
    page = html.cleaned(f"<b>Halo</b>{hostile}")
    assert page.startswith("<pre>Halo")
    assert len(page) <= LONG


def test_a_closing_tag_closes_its_own_kind_only() -> None:
    nested = "<div></b>" * html.MOST_TAGS_OPEN
    assert not html.cleaned(nested).startswith("<pre>")
    assert html.cleaned(nested + "<div>").startswith("<pre>")
    assert not html.cleaned("<div><b>x</b></div>" * 2000).startswith("<pre>")


def test_all_texts_of_a_mail_together_have_a_limit() -> None:
    """Each part is within the limit for one, and there may be two hundred."""
    head = (
        f"From: Ani <ani@pembeli.example>\r\nTo: {OWN}\r\nMessage-ID: <b@pembeli.example>\r\n"
        'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n'
    )
    part = "--=_b\r\nContent-Type: text/{0}\r\n\r\n{1}\r\n"
    pages = part.format("html", "<p>Halo</p>" + "a " * 150_000) * 10
    texts = part.format("plain", "Halo " * 60_000) * 10
    raw = f"{head}{pages}{texts}--=_b--\r\n".encode()
    body = parts.body_of(parts.parse(raw)[0])
    assert sum(len(text) for text, _ in body.blocks) == parts.LONGEST_TEXTS
    assert sum(len(page) for _, page in body.blocks) == parts.LONGEST_TEXTS
    (item,) = parse(mail_account(), pack(Envelope(uid_validity=7, uid=1, size=len(raw)), raw))
    assert isinstance(item, InboundMessage)
    assert item.text.startswith("Halo")
    assert item.raw["notes"] == ["too_many_parts", "long_text"]
