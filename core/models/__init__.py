"""The nouns. Importing this package maps them all."""

from core.models.audit import AuditEntry
from core.models.base import Base, TenantMixin
from core.models.channel import Channel, ChannelCount, ChannelFilter, ChannelState
from core.models.contact import (
    Consent,
    Contact,
    Customer,
    FieldSource,
    Identity,
    Label,
    LabelOnContact,
    contact_label,
)
from core.models.conversation import (
    Attachment,
    AttachmentState,
    Conversation,
    ConversationState,
    Direction,
    Message,
    Sender,
)
from core.models.job import Job, JobState, Process, Schedule
from core.models.mention import Mention
from core.models.merge import (
    CustomerChoice,
    MergedContact,
    MergeEvent,
    MergeKind,
    ProfileRule,
)
from core.models.notice import Notice, NoticeLevel
from core.models.order import Order, OrderLine, OrderStatus, PaymentState
from core.models.order_source import OrderDelivery, OrderSource
from core.models.pipeline import Card, Module
from core.models.quick_reply import QuickReply
from core.models.raw import BadInboundItem, EarlyStatus, RawInbox
from core.models.search import ContactToken, MessageToken
from core.models.task import Task, TaskKind
from core.models.team import Allocation, Assignment, Division, DivisionMember
from core.models.template import Template
from core.models.tenant import (
    ApiToken,
    Membership,
    NumberStyle,
    Plan,
    PluginSwitch,
    Presence,
    SecurityVersion,
    Tenant,
    UserState,
)

__all__ = [
    "Allocation",
    "ApiToken",
    "Assignment",
    "Attachment",
    "AttachmentState",
    "AuditEntry",
    "BadInboundItem",
    "Base",
    "Card",
    "Channel",
    "ChannelCount",
    "ChannelFilter",
    "ChannelState",
    "Consent",
    "Contact",
    "ContactToken",
    "Conversation",
    "ConversationState",
    "Customer",
    "CustomerChoice",
    "Direction",
    "Division",
    "DivisionMember",
    "EarlyStatus",
    "FieldSource",
    "Identity",
    "Job",
    "JobState",
    "Label",
    "LabelOnContact",
    "Membership",
    "Mention",
    "MergeEvent",
    "MergeKind",
    "MergedContact",
    "Message",
    "MessageToken",
    "Module",
    "Notice",
    "NoticeLevel",
    "NumberStyle",
    "Order",
    "OrderDelivery",
    "OrderLine",
    "OrderSource",
    "OrderStatus",
    "PaymentState",
    "Plan",
    "PluginSwitch",
    "Presence",
    "Process",
    "ProfileRule",
    "QuickReply",
    "RawInbox",
    "Schedule",
    "SecurityVersion",
    "Sender",
    "Task",
    "TaskKind",
    "Template",
    "Tenant",
    "TenantMixin",
    "UserState",
    "contact_label",
]
