"""Which jobs exist, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator

from core.jobs.queues import NOW
from core.jobs.schedule import Periodic
from core.jobs.spec import JobSpec


class JobRegistry:
    """Every declared kind of work by its actor name. Filled before the engine starts."""

    def __init__(self) -> None:
        self._specs: dict[str, JobSpec] = {}
        self._periodic: dict[str, Periodic] = {}

    def register(self, owner: str, spec: JobSpec | Periodic) -> None:
        """Add `spec` for `owner` (a plugin's name, or `core`). Names are taken once."""
        if isinstance(spec, Periodic):
            self.register(owner, spec.spec)
            self._periodic[spec.name] = spec
            return
        if spec.owner != owner:
            raise ValueError(f"Job {spec.name} of {owner}: its name must begin with {owner!r}.")
        if spec.name in self._specs:
            raise ValueError(f"Job {spec.name} is declared twice.")
        self._specs[spec.name] = spec

    def get(self, actor: str) -> JobSpec | None:
        """The job called `actor`, or None: its plugin isn't here, or is broken."""
        return self._specs.get(actor)

    def owner_of(self, actor: str) -> str:
        """The plugin that declared `actor`. Raises KeyError for an unknown one."""
        return self._specs[actor].owner

    def queue_of(self, actor: str) -> str:
        """The queue that `actor` runs on; an unknown one waits with the urgent, to be parked."""
        spec = self._specs.get(actor)
        return spec.queue if spec else NOW

    def periodic(self) -> list[Periodic]:
        """All periodic work."""
        return list(self._periodic.values())

    def __iter__(self) -> Iterator[JobSpec]:
        return iter(self._specs.values())
