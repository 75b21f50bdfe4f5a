"""What the plugin's resources over REST have alike: who may use them, and their switch."""

from __future__ import annotations

from core.api import Body, Operation

READING = ("get_list", "get", "attempt", "runs", "heard")
WRITING = ("post", "put", "delete", "switch")


class AutomationOperations(Operation):
    """For programs that may read automation, and for those that may write its rules."""

    class_permission_name = "Automation"
    method_permission_name = {
        **dict.fromkeys(READING, "read"),
        **dict.fromkeys(WRITING, "rule"),
    }


class SwitchBody(Body):
    """On or off."""

    is_on: bool
