"""What a person fills in to connect a mailbox."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.api import say

Security = Literal["tls", "starttls", "none"]

GMAIL: Final = "gmail"
OUTLOOK: Final = "outlook"
OWN: Final = "own"

PRESETS: dict[str, dict[str, Any]] = {
    GMAIL: {
        "imap_host": "imap.gmail.com",
        "imap_port": 993,
        "imap_security": "tls",
        "smtp_host": "smtp.gmail.com",
        "smtp_port": 465,
        "smtp_security": "tls",
    },
    OUTLOOK: {
        "imap_host": "outlook.office365.com",
        "imap_port": 993,
        "imap_security": "tls",
        "smtp_host": "smtp.office365.com",
        "smtp_port": 587,
        "smtp_security": "starttls",
    },
}
"""Where the large providers listen, by their own help pages."""

_SHAPE = re.compile(r"[^@\s,;<>\"\\]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_TENANT = re.compile(r"[A-Za-z0-9.-]{0,100}")


def _mailbox(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    value = f"{local}{at}{domain.lower()}"
    if not _SHAPE.fullmatch(value) or not value.isascii():
        raise ValueError(say("Enter the whole address: shop@example.com."))
    return value


def _host(value: str) -> str:
    value = value.strip()
    if value and not _HOST.fullmatch(value):
        raise ValueError(say("Enter a server's name, such as mail.example.com."))
    return value


def _one_line(value: str) -> str:
    if any(not character.isprintable() for character in value):
        raise ValueError(say("Write it in one line."))
    return value.strip()


def _tenant(value: str) -> str:
    if not _TENANT.fullmatch(value):
        raise ValueError(say("This is the directory's ID or its domain: letters, digits, dots."))
    return value


def _unspaced(value: SecretStr | None) -> SecretStr | None:
    """Google shows app passwords in four groups; the gaps are no part of them."""
    text = value.get_secret_value() if value is not None else ""
    if re.fullmatch(r"[a-z]{4}( [a-z]{4}){3}", text.strip()):
        return SecretStr(text.replace(" ", "").strip())
    return value


def _new_key() -> SecretStr:
    return SecretStr(secrets.token_urlsafe(32))


class EmailSettings(BaseModel):
    """One mailbox. Secrets are sealed and never shown again."""

    model_config = ConfigDict(validate_default=True)  # what is missing is said beside its field

    own_address: Annotated[str, AfterValidator(_mailbox)] = Field(
        title=say("E-mail address"),
        description=say("What customers write to. Answers come from it."),
    )
    preset: Literal["gmail", "outlook", "own"] = Field(
        default=OWN,
        title=say("Provider"),
        description=say("For Gmail and Outlook the servers are known: leave them empty below."),
        json_schema_extra={
            "labels": {
                GMAIL: say("Gmail or Google Workspace"),
                OUTLOOK: say("Microsoft 365 (Outlook)"),
                OWN: say("Own server, or another provider"),
            }
        },
    )
    password: Annotated[SecretStr | None, AfterValidator(_unspaced)] = Field(
        default=None,
        title=say("Password"),
        description=say("With Gmail an app password. With Microsoft 365 leave it empty."),
    )
    sender_name: Annotated[str, AfterValidator(_one_line)] = Field(
        default="",
        max_length=100,
        title=say("Sender's name"),
        description=say("What customers see beside the address: the name of your shop."),
    )
    subject: Annotated[str, AfterValidator(_one_line)] = Field(
        default="",
        max_length=200,
        title=say("Usual subject"),
        description=say("Of a message that answers nothing and has no subject of its own."),
    )
    user: Annotated[str, AfterValidator(_one_line)] = Field(
        default="",
        max_length=254,
        title=say("User name"),
        description=say("Where it is not the e-mail address."),
    )
    imap_host: Annotated[str, AfterValidator(_host)] = Field(
        default="", title=say("IMAP server"), description=say("Where mail is read.")
    )
    imap_port: int = Field(default=993, ge=1, le=65535, title=say("IMAP port"))
    imap_security: Security = Field(
        default="tls",
        title=say("IMAP security"),
        json_schema_extra={
            "labels": {
                "tls": say("TLS from the start (993)"),
                "starttls": say("STARTTLS (143)"),
                "none": say("None: inside your own network only"),
            }
        },
    )
    smtp_host: Annotated[str, AfterValidator(_host)] = Field(
        default="", title=say("SMTP server"), description=say("Where mail is sent.")
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, title=say("SMTP port"))
    smtp_security: Security = Field(
        default="starttls",
        title=say("SMTP security"),
        json_schema_extra={
            "labels": {
                "tls": say("TLS from the start (465)"),
                "starttls": say("STARTTLS (587)"),
                "none": say("None: inside your own network only"),
            }
        },
    )
    reads_sent: bool = Field(
        default=True,
        title=say("Read the folder of sent mail"),
        description=say("What is answered from another mail program then stands here, too."),
    )
    keeps_copies: bool = Field(
        default=True,
        title=say("Answer everybody in copy"),
        description=say("Whom the customer's mail went to beside you gets the answer as a copy."),
    )
    plus_addresses: bool = Field(
        default=False,
        title=say("Reply addresses with a mark"),
        description=say(
            "Answers come to shop+mark@example.com: they find their talk even where a mail "
            "program drops the reference. Gmail, Microsoft 365 and most servers deliver these."
        ),
    )
    oauth_tenant: Annotated[str, AfterValidator(_tenant)] = Field(
        default="",
        title=say("Directory (tenant) ID"),
        description=say("Microsoft 365 only: from the app's overview at entra.microsoft.com."),
    )
    oauth_client_id: Annotated[str, AfterValidator(_one_line)] = Field(
        default="",
        max_length=100,
        title=say("Application (client) ID"),
        description=say("Microsoft 365 only: beside it."),
    )
    oauth_secret: SecretStr | None = Field(
        default=None,
        title=say("Client secret"),
        description=say("Microsoft 365 only: its value, from Certificates & secrets."),
    )
    reply_key: SecretStr = Field(
        default_factory=_new_key,
        title=say("Key of the marks"),
        description=say("Leave empty: one is made."),
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """The servers of a known provider, whatever stands in the fields."""
        if isinstance(values, dict) and values.get("preset") in PRESETS:
            return {**values, **PRESETS[values["preset"]]}
        return values

    @field_validator("password")
    @classmethod
    def _has_password(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if not (value and value.get_secret_value()) and info.data.get("preset") != OUTLOOK:
            raise ValueError(say("Enter the password."))
        return value

    @field_validator("imap_host", "smtp_host")
    @classmethod
    def _has_server(cls, value: str) -> str:
        if not value:
            raise ValueError(say("Enter the server's name, or choose a provider above."))
        return value

    @field_validator("oauth_tenant", "oauth_client_id")
    @classmethod
    def _has_app(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("preset") == OUTLOOK:
            raise ValueError(
                say("Microsoft 365 takes no passwords from programs any more: register an app.")
            )
        return value

    @field_validator("oauth_secret")
    @classmethod
    def _has_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if not (value and value.get_secret_value()) and info.data.get("preset") == OUTLOOK:
            raise ValueError(say("Enter the client secret's value."))
        return value
