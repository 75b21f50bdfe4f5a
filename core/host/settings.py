"""A plugin's settings in one tenant: a pydantic model, stored with the switch."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy import select

from core.models.tenant import PluginSwitch
from core.tenancy.session import TenantSession

if TYPE_CHECKING:
    from core.host.host import PluginHost

_log = logging.getLogger(__name__)

_SEALED = "_sealed"


class Box(Protocol):
    """What settings need of `core.secrets.SecretBox`."""

    def seal(self, values: Mapping[str, str], context: str) -> str: ...

    def open(self, token: str, context: str) -> dict[str, str]: ...


class NoSettings(LookupError):
    """The plugin isn't here, or has no settings form."""


class SettingsRefused(ValueError):
    """Settings that the plugin's model refuses. `errors`: one sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = errors


class PluginSettings:
    """Reads and writes settings. `box` seals `SecretStr` fields; it is needed only where one is."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self.box: Box | None = None

    def form_of(self, plugin: str) -> type[BaseModel]:
        """The plugin's model class. Raises NoSettings."""
        record = self._host.active.get(plugin)
        if record is None or record.declared.settings_form is None:
            raise NoSettings(f"{self._host.title(plugin)} has no settings.")
        return record.declared.settings_form

    def of(self, session: TenantSession, plugin: str) -> BaseModel:
        """The tenant's settings, secrets opened; defaults where it has set nothing.

        A stored value that a newer version of the plugin refuses gives way to the default.
        """
        form = self.form_of(plugin)
        values = self._stored(session, plugin)
        try:
            return form.model_validate(values)
        except ValidationError as error:
            bad = {str(each["loc"][0]) if each["loc"] else "" for each in error.errors()}
            _log.warning("Stored settings of %s no longer fit: %s", plugin, ", ".join(sorted(bad)))
            try:
                return form.model_validate({k: v for k, v in values.items() if k not in bad})
            except ValidationError:
                return form()

    def save(self, session: TenantSession, plugin: str, values: Mapping[str, Any]) -> BaseModel:
        """Check and store all settings; what `values` leaves out gets its default.

        A secret that is left out or empty stays as it is: screens never show it again. Raises
        NoSettings, SettingsRefused.
        """
        form = self.form_of(plugin)
        secret = secret_fields(form)
        kept = {k: v for k, v in self._stored(session, plugin).items() if k in secret}
        given = {k: v for k, v in values.items() if k not in secret or _plain(v)}
        try:
            checked = form.model_validate({**kept, **given})
        except ValidationError as error:
            raise SettingsRefused(_sentences(error)) from None
        stored = checked.model_dump(mode="json", exclude=set(secret))
        hidden = {k: _plain(getattr(checked, k)) for k in secret}
        if filled := {k: v for k, v in hidden.items() if v}:
            stored[_SEALED] = self._box().seal(filled, _context(session, plugin))
        is_on = plugin in self._host.switches.enabled(session)
        self._host.switches.row(session, plugin, is_enabled=is_on).settings = stored
        session.flush()
        return checked

    def _stored(self, session: TenantSession, plugin: str) -> dict[str, Any]:
        found = session.scalar(select(PluginSwitch.settings).where(PluginSwitch.plugin == plugin))
        values = dict(found or {})
        sealed = values.pop(_SEALED, "")
        if sealed:
            values.update(self._box().open(sealed, _context(session, plugin)))
        return values

    def _box(self) -> Box:
        if self.box is None:
            raise RuntimeError("Set host.settings.box to the SecretBox when the process starts.")
        return self.box


def secret_fields(form: type[BaseModel]) -> tuple[str, ...]:
    """The fields whose values are sealed and never shown again: those declared `SecretStr`."""
    return tuple(
        name
        for name, field in form.model_fields.items()
        if field.annotation is SecretStr
        or SecretStr in getattr(field.annotation, "__args__", ())  # SecretStr | None
    )


def _plain(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value if isinstance(value, str) else ""


def _context(session: TenantSession, plugin: str) -> str:
    return f"plugin_settings:{session.tenant_id}:{plugin}"


def _sentences(error: ValidationError) -> dict[str, str]:
    return {
        ".".join(str(part) for part in each["loc"]) or "settings": f"{each['msg']}."
        for each in error.errors()
    }
