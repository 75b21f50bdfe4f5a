"""Lead distribution over REST: what its screens can do."""

from __future__ import annotations

from core.api import ApiDecl
from plugins.routing.api.agents import AgentOperations, PresenceOperations
from plugins.routing.api.distribution import DistributionOperations
from plugins.routing.api.divisions import DivisionRuleOperations
from plugins.routing.api.rotators import RotatorOperations
from plugins.routing.api.settings import DistributionSettingOperations

APIS = (
    ApiDecl(api=AgentOperations),
    ApiDecl(api=PresenceOperations),
    ApiDecl(api=DistributionOperations),
    ApiDecl(api=DivisionRuleOperations),
    ApiDecl(api=DistributionSettingOperations),
    ApiDecl(api=RotatorOperations),
)
