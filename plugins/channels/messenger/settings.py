"""What an admin fills in to connect a page. Titles are Meta's own screen names."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.api import Digits, GivenSecret, WebAddress, say

DEFAULT_GRAPH_URL = "https://graph.facebook.com/v25.0"


class MessengerSettings(BaseModel):
    """One Facebook page. Secrets are sealed and never shown again."""

    page_id: Digits = Field(
        title=say("Page ID"),
        description=say("Facebook page > About > Page transparency. Not its name."),
    )
    access_token: GivenSecret = Field(
        title=say("Page access token"),
        description=say(
            "Messenger > Messenger API settings > Access tokens > Generate, for this page."
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
            "A long random word of your own. Enter the same at Meta, beside the webhook address."
        ),
    )
    graph_url: WebAddress = Field(
        default=DEFAULT_GRAPH_URL,
        title=say("Graph API address"),
        description=say("Leave as it is, unless a simulator or a proxy stands in for Meta."),
    )
