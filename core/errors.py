"""What a use case may answer when it will not do what was asked.

Services raise these; forms show the sentence beside the field, REST answers
`{"message", "errors": {field: [sentence]}}` with the status.
"""

from __future__ import annotations


class Refused(Exception):
    """A rule forbids it. `message` is a sentence that tells a person what to do.

    `field` names the input the sentence belongs to, `status` the HTTP status.
    """

    status = 422

    def __init__(self, message: str, field: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if status is not None:
            self.status = status

    @property
    def errors(self) -> dict[str, list[str]]:
        """The same sentence by field; empty when it belongs to no field."""
        return {self.field: [self.message]} if self.field else {}


class Invalid(Refused):
    """Several fields are wrong at once; `errors` is field → sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        field, sentences = next(iter(errors.items()))
        super().__init__(sentences[0], field)
        self._errors = errors

    @property
    def errors(self) -> dict[str, list[str]]:
        return self._errors


class Malformed(Refused):
    """The request can't be read: broken JSON, a page that is no number."""

    status = 400


class NotFound(Refused):
    """There is no such row, or it is another tenant's: both look the same."""

    status = 404


class Gone(Refused):
    """It was here and is no more, for good: an erased customer, a merge that was undone."""

    status = 410


class Conflict(Refused):
    """It clashes with what is stored: a value that is taken, a row in use."""

    status = 409


class Stale(Conflict):
    """It was decided on a state that has since changed: look again, then repeat."""
