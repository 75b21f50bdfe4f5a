"""What an admin fills in to connect a shop. Titles are the Open Platform's own screen names."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from core.api import Digits, GivenSecret, WebAddress, say

DEFAULT_API = "https://api.lazada.co.id/rest"
DEFAULT_AUTH = "https://auth.lazada.com/rest"
DEFAULT_HOSTS = "*.slatic.net *.alicdn.com *.lazcdn.com"
DEFAULT_IM_TYPES = "2"


def _numbers(value: str) -> str:
    if not all(part.isascii() and part.isdigit() for part in value.split()):
        raise ValueError(say("Enter numbers with a space between them."))
    return value


class LazadaSettings(BaseModel):
    """One shop of one app. Secrets are sealed and never shown again."""

    seller_id: Digits = Field(
        title=say("Seller ID"),
        description=say("Seller Center > Account settings, below the shop's name. Digits only."),
    )
    app_key: Digits = Field(
        title=say("App Key"),
        description=say("open.lazada.com > App Console > your app > App Overview."),
    )
    app_secret: GivenSecret = Field(
        title=say("App Secret"),
        description=say("Beside the App Key. It signs every call and proves every push."),
    )
    auth_code: SecretStr | None = Field(
        default=None,
        title=say("Authorisation code"),
        description=say(
            "The word after code= in the address to which the seller came back after Authorise. "
            "It is good for one use within half an hour; Sapa renews the access from then on."
        ),
    )
    access_token: SecretStr | None = Field(
        default=None,
        title=say("Access token"),
        description=say("Only where another program has authorised the shop. Else leave it empty."),
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        title=say("Refresh token"),
        description=say("Beside the access token. Else leave it empty."),
    )
    api_url: WebAddress = Field(
        default=DEFAULT_API,
        title=say("API address"),
        description=say(
            "By country: api.lazada.co.id, .co.th, .com.my, .com.ph, .sg, .vn, each with /rest."
        ),
    )
    auth_url: WebAddress = Field(
        default=DEFAULT_AUTH,
        title=say("Authorisation address"),
        description=say("Leave as it is, unless a simulator or a proxy stands in for the shop."),
    )
    im_types: Annotated[str, Field(max_length=60), AfterValidator(_numbers)] = Field(
        default=DEFAULT_IM_TYPES,
        title=say("Message types of the chat"),
        description=say("The numbers with which Lazada pushes chat messages."),
    )
    session_pattern: Annotated[str, Field(max_length=80)] = Field(
        default="",
        title=say("Session of a buyer"),
        description=say(
            "Leave empty. Where Lazada told you how sessions are numbered, buyers who have not "
            "written yet can be written to, for example {seller}_2_{buyer}_1_103."
        ),
    )
    media_hosts: Annotated[str, Field(max_length=500)] = Field(
        default=DEFAULT_HOSTS,
        title=say("Hosts of pictures"),
        description=say("Files are fetched from these hosts only, *. stands for any name before."),
    )
