"""A generated screen and a REST resource for each noun."""

from __future__ import annotations

from core.host.declarations import ApiDecl, ViewDecl

NOUNS: tuple[ViewDecl | ApiDecl, ...] = ()
