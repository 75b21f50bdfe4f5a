"""The actions that ship."""

from core.api import Action
from plugins.automation.actions.calling import Webhook
from plugins.automation.actions.labelling import PutLabel, TakeLabel
from plugins.automation.actions.routing import AssignAgent, HandOver
from plugins.automation.actions.sending import Send
from plugins.automation.actions.waiting import Wait
from plugins.automation.actions.working import CreateTask, MoveCard

ACTIONS: tuple[Action, ...] = (
    Send(),
    Wait(),
    PutLabel(),
    TakeLabel(),
    HandOver(),
    AssignAgent(),
    CreateTask(),
    MoveCard(),
    Webhook(),
)
