"""What an admin fills in to connect a shop. Titles are the Open Platform's own screen names."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from core.api import Digits, GivenSecret, WebAddress, say

DEFAULT_API = "https://partner.shopeemobile.com"
DEFAULT_HOSTS = "*.susercontent.com *.shopee.co.id *.shopeemobile.com *.shopee.io"


class ShopeeSettings(BaseModel):
    """One shop of one app. Secrets are sealed and never shown again."""

    shop_id: Digits = Field(
        title=say("Shop ID"),
        description=say("The number after shop_id= in the address that you came back to."),
    )
    partner_id: Digits = Field(
        title=say("Live Partner ID"),
        description=say("open.shopee.com > App list > your app > Live Partner ID."),
    )
    partner_key: GivenSecret = Field(
        title=say("Live API Partner Key"),
        description=say("Below the Partner ID. It signs every call."),
    )
    push_key: SecretStr | None = Field(
        default=None,
        title=say("Live Push Partner Key"),
        description=say(
            "Push Mechanism > Set Push. It proves every push. Leave it empty where the console "
            "shows none: pushes are signed with the API key then."
        ),
    )
    auth_code: SecretStr | None = Field(
        default=None,
        title=say("Authorisation code"),
        description=say(
            "The word after code= in the same address. It is good for one use within ten minutes; "
            "Sapa renews the access from then on."
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
    own_user_id: Annotated[str, Field(pattern="^[0-9]{0,24}$")] = Field(
        default="",
        title=say("The shop's user ID"),
        description=say(
            "Only where messages that you typed in the Shopee app appear as the buyer's: the "
            "number of the shop's own user."
        ),
    )
    api_url: WebAddress = Field(
        default=DEFAULT_API,
        title=say("API address"),
        description=say("Leave as it is, unless a simulator or a proxy stands in for the shop."),
    )
    push_url: Annotated[str, Field(max_length=300)] = Field(
        default="",
        title=say("Push address"),
        description=say(
            "Only where Shopee was given another address than this channel's own: it is part of "
            "the signature."
        ),
    )
    media_hosts: Annotated[str, Field(max_length=500)] = Field(
        default=DEFAULT_HOSTS,
        title=say("Hosts of pictures"),
        description=say("Files are fetched from these hosts only, *. stands for any name before."),
    )
