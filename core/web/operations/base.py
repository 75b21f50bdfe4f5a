"""What operations share: a typed body, one transaction, an answer in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from flask import Response
from flask_appbuilder.api import BaseApi
from pydantic import Field, ValidationError

from core.errors import Invalid, Malformed
from core.web.fab.api import json_object
from core.web.fab.values import text_problem
from core.web.operations.openapi import Body, described
from core.web.request import web_session
from core.words import say
from core.words.validation import sentence_of

__all__ = ["Body", "Operation", "RowId", "body_of", "row_id", "sentences"]

B = TypeVar("B", bound=Body)

RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A row's id in a body: what the column holds, so that the driver is never asked for more."""


class Operation(BaseApi):
    """A REST resource of operations. Writes need the CSRF token unless a bearer token came."""

    allow_browser_login = True
    csrf_exempt = False

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        methods: Sequence[str] = (),
        func: Any = None,
        **kwargs: Any,
    ) -> None:
        """OpenAPI of one operation: FAB reads the docstring, its body and its path come from us."""
        super().operation_helper(path, operations, methods, func, **kwargs)
        for each in (operations or {}).values():
            each.update(described(func, path or ""))

    def answer(self, code: int = 200, /, **values: Any) -> Response:
        """Commit, then answer with `values`."""
        web_session().commit()
        answer: Response = self.response(code, **values)
        return answer


def body_of(kind: type[B]) -> B:
    """The request's body, checked. Raises Malformed (400), or Invalid (422) by field."""
    payload = json_object()
    for value in (payload, *payload.values()):
        if problem := text_problem(value):
            raise Malformed(problem)
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        raise Invalid(sentences(error)) from error


def sentences(error: ValidationError) -> dict[str, list[str]]:
    """pydantic's findings as field → sentences for a person."""
    found: dict[str, list[str]] = {}
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "body"
        found.setdefault(field, []).append(sentence_of(problem, of_call=True))
    return found


def row_id(text: str) -> int:
    """An id from the path. Raises Malformed; a list of ids is refused by the caller's rule (B8)."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Malformed(say("The id in the address must be a whole number."))
    return int(text)
