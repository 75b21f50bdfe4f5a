"""Words that are made from names in the code: column heads, titles, menu entries.

Nobody writes `_("Created at")` for a column `created_at`. Each such word is noted when a screen is
registered, so that the command which keeps the catalogues finds it; shown, it is translated.
"""

from __future__ import annotations

made: dict[str, set[str]] = {}
"""English words by the module of the screen that made them."""


def note(text: str, module: str) -> None:
    """Let the command find a word that somebody else translates when it is shown."""
    if text:
        made.setdefault(module, set()).add(text)


def in_words(stored: str) -> str:
    """`in_use` → `In use`."""
    text = stored.replace("_", " ")
    return text[:1].upper() + text[1:]
