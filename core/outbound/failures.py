"""How a call to another machine can end, apart from an answer.

What matters is whether it may be repeated. SendFailed: the provider did nothing, the class
says what to do. OutcomeUnknown: it may have done it, so it is never blindly repeated.
"""

from contextvars import ContextVar
from typing import Literal

from core.words import say

ErrorClass = Literal["retry", "template", "recipient", "channel", "payload"]

# Set by the database session for as long as its transaction is open.
in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)


class SendFailed(Exception):
    """The request had no effect.

    `error_class`: retry (back off), template (needs a template), recipient (permanent for
    this recipient), channel (pause the channel, alert), payload (ours to fix). `code` is
    the provider's or ours, `reason` a sentence for a person, `retry_after` seconds or None.
    `is_opt_out`: the provider says that this person wants nothing from us any more.
    """

    def __init__(
        self,
        error_class: ErrorClass,
        code: str,
        reason: str,
        retry_after: float | None = None,
        *,
        is_opt_out: bool = False,
    ) -> None:
        self.error_class = error_class
        self.code = code
        self.reason = reason
        self.retry_after = retry_after
        self.is_opt_out = is_opt_out
        super().__init__(f"{error_class} ({code}): {reason}")


class OutcomeUnknown(Exception):
    """The request was written, and no whole answer came back.

    A send becomes *unknown* and is reconciled. Where `safe_to_repeat` (GET, HEAD) it may
    simply be asked again.
    """

    def __init__(self, code: str, reason: str, *, safe_to_repeat: bool = False) -> None:
        self.code = code
        self.reason = reason
        self.safe_to_repeat = safe_to_repeat
        super().__init__(f"{code}: {reason}")


class ResponseTooLarge(OutcomeUnknown):
    """The answer outgrew `max_bytes`, as sent or as unpacked; reading it was stopped."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            "too_large", say("The answer is larger than %(max_bytes)s bytes.", max_bytes=max_bytes)
        )


class InsideTransaction(RuntimeError):
    """A programming error: a call over the network would hold a database transaction open."""

    def __init__(self) -> None:
        super().__init__("An outbound call inside a database transaction. Commit first, then call.")
