"""What an admin fills in to connect an account. Titles are Meta's own screen names."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.api import Digits, GivenSecret, meta, say


class InstagramSettings(BaseModel):
    """One Instagram professional account. Secrets are sealed and never shown again."""

    ig_id: Digits = Field(
        title=say("Instagram account ID"),
        description=say(
            "Instagram > API setup, beside the account's name: it begins with 178414. Not the "
            "name after the @."
        ),
    )
    page_id: meta.OptionalDigits = Field(
        default="",
        title=say("Page ID"),
        description=say(
            "Only where the account is linked to a Facebook page and the token is the page's."
        ),
    )
    access_token: GivenSecret = Field(
        title=say("Access token"),
        description=say("Instagram > API setup > Generate access tokens, for this account."),
    )
    app_secret: GivenSecret = Field(
        title=say("App secret"),
        description=say(
            "Instagram > API setup > Instagram app secret; with a linked page App settings > "
            "Basic > App secret. It proves that a webhook comes from Meta."
        ),
    )
    verify_token: GivenSecret = Field(
        title=say("Verify token"),
        description=say(
            "A long random word of your own. Enter the same at Meta, beside the webhook address."
        ),
    )
    graph_url: meta.OptionalUrl = Field(
        default="",
        title=say("Graph API address"),
        description=say("Leave it empty, unless a simulator or a proxy stands in for Meta."),
    )
