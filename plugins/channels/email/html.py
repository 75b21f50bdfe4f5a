"""HTML of strangers: cleaned for a sandboxed frame, and as text for the thread.

Nothing is loaded from anywhere: a remote picture tells its sender who looked, and when.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Mapping
from html import escape, unescape
from html.parser import HTMLParser
from typing import Final

import nh3

LONGEST = 600_000
MOST_TAGS_OPEN = 400
MOST_TAGS = 20_000
"""Of a real mail a tenth. What is misnested costs its parser the square of them."""
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_TAGS: Final = (nh3.ALLOWED_TAGS | {"font", "center", "u", "s", "big"}) - {
    "map",
    "area",
    "article",
    "aside",
}
_ATTRIBUTES: Final = {
    "*": {"style", "align", "valign", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor", "summary"},
    "td": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "bgcolor", "scope"},
    "tr": {"bgcolor"},
    "ol": {"start"},
}
_STYLES: Final = {
    "color",
    "background-color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "line-height",
    "text-align",
    "text-decoration",
    "padding",
    "padding-top",
    "padding-right",
    "padding-bottom",
    "padding-left",
    "margin-top",
    "margin-bottom",
    "border",
    "border-top",
    "border-bottom",
    "border-left",
    "border-right",
    "border-radius",
    "border-collapse",
    "width",
    "max-width",
    "vertical-align",
    "white-space",
}
_GONE_WITH_ALL: Final = {"script", "style", "title", "head", "svg", "math", "template", "noscript"}
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.I)
_CID = re.compile(r'src="cid:([^"]{1,400})"')
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# in two steps, neither of which goes back: spaces and tags may come by the hundred thousand
_PICTURE = re.compile(r"<img\b[^>]{0,2000}", re.I)
_REMOTE = re.compile(r"\bsrc\s*+=\s*+[\"']?\s*+(?:https?:)?//", re.I)
_VOID: Final = {"br", "img", "hr", "meta", "link", "input", "area", "base", "col", "wbr"}


def cleaned(html: str) -> str:
    """HTML without anything that runs, loads, posts or hides. Pictures of the mail stay `cid:`."""
    html = html[:LONGEST]
    if not _is_simple(html):
        return _as_plain(html)  # a parser's stack is no place for a stranger
    page = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=_GONE_WITH_ALL,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_kept_attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        filter_style_properties=set(_STYLES),
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
        url_relative="deny",
    )
    # a tag that stays open is written again into each paragraph
    return page if len(page) <= 2 * LONGEST else _as_plain(html)


def remote_pictures(html: str) -> int:
    """How many pictures it would fetch from elsewhere: each tells its sender that it was seen."""
    tags = _PICTURE.finditer(html[:LONGEST])
    return sum(1 for tag in tags if _REMOTE.search(tag.group()))


def with_pictures(html: str, pictures: Mapping[str, tuple[str, bytes]]) -> str:
    """Cleaned HTML with pictures of the mail in it, by Content-ID: (type, bytes).

    Of one that isn't given its `cid:` stays, which a browser shows nothing for.
    """

    def put_in(found: re.Match[str]) -> str:
        mime_type, content = pictures.get(unescape(found[1]), ("", b""))
        if mime_type not in PICTURES:
            return found[0]
        return f'src="data:{mime_type};base64,{base64.b64encode(content).decode("ascii")}"'

    return _CID.sub(put_in, html)


def cids_in(html: str) -> set[str]:
    """The Content-IDs of the pictures that cleaned HTML shows."""
    return {unescape(found) for found in _CID.findall(html)}


def as_text(html: str) -> str:
    """HTML as a person reads it: paragraphs, lists, addresses of links behind their words."""
    reader = _Reader()
    try:
        reader.feed(html[:LONGEST])
        reader.close()
    except (AssertionError, ValueError):
        pass  # html.parser on what is no HTML at all: what was read so far stands
    lines = (" ".join(line.split()) for line in "".join(reader.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _kept_attribute(tag: str, name: str, value: str) -> str | None:
    plain = value.strip().lower()
    if name == "src":
        is_inside = plain.startswith("cid:") or _DATA_PICTURE.fullmatch(value.strip())
        return value.strip() if is_inside else None
    if plain.startswith(("data:", "cid:")):
        return None
    if name == "style" and ("url(" in plain or "expression" in plain or "\\" in plain):
        return None
    return value


def _as_plain(html: str) -> str:
    return f"<pre>{escape(as_text(html))}</pre>"


def _is_simple(html: str) -> bool:
    """Whether it has few tags, and few that stand open at once.

    A closing tag counts only where one of its name is open: others close nothing.
    """
    opened: Counter[str] = Counter()
    depth = 0
    for count, found in enumerate(_TAG.finditer(html), 1):
        name = found[2].lower()
        if name in _VOID:
            continue
        if not found[1]:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        if depth > MOST_TAGS_OPEN or count > MOST_TAGS:
            return False
    return True


class _Reader(HTMLParser):
    """Collects what is seen. It is fed once: what isn't closed then is never closed.

    As in a browser it takes the rest with it. `HTMLParser` would take it for text and look for the
    end of the next one from there, through the rest of the mail each time.
    """

    _BREAKS: Final = {"br", "tr", "li", "hr", "table"}
    _PARAGRAPHS: Final = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote"}
    _UNSEEN: Final = {"script", "style", "head", "title", "template", "noscript"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unseen = 0
        self._link = ""
        self._link_from = 0

    def parse_comment(self, i: int, report: bool = True) -> int:
        return self._ended(super().parse_comment(i, report))

    def parse_html_declaration(self, i: int) -> int:
        return self._ended(super().parse_html_declaration(i))

    def parse_pi(self, i: int) -> int:
        return self._ended(super().parse_pi(i))

    def parse_endtag(self, i: int) -> int:
        return self._ended(super().parse_endtag(i))

    def parse_starttag(self, i: int) -> int:
        end = super().parse_starttag(i)
        return end if end >= 0 or self.rawdata.find(">", i) >= 0 else len(self.rawdata)

    def _ended(self, end: int) -> int:
        return end if end >= 0 else len(self.rawdata)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self._UNSEEN:
            self._unseen += 1
        elif tag == "li":
            self.said.append("\n- ")
        elif tag in self._BREAKS or tag in self._PARAGRAPHS:
            self.said.append("\n")
        elif tag == "a":
            self._link, self._link_from = (given.get("href") or "").strip(), len(self.said)
        elif tag == "img" and given.get("alt") and not self._unseen:
            self.said.append(f"[{given['alt']}]")
        elif tag == "td":
            self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "p" or (tag[:1] == "h" and tag[1:].isdigit()):
            self.said.append("\n\n")
        elif tag in self._PARAGRAPHS:
            self.said.append("\n")
        elif tag == "a" and self._link:
            words = "".join(self.said[self._link_from :]).strip()
            is_web = self._link.lower().startswith(("http://", "https://"))
            if is_web and len(self._link) < 2000 and self._link.rstrip("/") not in words:
                self.said.append(f" <{self._link}>")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(re.sub(r"\s+", " ", data))
