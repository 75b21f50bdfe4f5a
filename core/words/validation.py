"""pydantic's findings as sentences for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.words.sentence import Sentence, say

_SENTENCES = {
    "missing": say("This field is needed."),
    "extra_forbidden": say("There is no such field here."),
    "int_type": say("Give a whole number."),
    "int_parsing": say("Give a whole number."),
    "greater_than_equal": say("There is no record with this id."),
    "less_than_equal": say("There is no record with this id."),
    "string_type": say("Give a text."),
    "bool_parsing": say("Give true or false."),
    "date_parsing": say("Give a date like 2026-11-30."),
    "date_from_datetime_parsing": say("Give a date like 2026-11-30."),
    "decimal_parsing": say("Give an amount like 125000.50."),
}


def sentence_of(problem: Mapping[str, Any], *, of_call: bool = False) -> str:
    """One of a ValidationError's `errors()`. A validator's own sentence stays translatable.

    `of_call`: it is about a REST call's body, whose numbers are ids where they have bounds.
    """
    if of_call and problem["type"] in _SENTENCES:
        return _SENTENCES[problem["type"]]
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, ValueError) and cause.args and isinstance(cause.args[0], Sentence):
        return cause.args[0]
    message = str(problem["msg"]).removeprefix("Value error, ")  # pydantic's word, not a person's
    return message if message.endswith(".") else message + "."
