"""Why a number was refused, in a sentence for the person who typed it."""

from typing import Literal

from core.errors import Refused
from core.words import say

Reason = Literal[
    "empty",
    "masked",
    "letters",
    "several",
    "extension",
    "characters",
    "short",
    "long",
    "prefix",
    "service",
    "invalid",
]

_SENTENCES: dict[Reason, str] = {
    "empty": say("Enter a phone number."),
    "masked": say("Some digits of this number are hidden. Enter the whole number."),
    "letters": say("A phone number has no letters. Enter digits only."),
    "several": say("This field holds several numbers. Enter one number."),
    "extension": say("This number has an extension. Enter the number without it."),
    "characters": say("A phone number has only digits, spaces and a leading +. Check this one."),
    "short": say("This number is too short. Enter it whole, with its area or country prefix."),
    "long": say("This number is too long. Enter one number, without extra digits."),
    "prefix": say("Enter the number with its country prefix, for example +40 or +62."),
    "service": say("This is a service number, which can't be messaged. Enter a person's number."),
    "invalid": say("No such number exists. Check the digits and the country prefix."),
}


class PhoneRefused(Refused, ValueError):
    """A text is no phone number that we can take.

    `message` is a sentence for a person, `field` the form field it belongs to (the caller
    may set another), `reason` a stable word for programs and translations.
    """

    def __init__(self, reason: Reason, field: str = "phone") -> None:
        super().__init__(_SENTENCES[reason], field)
        self.reason = reason
