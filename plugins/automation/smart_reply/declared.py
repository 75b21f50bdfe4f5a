"""What smart replies add to the plugin."""

from __future__ import annotations

from plugins.automation.smart_reply.api import APIS
from plugins.automation.smart_reply.models import MODELS
from plugins.automation.smart_reply.speaking import ANSWER
from plugins.automation.smart_reply.steps import BOTS
from plugins.automation.smart_reply.tidying import tidy
from plugins.automation.smart_reply.views import VIEWS

JOBS = (ANSWER, tidy)

__all__ = ["APIS", "BOTS", "JOBS", "MODELS", "VIEWS"]
