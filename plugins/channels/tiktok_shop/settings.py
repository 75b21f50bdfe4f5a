"""What an admin fills in to connect a shop. Titles are the Partner Center's own screen names."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from core.api import Digits, GivenSecret, WebAddress, say

DEFAULT_API = "https://open-api.tiktokglobalshop.com"
DEFAULT_AUTH = "https://auth.tiktok-shops.com"
DEFAULT_HOSTS = "*.tiktokcdn.com *.tiktokcdn-us.com *.ibyteimg.com *.byted.org *.byteoversea.com"
DEFAULT_VERSION = "202309"


def _version(value: str) -> str:
    if not re.fullmatch(r"20\d{4}", value):
        raise ValueError(say("A version is a year and a month, like 202309."))
    return value


class TikTokShopSettings(BaseModel):
    """One shop of one app. Secrets are sealed and never shown again."""

    shop_id: Digits = Field(
        title=say("Shop ID"),
        description=say("Seller Center > My account > Seller profile. Digits only."),
    )
    app_key: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        title=say("App key"),
        description=say("Partner Center > App & Service > your app > Credentials."),
    )
    app_secret: GivenSecret = Field(
        title=say("App secret"),
        description=say("Beside the app key. It signs every call and proves every webhook."),
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
    shop_cipher: SecretStr | None = Field(
        default=None,
        title=say("Shop cipher"),
        description=say("Leave empty: it is asked for when the shop is authorised."),
    )
    api_url: WebAddress = Field(
        default=DEFAULT_API,
        title=say("API address"),
        description=say("Leave as it is, unless a simulator or a proxy stands in for the shop."),
    )
    auth_url: WebAddress = Field(
        default=DEFAULT_AUTH,
        title=say("Authorisation address"),
        description=say("Leave as it is, unless a simulator or a proxy stands in for the shop."),
    )
    api_version: Annotated[str, AfterValidator(_version)] = Field(
        default=DEFAULT_VERSION,
        title=say("API version"),
        description=say("The version of the calls for chats and orders."),
    )
    media_hosts: Annotated[str, Field(max_length=500)] = Field(
        default=DEFAULT_HOSTS,
        title=say("Hosts of pictures"),
        description=say("Files are fetched from these hosts only, *. stands for any name before."),
    )
