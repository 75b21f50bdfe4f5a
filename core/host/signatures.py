"""Checks a plugin's hooks against the specifications, in words for its author."""

from __future__ import annotations

import difflib
import inspect
from types import ModuleType
from typing import Any

from core.hookspecs import PROJECT


class SignatureError(ValueError):
    """A hook that doesn't exist, or that asks for what it isn't given."""


def check_hooks(plugin: object, specs: ModuleType) -> None:
    """Raise SignatureError for the first hook of `plugin` that no specification allows.

    pluggy checks too, when it registers; but it names its internals, and it allows wrappers, with
    which one plugin could change or swallow what another answers.
    """
    known = hook_signatures(specs)
    for attribute in dir(plugin):
        function = inspect.getattr_static(plugin, attribute)
        options = getattr(function, f"{PROJECT}_impl", None)
        if options is None:
            continue
        name = options.get("specname") or attribute
        if name not in known:
            raise SignatureError(f"There is no hook {name}: {_suggest(name, list(known))}")
        if options.get("wrapper") or options.get("hookwrapper"):
            raise SignatureError(
                f"Hook {name} is a wrapper, and a plugin can't wrap the hooks of others: write a "
                "plain function."
            )
        allowed = set(known[name].parameters)
        asked = [p for p in inspect.signature(function).parameters if p != "self"]
        if extra := [p for p in asked if p not in allowed]:
            raise SignatureError(
                f"Hook {name} asks for {', '.join(extra)}: write it as def "
                f"{name}({', '.join(known[name].parameters)})."
            )


def hook_signatures(specs: ModuleType) -> dict[str, inspect.Signature]:
    """Every specification in a module: name and signature."""
    return {
        name: inspect.signature(function)
        for name, function in vars(specs).items()
        if hasattr(function, f"{PROJECT}_spec")
    }


def _suggest(name: str, known: list[str]) -> str:
    close: list[Any] = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]}? Rename the function."
    return "rename the function, or take its @hookimpl away."
