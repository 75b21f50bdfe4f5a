"""Answers and follows up by rules: a trigger, conditions, then a message or another action."""

from collections.abc import Sequence
from typing import Any

from core.api import (
    Action,
    Condition,
    Handler,
    JobSpec,
    Manifest,
    Periodic,
    Trigger,
    hookimpl,
)
from plugins.automation.actions import ACTIONS
from plugins.automation.facts import CONDITIONS
from plugins.automation.handlers import HANDLERS
from plugins.automation.jobs import JOBS
from plugins.automation.models import MODELS
from plugins.automation.triggers import TRIGGERS

manifest = Manifest(
    name="automation",
    title="Automated messages",
    version="0.1.0",
    family="automation",
    summary="Answers and follows up by rules: a trigger, conditions, then an action.",
    migrations="plugins.automation.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return MODELS


@hookimpl
def triggers() -> Sequence[Trigger]:
    return TRIGGERS


@hookimpl
def conditions() -> Sequence[Condition]:
    return CONDITIONS


@hookimpl
def actions() -> Sequence[Action]:
    return ACTIONS


@hookimpl
def jobs() -> Sequence[JobSpec | Periodic]:
    return JOBS


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return HANDLERS
