"""Errors of Meta's Graph API, sorted into our five classes by a table that each channel brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.outbound import ErrorClass
from core.words import say

MISSING_OBJECT = (100, 33)  # code and subcode: the id in the path isn't this token's to use


@dataclass(frozen=True)
class GraphError:
    """An error as Meta states it, with the class that says what to do about it."""

    error_class: ErrorClass = "payload"
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ErrorTable:
    """What a kind of channel makes of Meta's codes. The narrowest entry wins.

    `by_subcode`: by (code, subcode). `by_word`: by code, where the message holds a word: Meta uses
    code 10 for a shut window and for a permission that is missing, and not always with a subcode.
    """

    classes: Mapping[int, ErrorClass]
    by_subcode: Mapping[tuple[int, int], ErrorClass] = field(default_factory=dict)
    by_word: Mapping[int, tuple[str, ErrorClass]] = field(default_factory=dict)

    def first(self, errors: Any) -> GraphError:
        """Read the first of a list of errors. Never raises: failed is failed, whatever it says."""
        listed = errors if isinstance(errors, list) else []
        return self.read(next((each for each in listed if isinstance(each, dict)), {}))

    def read(self, error: dict[str, Any]) -> GraphError:
        """Read one error object. An unknown code is `payload`: ours to see."""
        code = _number(error.get("code"))
        return GraphError(
            error_class=self._class_of(error, code),
            code=str(code)[:20] if code is not None else "",
            reason=_reason(error),
        )

    def knows(self, error: dict[str, Any]) -> bool:
        """Whether the table says anything of this error's code."""
        return _number(error.get("code")) in self.classes

    def _class_of(self, error: dict[str, Any], code: int | None) -> ErrorClass:
        subcode = _number(error.get("error_subcode"))
        if code is None:
            return "payload"
        if subcode is not None:
            if (code, subcode) in self.by_subcode:
                return self.by_subcode[code, subcode]
            if (code, subcode) == MISSING_OBJECT:
                return "channel"
        word, error_class = self.by_word.get(code, ("", "payload"))
        if word and word in str(error.get("message", "")).lower():
            return error_class
        if code in self.classes:
            return self.classes[code]
        return "retry" if error.get("is_transient") is True else "payload"


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _reason(error: dict[str, Any]) -> str:
    """The sentence to show: title or message, then the details unless they say the same."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    said = [error.get("title") or error.get("message"), details]
    texts = list(dict.fromkeys(text for text in said if isinstance(text, str) and text))
    return ": ".join(texts)[:500] or say("Meta gave no reason.")
