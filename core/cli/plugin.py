"""Plugins: which there are, and on or off for a tenant."""

from __future__ import annotations

import click

from core.cli.answer import Answer, SapaGroup, Surroundings
from core.cli.people import found_tenant


@click.group(cls=SapaGroup)
def plugin() -> None:
    """What extends this installation."""


@plugin.command("list")
@click.option("--tenant", "slug", default="", help="Also say which are on there.")
@click.pass_obj
def list_plugins(surroundings: Surroundings, slug: str) -> Answer:
    """Show every plugin and how it stands."""
    with surroundings.open() as desk:
        enabled: frozenset[str] = frozenset()
        if slug:
            with desk.database.system(write=False) as system:
                tenant_id = found_tenant(system, slug).id
            with desk.database.tenant(tenant_id, write=False) as session:
                enabled = desk.host.switches.enabled(session)
        found = [
            {
                "name": record.name,
                "title": record.title,
                "version": record.manifest.version if record.manifest else "",
                "status": record.status.value,
                "error": record.error,
                **({"enabled": record.name in enabled} if slug else {}),
            }
            for record in desk.host.records
        ]
    lines = []
    for row in found:
        switch = ("on   " if row["enabled"] else "off  ") if slug else ""
        who = f"{row['name']:<18} {row['version']:<9} {switch}"
        lines.append(f"{who}{row['status']}  {row['error']}".rstrip())
    return Answer({"plugins": found}, "\n".join(lines) or "There is no plugin.")


@plugin.command("enable")
@click.argument("name")
@click.option("--tenant", "slug", required=True, help="For whom.")
@click.pass_obj
def enable(surroundings: Surroundings, name: str, slug: str) -> Answer:
    """Switch a plugin on for a tenant, and what it requires with it."""
    return _switch(surroundings, name, slug, is_on=True)


@plugin.command("disable")
@click.argument("name")
@click.option("--tenant", "slug", required=True, help="For whom.")
@click.pass_obj
def disable(surroundings: Surroundings, name: str, slug: str) -> Answer:
    """Switch a plugin off for a tenant. Its data stays."""
    return _switch(surroundings, name, slug, is_on=False)


def _switch(surroundings: Surroundings, name: str, slug: str, *, is_on: bool) -> Answer:
    with surroundings.open() as desk:
        with desk.database.system(write=False) as system:
            tenant_id = found_tenant(system, slug).id
        with desk.database.tenant(tenant_id) as session:
            switches = desk.host.switches
            done = switches.enable(session, name) if is_on else switches.disable(session, name)
    data = {"plugin": name, "tenant": slug, "on": sorted(done.on), "off": sorted(done.off)}
    changed = [f"{each} is on" for each in sorted(done.on)]
    changed += [f"{each} is off" for each in sorted(done.off)]
    return Answer(data, f"{slug}: {', '.join(changed) or 'nothing to change'}.")
