"""Calls to the Graph API: the bearer, the hosts it may go to, and what a refusal means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from core.adapter import Account
from core.meta.errors import ErrorTable
from core.outbound import ErrorClass, OutboundClient, OutcomeUnknown, SendFailed
from core.outbound.answers import json_object
from core.outbound.pauses import asked_pause
from core.words import say

GATEWAY_STATUSES = frozenset({502, 504})


@dataclass(frozen=True)
class Graph:
    """The Graph API as one kind of channel uses it.

    Of an account it reads the setting `graph_url` (`default_url` where none is set) and the secret
    `access_token`. `file_hosts`: where Meta's addresses of files point (`*.example.org` for all
    below). `pauses`: seconds to wait after a code that comes without a Retry-After.
    """

    default_url: str | Callable[[Account], str]
    errors: ErrorTable
    file_hosts: tuple[str, ...] = ()
    pauses: Mapping[str, float] = field(default_factory=dict)

    def call(
        self,
        account: Account,
        http: OutboundClient,
        method: str,
        path: str,
        *,
        token: str = "",
        **request: Any,
    ) -> dict[str, Any]:
        """Call `{graph_url}/{path}` and return the JSON object of a 2xx answer.

        `token` stands in for the account's own.

        Raises SendFailed with a class, or OutcomeUnknown when an answer came that says neither yes
        nor no: a 2xx that isn't JSON, or a gateway's 502 or 504 without Meta's own error in it.
        """
        response = http.request(
            method,
            f"{self.base_url(account)}/{path}",
            headers={"Authorization": f"Bearer {token}"} if token else bearer(account),
            allow_hosts=self._hosts(account),
            **request,
        )
        answer = json_object(response)
        if 200 <= response.status_code < 300:
            if answer is None:
                raise OutcomeUnknown(
                    "garbage",
                    say("Meta answered %(status)s without JSON.", status=response.status_code),
                )
            return answer
        raise self._refusal(response, answer)

    def download(
        self, account: Account, http: OutboundClient, url: str, limit: int, *, is_signed: bool
    ) -> bytes:
        """Fetch a file of at most `limit` bytes from an address that Meta named.

        `is_signed`: the address itself is the permission, and the bearer stays here. Raises as
        `call` does, and ResponseTooLarge.
        """
        response = http.request(
            "GET",
            url,
            headers={} if is_signed else bearer(account),
            allow_hosts=self._hosts(account),
            max_bytes=limit,
        )
        if response.status_code != 200:
            raise self._refusal(response, json_object(response))
        return bytes(response.content)

    def base_url(self, account: Account) -> str:
        """Where the Graph API is for this account, without a trailing slash."""
        usual = self.default_url
        usual = usual if isinstance(usual, str) else usual(account)
        return str(account.settings.get("graph_url") or usual).rstrip("/")

    def _hosts(self, account: Account) -> tuple[str, ...]:
        return (urlsplit(self.base_url(account)).hostname or "", *self.file_hosts)

    def _refusal(self, response: Any, answer: dict[str, Any] | None) -> SendFailed | OutcomeUnknown:
        status = response.status_code
        error = answer.get("error") if answer else None
        if not isinstance(error, dict):
            if status in GATEWAY_STATUSES:
                return OutcomeUnknown(
                    "gateway", say("A gateway in front of Meta answered %(status)s.", status=status)
                )
            return SendFailed(
                _class_of_status(status),
                str(status),
                say("Meta answered %(status)s.", status=status),
                asked_pause(response),
            )
        read = self.errors.read(error)
        error_class, pause = read.error_class, asked_pause(response)
        if error_class == "payload" and not self.errors.knows(error):
            error_class = _class_of_status(status)
        if pause is None:
            pause = self.pauses.get(read.code)
        is_later = error_class == "retry"
        return SendFailed(
            error_class, read.code or str(status), read.reason, pause if is_later else None
        )


def node(identifier: object) -> str:
    """An id as one segment of a path: an id from a webhook must not choose another endpoint."""
    return quote(str(identifier or ""), safe="")


def bearer(account: Account) -> dict[str, str]:
    """The authorisation header. Without a token the channel stops here, not at Meta."""
    token = account.secrets.get("access_token", "")
    if not token:
        raise SendFailed("channel", "no_token", say("No access token is set for this channel."))
    return {"Authorization": f"Bearer {token}"}


def _class_of_status(status: int) -> ErrorClass:
    if status == 429 or status >= 500:
        return "retry"
    return "channel" if status in {401, 403} else "payload"
