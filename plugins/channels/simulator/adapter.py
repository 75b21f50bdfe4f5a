"""The smallest complete channel: a phone that Sapa shows in the browser. Copy it to begin yours.

The phone posts `{"messages": […], "statuses": […]}` to the channel's webhook, signed with
HMAC-SHA256 over the raw body in `X-Simulator-Signature`, and takes our sends at `phone_url`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, SecretStr, ValidationError

from core.api import (
    Accepted,
    Account,
    Address,
    BadItem,
    Capabilities,
    IdentityKind,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    Item,
    ListedContact,
    MalformedBody,
    Media,
    MessageKind,
    MessageState,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    Receipts,
    SendFailed,
    SignatureRefused,
    WebhookRequest,
    say,
)

HEADER = "x-simulator-signature"
LARGEST_FILE = 4 * 1024 * 1024
KINDS = {"text": MessageKind.TEXT, "image": MessageKind.IMAGE}


class SimulatorSettings(BaseModel):
    """What an admin fills in. A SecretStr is sealed and never shown again."""

    phone_url: str = Field(
        title=say("Phone"), description=say("Where the simulated phone takes messages.")
    )
    secret: SecretStr = Field(
        title=say("Secret"), description=say("Signs what the phone tells us.")
    )


def _storable(text: str) -> str:
    """Refuse what no text column takes: a null byte, or half a surrogate pair."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("It holds a character that can't be stored.")
    return text


Text = Annotated[str, AfterValidator(_storable), Field(max_length=65_536)]
Id = Annotated[str, AfterValidator(_storable), Field(min_length=1, max_length=255)]
Phone = Annotated[str, Field(pattern=r"^\+[0-9]{5,20}$")]


class PhoneFile(BaseModel):
    """An image in a message. `url` is a data: URL or one of the phone's own."""

    id: Id
    mime_type: Id
    url: Text = ""
    sha256: Text = ""

    def media(self) -> Media:
        """The file in the core's words."""
        return Media(MessageKind.IMAGE, self.id, self.url, self.mime_type, self.sha256)


class PhoneMessage(BaseModel):
    """A message as the phone posts it. A `kind` that we don't know becomes a placeholder."""

    id: Id
    sender: Phone = Field(alias="from")
    sent_at: AwareDatetime
    kind: Id = "text"
    name: Text = ""
    text: Text = ""
    reply_to: Text = ""
    reaction_to: Text = ""
    media: PhoneFile | None = None

    def item(self) -> Item:
        """The message or the reaction in the core's words."""
        addresses = (Address(IdentityKind.PHONE, self.sender),)
        if self.reaction_to:
            return InboundReaction(self.id, self.reaction_to, self.text, addresses, self.sent_at)
        kind = KINDS.get(self.kind, MessageKind.PLACEHOLDER)
        file = self.media
        return InboundMessage(
            provider_id=self.id,
            addresses=addresses,
            kind=MessageKind.IMAGE if file else kind,
            sent_at=self.sent_at,
            text=self.text,
            name=self.name,
            reply_to=self.reply_to,
            media=(file.media(),) if file else (),
            raw=self.model_dump(mode="json", by_alias=True)
            if kind is MessageKind.PLACEHOLDER
            else {},
        )


class PhoneStatus(BaseModel):
    """How far a message of ours got."""

    id: Id
    state: Literal["sent", "delivered", "read", "failed"]
    at: AwareDatetime
    opaque: Text = ""
    reason: Text = ""

    def item(self) -> Item:
        """The receipt in the core's words."""
        has_failed = self.state == "failed"
        return InboundStatus(
            provider_id=self.id,
            state=MessageState(self.state),
            at=self.at,
            opaque=self.opaque,
            error_class="recipient" if has_failed else "",
            error_reason=self.reason if has_failed else "",
        )


class SimulatorAdapter:
    """A simulated phone."""

    kind: ClassVar[str] = "simulator"
    title: ClassVar[str] = "Simulator"
    settings: ClassVar[type[BaseModel]] = SimulatorSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.PHONE,),
        media=frozenset({MessageKind.IMAGE}),
        receipts=Receipts.READ,
        replies=True,
        reactions=True,
        contact_list=True,
        opaque_id=True,
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """No such thing here."""
        return None

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Refuse a body that the phone did not sign. No secret: refused, too."""
        secret = account.secrets.get("secret", "")
        if not secret:
            raise SignatureRefused("No secret is set for this channel.", is_unconfigured=True)
        expected = sign(secret, request.body)
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            raise SignatureRefused("X-Simulator-Signature does not fit the body and the secret.")

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless the body is a JSON object with the two lists."""
        _load(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield every message and status; one that can't be read is a BadItem in its place."""
        try:
            document = _load(body)
        except MalformedBody as error:
            yield BadItem(str(error), body.decode("utf-8", "replace"))
            return
        for raw in document.get("messages", []):
            yield _read(raw, PhoneMessage)
        for raw in document.get("statuses", []):
            yield _read(raw, PhoneStatus)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Post one message to the phone. The body's `opaque` comes back in its statuses."""
        if message.to.kind is not IdentityKind.PHONE:
            raise SendFailed(
                "recipient", "address", say("The simulator reaches phone numbers only.")
            )
        response = http.request(
            "POST",
            str(account.settings.get("phone_url", "")),
            json=_outgoing(message),
            headers=_proof(account),
        )
        status = response.status_code
        if status == 429 or status >= 500:
            raise SendFailed("retry", str(status), say("The phone is busy."), _pause(response))
        if status == 410:
            raise SendFailed("recipient", "410", say("This number is not in use."))
        if status in {401, 403}:
            raise SendFailed("channel", str(status), say("The phone refused our secret."))
        if status >= 300:
            raise SendFailed("payload", str(status), say("The phone refused the message."))
        return Accepted(_answered_id(response))

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Fetch a picture from the phone."""
        where = f"{account.settings.get('phone_url', '')}/file/{quote(file.provider_id, safe='')}"
        answer = http.request("GET", where, headers=_proof(account), max_bytes=LARGEST_FILE)
        if answer.status_code != 200:
            later = answer.status_code == 429 or answer.status_code >= 500
            raise SendFailed(
                "retry" if later else "payload",
                str(answer.status_code),
                say("The phone has no file."),
            )
        return answer.content

    def fetch_contacts(
        self, account: Account, http: OutboundClient
    ) -> Iterator[Sequence[ListedContact]]:
        """The people who write with the phone, a page at a time."""
        after: int | None = 0
        while after is not None:
            where = f"{account.settings.get('phone_url', '')}/contacts?after={after}"
            answer = http.request("GET", where, headers=_proof(account))
            if answer.status_code in {401, 403}:
                raise SendFailed(
                    "channel", str(answer.status_code), "The phone refused our secret."
                )
            if answer.status_code != 200:
                later = answer.status_code == 429 or answer.status_code >= 500
                reason = "The phone has no contacts for us."
                raise SendFailed("retry" if later else "payload", str(answer.status_code), reason)
            page = answer.json()
            yield list(_listed(page))
            after = page.get("next")


def _listed(page: Any) -> Iterator[ListedContact]:
    """The people of a page. What holds a character that can't be stored costs itself."""
    for each in page.get("contacts", []):
        number, name = str(each.get("number", "")), str(each.get("name", ""))
        if "\x00" not in number + name:
            yield ListedContact(Address(IdentityKind.PHONE, number), name, number)


def sign(secret: str, body: bytes) -> str:
    """The signature of a body: hex HMAC-SHA256."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _proof(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.secrets.get('secret', '')}"}


def _load(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedBody("The body is not JSON.") from error
    if not isinstance(document, dict) or not document.keys() & {"messages", "statuses"}:
        raise MalformedBody("The body has neither messages nor statuses.")
    if not all(isinstance(document.get(key, []), list) for key in ("messages", "statuses")):
        raise MalformedBody("messages and statuses are lists.")
    return document


def _read(raw: Any, shape: type[PhoneMessage | PhoneStatus]) -> Item:
    try:
        return shape.model_validate(raw).item()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "item"
        return BadItem(f"{where}: {first['msg']}", _kept(raw))


def _kept(raw: Any) -> str:
    """A bad item as ASCII text: whatever poison is in it, a column takes that."""
    try:
        return json.dumps(raw)
    except RecursionError:
        return "(nested too deeply to keep)"


def _outgoing(message: OutboundMessage) -> dict[str, str]:
    file = base64.b64encode(message.media_bytes).decode()
    fields = {
        "to": message.to.value,
        "opaque": message.opaque,
        "kind": message.kind.value,
        "text": message.text,
        "reply_to": message.reply_to,
        "reaction_to": message.reaction_to,
        "media": file and f"data:{message.media.mime_type if message.media else ''};base64,{file}",
    }
    return {key: value for key, value in fields.items() if value}


def _answered_id(response: Any) -> str:
    """The id in the answer. Without one the phone may have the message or not: unknown."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    identifier = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise OutcomeUnknown("garbage", say("The phone took the message but named no id."))
    return identifier


def _pause(response: Any) -> float | None:
    seconds = str(response.headers.get("retry-after", ""))
    return float(seconds) if seconds.isascii() and seconds.isdigit() else None
