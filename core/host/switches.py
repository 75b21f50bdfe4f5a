"""Plugins on and off, for each tenant: in force at its next request, in every process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from core.models.tenant import Plan, PluginSwitch, Tenant
from core.tenancy.session import TenantSession
from core.words import say

if TYPE_CHECKING:
    from core.host.host import PluginHost

EVERY_PLUGIN = "*"
_CHANGED = "sapa_switches_changed"

Unpark = Callable[[TenantSession, frozenset[str]], None]
Disabled = Callable[[int, frozenset[str]], None]


class SwitchRefused(Exception):
    """A plugin can't be switched; `message` says why and what to do, for the field `plugin`."""

    field = "plugin"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownPlugin(SwitchRefused):
    """No plugin of that name is installed. Answered with 404."""


class NotPinned(RuntimeError):
    """Hooks were called where nobody said which plugins are on: pin the switches first."""


@dataclass(frozen=True)
class Switched:
    """What a switch did: the plugins that went on and off, the one that was asked for included."""

    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Pin:
    switches: Switches
    tenant_id: int
    enabled: frozenset[str]


_pin: ContextVar[_Pin | None] = ContextVar("sapa_switches", default=None)


class Switches:
    """The switches of one installation.

    Two callables are set when the process starts: `unpark(session, plugins)` runs in the
    transaction that switches plugins on; `disabled(tenant_id, plugins)` after the commit that
    switched them off, to close streams.
    """

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self._known: dict[int, tuple[object, frozenset[str]]] = {}
        self.unpark: Unpark | None = None
        self.disabled: Disabled | None = None

    # what is on

    def pin(self, session: TenantSession, tenant: Tenant | None = None) -> frozenset[str]:
        """Settle what is on for the rest of this request or job. `unpin` at its end.

        `tenant`: its row with its plan, where the caller has read them just now.
        """
        enabled = self._read(session, tenant)
        _pin.set(_Pin(self, session.tenant_id, enabled))
        return enabled

    def unpin(self) -> None:
        """End what `pin` began; harmless without."""
        _pin.set(None)

    @contextmanager
    def pinned(self, session: TenantSession) -> Iterator[frozenset[str]]:
        """`pin` for a block. What was pinned before holds again after it."""
        token = _pin.set(_Pin(self, session.tenant_id, enabled := self._read(session)))
        try:
            yield enabled
        finally:
            _pin.reset(token)

    def current(self) -> frozenset[str]:
        """What is pinned. Raises NotPinned."""
        pin = _pin.get()
        if pin is None or pin.switches is not self:
            raise NotPinned("Wrap the work in host.switches.pinned(session).")
        return pin.enabled

    def current_or_none(self) -> frozenset[str] | None:
        """What is pinned, or None: nobody is signed in, or no tenant is chosen yet."""
        pin = _pin.get()
        return pin.enabled if pin is not None and pin.switches is self else None

    def enabled(self, session: TenantSession) -> frozenset[str]:
        """The plugins that are on for the session's tenant: as pinned, else as stored."""
        pin = _pin.get()
        if pin is not None and pin.switches is self and pin.tenant_id == session.tenant_id:
            return pin.enabled
        return self._read(session)

    def forget(self) -> None:
        """Drop what is known of every tenant, after a plugin left."""
        self._known.clear()

    def _read(self, session: TenantSession, tenant: Tenant | None = None) -> frozenset[str]:
        """One row tells whether what we know still holds: the version, and the plan's plugins."""
        if tenant is not None:
            version, plan = tenant.switch_version, tuple(tenant.plan.plugins)
        else:
            version, plan = self._version(session)
        stamp = (version, *plan)
        known = self._known.get(session.tenant_id)
        if known is not None and known[0] == stamp:
            return known[1]
        enabled = self._resolve(plan, self._rows(session))
        if not session.info.get(_CHANGED):  # a rollback would give that version away again
            self._known[session.tenant_id] = (stamp, enabled)
        return enabled

    def _version(self, session: TenantSession) -> tuple[int, tuple[str, ...]]:
        found = session.execute(
            select(Tenant.switch_version, Plan.plugins)
            .join(Plan, Plan.id == Tenant.plan_id)
            .where(Tenant.id == session.tenant_id)
        ).one()
        return found.switch_version, tuple(found.plugins)

    def _rows(self, session: TenantSession) -> dict[str, bool]:
        found = session.execute(select(PluginSwitch.plugin, PluginSwitch.is_enabled)).all()
        return {row.plugin: row.is_enabled for row in found}

    def _resolve(self, plan: tuple[str, ...], rows: Mapping[str, bool]) -> frozenset[str]:
        """Rows and defaults, within the plan; nothing is on without what it requires."""
        allowed = {n: m for n, m in self._host.manifests.items() if _allows(plan, n)}
        on = {n for n, m in allowed.items() if rows.get(n, m.default_enabled)}
        while lame := {n for n in on if not on.issuperset(allowed[n].requires)}:
            on -= lame
        while more := {
            n
            for n, m in allowed.items()
            if n not in on
            and n not in rows
            and m.auto_enable_with
            and on.issuperset(m.auto_enable_with + m.requires)
        }:
            on |= more
        return frozenset(on)

    # switching

    def enable(self, session: TenantSession, name: str) -> Switched:
        """Switch a plugin on, and what it requires with it. Raises SwitchRefused.

        Parked jobs of these plugins are due again in the same transaction.
        """
        plan = self._begin(session)
        needed = self._with_requirements(name)
        for each in needed:
            self._check_can_run(each, asked=name)
            if not _allows(plan, each):
                raise SwitchRefused(self._plan_sentence(each, asked=name))
        return self._write(session, plan, dict.fromkeys(needed, True))

    def disable(self, session: TenantSession, name: str) -> Switched:
        """Switch a plugin off; its data stays, its jobs are parked. Raises SwitchRefused.

        Refused while a plugin that requires it is on: that one would stop without being asked.
        """
        plan = self._begin(session)
        if self._host.record(name) is None:
            raise UnknownPlugin(say("There is no plugin %(name)s here.", name=name))
        on = self._resolve(plan, self._rows(session))
        dependent = sorted(n for n in on if name in self._host.manifests[n].requires)
        if dependent and name in on:
            titles = ", ".join(self._host.title(each) for each in dependent)
            raise SwitchRefused(
                say(
                    "%(titles)s can't work without %(name)s: switch %(titles)s off first.",
                    titles=titles,
                    name=self._host.title(name),
                )
            )
        return self._write(session, plan, {name: False})

    def _begin(self, session: TenantSession) -> tuple[str, ...]:
        """Take the tenant's row: two people who switch at once do it one after the other."""
        session.info[_CHANGED] = True
        session.execute(
            update(Tenant)
            .where(Tenant.id == session.tenant_id)
            .values(switch_version=Tenant.switch_version + 1)
        )
        return self._version(session)[1]

    def _write(
        self, session: TenantSession, plan: tuple[str, ...], wanted: Mapping[str, bool]
    ) -> Switched:
        rows = self._rows(session)
        before = self._resolve(plan, rows)
        for name, is_enabled in wanted.items():
            self.row(session, name, is_enabled=is_enabled).is_enabled = is_enabled
        session.flush()
        after = self._resolve(plan, {**rows, **wanted})
        switched = Switched(on=after - before, off=before - after)
        if switched.on and self.unpark is not None:
            self.unpark(session, switched.on)
        if switched.off and (disabled := self.disabled) is not None:
            tenant_id = session.tenant_id
            session.on_commit(lambda: disabled(tenant_id, switched.off))
        return switched

    def row(self, session: TenantSession, name: str, *, is_enabled: bool) -> PluginSwitch:
        """The plugin's row in the session's tenant, made with `is_enabled` where there is none."""
        row = session.scalar(select(PluginSwitch).where(PluginSwitch.plugin == name))
        if row is None:
            row = PluginSwitch(plugin=name, is_enabled=is_enabled, settings={})
            session.add(row)
        return row

    # sentences

    def _with_requirements(self, name: str) -> list[str]:
        needed, queue = [name], [name]
        while queue:
            manifest = self._host.manifests.get(queue.pop())
            fresh = [n for n in (manifest.requires if manifest else ()) if n not in needed]
            needed += fresh
            queue += fresh
        return needed

    def _check_can_run(self, name: str, *, asked: str) -> None:
        record = self._host.record(name)
        if record is None:
            raise UnknownPlugin(say("There is no plugin %(name)s here.", name=name))
        if not record.is_active:
            needs = (
                "" if name == asked else say("%(asked)s needs it. ", asked=self._host.title(asked))
            )
            raise SwitchRefused(
                say(
                    "%(record)s can't run. %(needs)s%(error)s",
                    record=record.title,
                    needs=needs,
                    error=record.error,
                )
            )

    def _plan_sentence(self, name: str, *, asked: str) -> str:
        if name == asked:
            return say(
                "Your plan doesn't include %(name)s: choose a plan that does.",
                name=self._host.title(name),
            )
        return say(
            "%(asked)s needs %(name)s, which your plan doesn't include: choose a plan that does.",
            asked=self._host.title(asked),
            name=self._host.title(name),
        )


def _allows(plan: tuple[str, ...], name: str) -> bool:
    return EVERY_PLUGIN in plan or name in plan
