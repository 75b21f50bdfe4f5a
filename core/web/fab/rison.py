"""The `q` argument of a REST call, read and checked.

Upstream validates the *schema* anew on each call (55 % of a REST list's CPU), and a
parser error of another class, or nesting beyond the interpreter's stack, is a 500.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from typing import Any, cast

import prison  # type: ignore[import-untyped]  # ships no types
from flask import request
from flask_appbuilder.api.schemas import (
    get_list_schema as stock_list_schema,
)
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from core.errors import Malformed
from core.web.fab.routes import Method

LONGEST = 20_000
list_schema = copy.deepcopy(stock_list_schema)
list_schema["properties"]["keyset"] = {
    "type": "object",
    "properties": {"after": {"type": ["integer", "string"]}},
    "required": ["after"],
    "additionalProperties": False,
}
list_schema["properties"]["page"]["minimum"] = 0
list_schema["properties"]["page_size"]["minimum"] = -1


def rison(schema: dict[str, Any]) -> Callable[[Method], Method]:
    """Give the method `rison=` as FAB does; 400 with a sentence if it can't be read.

    The validator is built here, once for each decorated method.
    """
    validator = Draft202012Validator(schema)

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def parsed(self: Any, *args: Any, **kwargs: Any) -> Any:
            return method(self, *args, rison=read(request.args.get("q", ""), validator), **kwargs)

        return cast(Method, parsed)

    return decorate


def read(text: str, validator: Any) -> Any:
    """The structure in `text` (Rison, or JSON as FAB also takes); raises Malformed."""
    if not text:
        return {}
    if len(text) > LONGEST:
        raise Malformed(f"q may hold at most {LONGEST} characters.")
    try:
        value = _parsed(text)
    except Exception as error:  # the parser raises many kinds, RecursionError among them
        raise Malformed("q is neither valid Rison nor JSON.") from error
    problem = next(iter(validator.iter_errors(value)), None)
    if problem is not None:
        where = ".".join(str(p) for p in problem.absolute_path)
        raise Malformed(f"q{'.' + where if where else ''}: {problem.message[:200]}.")
    return value


def _parsed(text: str) -> Any:
    try:
        return prison.loads(text)
    except prison.decoder.ParserException:
        return json.loads(text)
