"""Sets the tenant for every message, and stops the message that doesn't name one."""

from __future__ import annotations

from typing import Any

from dramatiq import Broker
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware, MiddlewareError

from core import logs
from core.jobs.registry import JobRegistry
from core.tenancy.context import set_tenant

TENANT = "tenant_id"


class TenantMissing(MiddlewareError):
    """A message names no tenant, or one where its job has none.

    A MiddlewareError: Dramatiq logs any other exception of a middleware and runs the job anyway.
    """


class TenantMiddleware(Middleware):
    """Stands first, so that nothing runs without knowing whose work it is."""

    def __init__(self, registry: JobRegistry) -> None:
        self._registry = registry

    @property
    def actor_options(self) -> set[str]:
        return {TENANT}

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        set_tenant(None)
        spec = self._registry.get(message.actor_name)
        tenant_id = message.options.get(TENANT)
        is_system = spec is not None and spec.system
        if spec is None or (tenant_id is None) != is_system:
            raise TenantMissing(f"A message for {message.actor_name} names tenant {tenant_id!r}.")
        set_tenant(tenant_id)
        logs.begin(**logs.of_jobs(message.actor_name, message.args[0]))

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        set_tenant(None)
        logs.begin()

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        set_tenant(None)
