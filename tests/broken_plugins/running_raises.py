"""Healthy at start-up; its run-time hook fails."""

from core.api import Manifest, hookimpl

manifest = Manifest(name="running", title="Running", version="1.0")


@hookimpl
def inbox_actions(conversation):
    raise LookupError("no such conversation")
