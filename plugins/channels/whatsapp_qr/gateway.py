"""Calls to the gateway: its device, its credentials, and what a refusal means.

GOWA answers `{code, message, results}` with an HTTP status. Its published OpenAPI says 404 for an
unknown device; the program itself (v9) says 500 with "device … not found", so both are read.
"""

from __future__ import annotations

import base64
import contextlib
from typing import Any
from urllib.parse import quote, urlsplit

from core.api import Account, OutboundClient, OutcomeUnknown, SendFailed, say
from plugins.channels.whatsapp_qr.errors import refusal_of

SECONDS = 20.0
"""How long one call may take: GOWA waits for WhatsApp's server before it answers."""


def call(
    account: Account,
    http: OutboundClient,
    method: str,
    path: str,
    *,
    is_device_scoped: bool = True,
    **request: Any,
) -> Any:
    """Call `{gateway}/{path}` and return the `results` of a 2xx answer (None where it has none).

    Raises SendFailed with a class, or OutcomeUnknown when an answer came that says neither yes nor
    no: a 2xx that isn't GOWA's, or a time-out that GOWA had itself.
    """
    headers = credentials(account)
    if is_device_scoped:
        headers["X-Device-Id"] = device_id(account)
    response = http.request(
        method,
        f"{base_url(account)}/{path}",
        headers=headers,
        allow_hosts=allowed_hosts(account),
        **{"total": SECONDS, **request},
    )
    answer = _json(response)
    if 200 <= response.status_code < 300:
        if answer is None or "code" not in answer:
            raise OutcomeUnknown(
                "garbage",
                say(
                    "The gateway answered %(status_code)s oddly.", status_code=response.status_code
                ),
            )
        return answer.get("results")
    raise refusal_of(response, answer)


def download(account: Account, http: OutboundClient, path: str, limit: int) -> bytes:
    """Fetch a file below the gateway's own address. Raises as `call` does, and ResponseTooLarge."""
    response = http.request(
        "GET",
        f"{base_url(account)}/{path}",
        headers=credentials(account),
        allow_hosts=allowed_hosts(account),
        max_bytes=limit,
        total=SECONDS * 3,
    )
    if response.status_code == 404:
        raise SendFailed("payload", "gone", say("The gateway no longer has this file."))
    if response.status_code != 200:
        raise refusal_of(response, _json(response))
    return bytes(response.content)


def device_id(account: Account) -> str:
    """The gateway's slot for this channel: its own uuid, so that channels can share a gateway."""
    return f"sapa-{account.uuid}"


def device_path(account: Account, rest: str = "") -> str:
    return f"devices/{quote(device_id(account), safe='')}{rest}"


def base_url(account: Account) -> str:
    """Where the gateway is, without a trailing slash."""
    return str(account.settings.get("gateway_url") or "").rstrip("/")


def allowed_hosts(account: Account) -> tuple[str, ...]:
    """The hosts that may see the password."""
    return (urlsplit(base_url(account)).hostname or "",)


def credentials(account: Account) -> dict[str, str]:
    """HTTP basic authentication, where the gateway asks for it."""
    user = str(account.settings.get("gateway_user") or "")
    if not user:
        return {}
    pair = f"{user}:{account.secrets.get('gateway_password', '')}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def static_path(account: Account, address: str) -> str:
    """The path below the gateway's address that a link or file path of GOWA's means; "" for none.

    Only the path is believed: the host is what GOWA thinks it is called, and a link elsewhere
    would take the password there.
    """
    path = urlsplit(address).path if "://" in address else address
    own = urlsplit(base_url(account)).path.strip("/")
    path = path.strip("/")
    if own and path.startswith(f"{own}/"):
        path = path[len(own) + 1 :]
    parts = path.split("/")
    if parts[0] != "statics" or any(part in ("", ".", "..") for part in parts):
        return ""
    return "/".join(parts if "://" in address else [quote(part, safe="") for part in parts])


def results_of(answer: Any) -> dict[str, Any]:
    """`results` as an object; an empty one where it isn't."""
    return answer if isinstance(answer, dict) else {}


def _json(response: Any) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        answer = response.json()
        if isinstance(answer, dict):
            return answer
    return None
