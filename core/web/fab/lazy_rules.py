"""Addresses whose builders are compiled when somebody first builds one.

Werkzeug compiles two functions for each rule as it is added: a fifth of the time that the
application takes to be built. Most rules are only ever matched, which needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LazyRule(Rule):
    """A rule that knows at once what it matches, and learns to build when asked."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compiled: list[Builder] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not compiled:  # two threads may do it twice, with the same outcome
                compiled.append(super(LazyRule, self)._compile_builder(append_unknown))
            return compiled[0](rule, **values)

        return build


class LazyFlask(Flask):
    """Flask whose own address of static files is one of them too."""

    url_rule_class = LazyRule
