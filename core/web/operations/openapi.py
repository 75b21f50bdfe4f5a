"""What OpenAPI says of an operation beyond its docstring: its body, and the ids in its path."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel, ConfigDict

_IN_PATH = re.compile(r"{(\w+)}")


class Body(BaseModel):
    """The JSON body of an operation. Unknown fields are refused, by name."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


def described(method: Any, path: str) -> dict[str, Any]:
    """`summary`, `parameters` and `requestBody` of the operation that `method` serves at `path`."""
    found: dict[str, Any] = {"summary": (inspect.getdoc(method) or "").partition("\n")[0]}
    names = _IN_PATH.findall(path)
    if names:
        found["parameters"] = [
            {
                "in": "path",
                "name": name,
                "required": True,
                "schema": {"type": "integer" if name == "pk" else "string"},
            }
            for name in names
        ]
    kind = body_kind(method)
    if kind is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of(kind)}},
        }
    return found


def body_kind(method: Any) -> type[Body] | None:
    """The body that the method reads with `body_of(...)`: the one Body that its code names.

    Rejected: to say it again in a decorator. Two places drift apart, and the documentation is the
    one that nobody runs.
    """
    plain = inspect.unwrap(method)
    named = (plain.__globals__.get(name) for name in plain.__code__.co_names)
    return next((k for k in named if isinstance(k, type) and issubclass(k, Body)), None)


def schema_of(kind: type[Body]) -> dict[str, Any]:
    """pydantic's JSON schema as OpenAPI 3.0 has it: `nullable`, where 3.1 has a type `null`.

    Pieces stand where they are used: their references would lead nowhere in the whole document.
    """
    schema: dict[str, Any] = kind.model_json_schema()
    pieces = schema.pop("$defs", {})
    schema = _in_place(schema, pieces)
    schema["properties"] = {
        name: _nullable(each) for name, each in schema.get("properties", {}).items()
    }
    return schema


def _in_place(schema: Any, pieces: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_in_place(each, pieces) for each in schema]
    if not isinstance(schema, dict):
        return schema
    named = schema.get("$ref", "").removeprefix("#/$defs/")
    if named in pieces:
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        return {**_in_place(pieces[named], pieces), **rest}
    return {name: _in_place(each, pieces) for name, each in schema.items()}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema.get("anyOf", [])
    if {"type": "null"} not in kinds:
        return schema
    rest = [each for each in kinds if each != {"type": "null"}]
    kept = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kept, **(rest[0] if len(rest) == 1 else {"anyOf": rest}), "nullable": True}
