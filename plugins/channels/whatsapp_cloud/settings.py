"""What an admin fills in to connect a WhatsApp number. Titles are Meta's own screen names."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from core.api import Digits, GivenSecret, WebAddress, say

DEFAULT_GRAPH_URL = "https://graph.facebook.com/v25.0"


def _international(value: str) -> str:
    """The own number as `+` and digits (D4)."""
    number = "+" + "".join(c for c in value if c.isascii() and c.isdigit())
    if not value.strip().startswith("+") or not 8 <= len(number) <= 16:
        raise ValueError(
            say("Enter the number with its country prefix, for example +62 812 3456 7890.")
        )
    return number


class CloudSettings(BaseModel):
    """One number of one WhatsApp Business Account. Secrets are sealed and never shown again."""

    own_number: Annotated[str, AfterValidator(_international)] = Field(
        title=say("Own number"),
        description=say("The WhatsApp number with its country prefix."),
    )
    phone_number_id: Digits = Field(
        title=say("Phone number ID"),
        description=say("WhatsApp > API Setup, below the number. Not the number itself."),
    )
    waba_id: Digits = Field(
        title=say("WhatsApp Business Account ID"),
        description=say("WhatsApp > API Setup, beside the phone number ID."),
    )
    access_token: GivenSecret = Field(
        title=say("Access token"),
        description=(
            say(
                "Business settings > System users > Generate token, with "
                "whatsapp_business_messaging and whatsapp_business_management. The temporary "
                "token of API Setup ends within a day."
            )
        ),
    )
    app_secret: GivenSecret = Field(
        title=say("App secret"),
        description=say(
            "App settings > Basic > App secret. It proves that a webhook comes from Meta."
        ),
    )
    verify_token: GivenSecret = Field(
        title=say("Verify token"),
        description=say(
            "A long random word of your own. Enter the same in WhatsApp > Configuration."
        ),
    )
    graph_url: WebAddress = Field(
        default=DEFAULT_GRAPH_URL,
        title=say("Graph API address"),
        description=say("Leave as it is, unless a simulator or a proxy stands in for Meta."),
    )
