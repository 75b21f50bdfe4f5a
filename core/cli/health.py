"""Keeping an installation in order: migrate, doctor."""

from __future__ import annotations

import click

from core.cli.answer import Answer, SapaCommand, Surroundings


@click.command(cls=SapaCommand)
@click.pass_obj
def migrate(surroundings: Surroundings) -> Answer:
    """Bring the database up to date: tables, roles, plans, permissions. Safe to repeat."""
    from core.setup import prepare

    done = prepare(surroundings.settings(), surroundings.builtin)
    data = {
        "applied": done.migrations.applied,
        "roles_created": done.migrations.roles_created,
        "plans": done.plans,
        "permissions_added": done.permissions_added,
        "permissions_removed": done.permissions_removed,
    }
    lines = [f"{name}: {', '.join(applied)}" for name, applied in done.migrations.applied.items()]
    lines += [f"created the database role {role}" for role in done.migrations.roles_created]
    lines += [f"added the plans {', '.join(done.plans)}"] if done.plans else []
    if done.permissions_added or done.permissions_removed:
        lines.append(f"permissions: {done.permissions_added} new, {done.permissions_removed} gone")
    return Answer(data, "\n".join(lines) or "The database was up to date.")


@click.command(cls=SapaCommand)
@click.pass_obj
def doctor(surroundings: Surroundings) -> Answer:
    """Look for what would go wrong, and say how to cure it. Exit status 1 if there is anything."""
    from core.doctor import examine

    findings = examine(surroundings.settings(), surroundings.builtin)
    data = {
        "findings": [
            {"check": found.check, "problem": found.problem, "cure": found.cure}
            for found in findings
        ]
    }
    lines = [f"{found.problem}\n  → {found.cure}" for found in findings]
    return Answer(data, "\n".join(lines) or "All is well.", status=1 if findings else 0)
