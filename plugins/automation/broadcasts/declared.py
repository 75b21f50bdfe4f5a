"""What broadcasts add to the plugin."""

from __future__ import annotations

from plugins.automation.broadcasts.listing import list_broadcast
from plugins.automation.broadcasts.models import MODELS
from plugins.automation.broadcasts.sending import send_broadcast
from plugins.automation.broadcasts.views import VIEWS

JOBS = (list_broadcast, send_broadcast)

__all__ = ["JOBS", "MODELS", "VIEWS"]
