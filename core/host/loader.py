"""Loading plugins so that none can hurt another: each failure is caught, named and cleared away."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

import pluggy

from core import hookspecs
from core.host.declared import DeclarationError, collect, find_clash
from core.host.manifest import Manifest, ManifestError
from core.host.models import (
    ModelError,
    adopt,
    check_models,
    core_table_with,
    discard,
    first_line,
    watched,
)
from core.host.record import PluginRecord, PluginStatus
from core.host.signatures import SignatureError, check_hooks
from core.host.sources import Source

_log = logging.getLogger(__name__)


class _Refused(Exception):
    """A plugin can't be loaded; the sentence says why, and what to do."""


def load_plugins(manager: pluggy.PluginManager, sources: Iterable[Source]) -> list[PluginRecord]:
    """Load all sources; the active ones end up registered with `manager`, requirements first.

    Never raises for a plugin's fault: the record says what is wrong with it.
    """
    records = [_import(source) for source in sources]
    _refuse_duplicates(records)
    _refuse_cycles(records)
    active: dict[str, PluginRecord] = {}
    for record in _in_order(records):
        _start(manager, record, active)
        if record.is_active:
            active[record.name] = record
    kept = {record.origin for record in active.values()}
    for record in records:
        if not record.is_active:
            _log.error("Plugin %s is %s: %s", record.name, record.status, record.error)
            if record.origin not in kept:  # the same module named twice
                discard(record.origin, record.module)
    return [*active.values(), *(record for record in records if not record.is_active)]


def _import(source: Source) -> PluginRecord:
    record = PluginRecord(name=source.hint, origin=source.origin, module=source.module)
    try:
        with watched(source.origin):
            record.plugin = source.load()
    except ModelError as error:
        record.fail(PluginStatus.BROKEN, str(error))
        return record
    except ManifestError as error:
        record.fail(PluginStatus.BROKEN, f"Its manifest is wrong. {error}")
        return record
    except (Exception, SystemExit) as error:
        _log.exception("Importing plugin %s", source.origin)
        record.fail(
            PluginStatus.BROKEN,
            f"It can't be imported ({first_line(error)}): install what it needs or correct it.",
        )
        return record
    manifest = getattr(record.plugin, "manifest", None)
    if not isinstance(manifest, Manifest):
        record.fail(
            PluginStatus.BROKEN,
            f"{source.origin} has no manifest: add `manifest = Manifest(name=…, title=…, "
            "version=…)` from core.api.",
        )
        return record
    record.manifest, record.name = manifest, manifest.name
    adopt(source.origin, manifest.name)
    if table := core_table_with(manifest):
        record.fail(
            PluginStatus.BROKEN,
            f"Its name would claim the core's table {table}: choose another name.",
        )
    elif misfit := manifest.misfit():
        record.fail(PluginStatus.INCOMPATIBLE, misfit)
    return record


def _refuse_duplicates(records: Sequence[PluginRecord]) -> None:
    """The first to bear a name keeps it; so it is with a name that another's begins with.

    `sync` owns every table from `sync_` on: a plugin `sync_extra` beside it would lose its tables
    to the migrations of `sync`.
    """
    taken: dict[str, PluginRecord] = {}
    for record in records:
        if not record.is_active:
            continue
        for name, owner in taken.items():
            if name == record.name:
                cure = "uninstall one of the two, or rename it"
                record.fail(PluginStatus.BROKEN, f"Its name is taken by {owner.origin}: {cure}.")
            elif _overlap(name, record.name):
                record.fail(
                    PluginStatus.BROKEN,
                    f"Its name overlaps with {name} of {owner.origin}, so their tables would mix: "
                    "rename it.",
                )
        if record.is_active:
            taken[record.name] = record


def _overlap(one: str, other: str) -> bool:
    return one.startswith(f"{other}_") or other.startswith(f"{one}_")


def _refuse_cycles(records: Sequence[PluginRecord]) -> None:
    """Set aside every plugin that takes part in a circle of requirements."""
    while True:
        graph = _graph(records)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))  # graphlib names the required one first
            text = " → ".join(circle)
            for record in records:
                if record.is_active and record.name in circle:
                    record.fail(
                        PluginStatus.BROKEN,
                        f"Plugins require each other in a circle ({text}): take one out of "
                        "requires.",
                    )
            continue
        return


def _graph(records: Sequence[PluginRecord]) -> dict[str, tuple[str, ...]]:
    return {r.name: r.manifest.requires for r in records if r.is_active and r.manifest}


def _in_order(records: Sequence[PluginRecord]) -> list[PluginRecord]:
    """Active records: what is required comes first, then by name."""
    by_name = {record.name: record for record in records if record.is_active}
    sorter = TopologicalSorter(_graph(records))
    sorter.prepare()
    order: list[PluginRecord] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += [by_name[name] for name in ready if name in by_name]
        sorter.done(*ready)
    return order


def _start(
    manager: pluggy.PluginManager, record: PluginRecord, active: dict[str, PluginRecord]
) -> None:
    assert record.manifest is not None  # noqa: S101 - records without one have failed by now
    for name in record.manifest.requires:
        if name not in active:
            record.fail(
                PluginStatus.MISSING_DEPENDENCY,
                f"It needs the plugin {name}, which isn't installed or doesn't run: install or "
                "repair that one first.",
            )
            return
    try:
        check_hooks(record.plugin, hookspecs)
        manager.register(record.plugin, record.name)
        manager.check_pending()
        with watched(record.origin):
            record.declared = collect(manager, record.name)
        required = [active[name].origin for name in record.manifest.requires]
        check_models(record.origin, record.manifest, required)
        find_clash(record, active.values())
    except (SignatureError, DeclarationError, ModelError) as error:
        record.fail(PluginStatus.BROKEN, str(error))
    except (Exception, SystemExit) as error:
        _log.exception("Starting plugin %s", record.origin)
        record.fail(
            PluginStatus.BROKEN,
            f"It can't be started ({first_line(error)}): correct it, or install another version.",
        )
    finally:
        if not record.is_active and manager.has_plugin(record.name):
            manager.unregister(name=record.name)
