"""What somebody reads on a page: its text, and the attributes that browsers show or read out."""

from __future__ import annotations

from html.parser import HTMLParser

_SHOWN = {"title", "aria-label", "placeholder", "alt", "data-label"}
_SILENT = {"script", "style"}


def visible_texts(html: str) -> set[str]:
    """Every piece of text, its spaces made single. Options of selects are among them."""
    reader = _Reader()
    reader.feed(html)
    return reader.texts


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        for name, value in attrs:
            if value and (name in _SHOWN or name.startswith(("data-confirm", "data-fail"))):
                self._add(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._add(data)

    def _add(self, text: str) -> None:
        if text := " ".join(text.split()):
            self.texts.add(text)
