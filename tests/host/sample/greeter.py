"""A healthy plugin that uses every hook."""

from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from core.api import (
    Answer,
    Ask,
    Condition,
    ConditionKind,
    ContactCreated,
    Foreseen,
    Handler,
    InboxAction,
    InboxTool,
    Manifest,
    MenuLink,
    MergeRule,
    MessageNote,
    Part,
    Taken,
    Trigger,
    hookimpl,
    plugin_registry,
)
from core.jobs.spec import job
from core.models import Contact, TenantMixin
from core.models.base import tenant_fk, tenant_table

manifest = Manifest(name="greeter", title="Greeter", version="1.0", default_enabled=True)


class Base(DeclarativeBase):
    registry = plugin_registry("greeter")


class Greeting(TenantMixin, Base):
    __tablename__ = "greeter_greeting"
    __table_args__ = tenant_table(tenant_fk("contact_id", "contact"))

    contact_id: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(80))

    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Greeting.contact_id) == Contact.id
    )


class Form(BaseModel):
    text: str = Field("Hello", max_length=20)
    key: SecretStr = SecretStr("")


@job("greeter.clean")
def clean(session, payload):
    pass


def greet(session, event: ContactCreated) -> None:
    session.add(Greeting(contact_id=event.contact_id, text=f"Hello, {event.origin}"))


@hookimpl
def models():
    return [Greeting]


@hookimpl
def menu_links():
    return [MenuLink(name="Greetings", href="/greeter/", category="Work")]


@hookimpl
def jobs():
    return [clean]


@hookimpl
def event_handlers():
    return [Handler(event=ContactCreated, run=greet)]


@hookimpl
def merge_rules():
    return [MergeRule(name="shortest", title="Shortest", rank=lambda each: -len(each.value))]


@hookimpl
def settings_form():
    return Form


@hookimpl
def inbox_actions(conversation):
    return [InboxAction(name="greet", label="Greet", href=f"/greeter/{conversation}")]


@hookimpl
def message_notes(message):
    return [MessageNote(text=f"Greeted {message}", href="/greeter/")]


@hookimpl
def inbox_tools():
    permission = ("can_read", "Greeter")
    return [InboxTool(name="greetings", label="Greetings", href="/greeter/", permission=permission)]


class FirstOfAll:
    """Whoever stands first."""

    name, label, hint = "first", "First", "The first there is."

    def choose(self, candidates, memory, at):
        return candidates[0]

    def reason(self, chosen):
        return f"{chosen.name} stands first."


@hookimpl
def routing_policies():
    return [FirstOfAll()]


class Greets:
    """Who begins politely."""

    name, label, hint = "greets", "Greets", "What the customer says first."

    def choices(self, session):
        return None

    def check(self, value):
        return value.strip()

    def matches(self, arrival, value):
        return arrival.message is not None and arrival.message.body.startswith(value)


@hookimpl
def division_criteria():
    return [Greets()]


@hookimpl
def triggers():
    return [Trigger(name="greeted", label="somebody was greeted", group="Greeter")]


@hookimpl
def conditions():
    kind = ConditionKind.TEXT
    return [
        Condition(name="tone", label="the tone", kind=kind, read=lambda scene: scene.contact.name)
    ]


class Wave:
    """Does nothing, politely."""

    name, label, icon, needs = "wave", "Wave", "hand-stop", Part.CONTACT

    def asks(self, session):
        return ()

    def check(self, session, trigger, values):
        return {}

    def told(self, session, values):
        return "wave"

    def foresee(self, scene, values):
        return Foreseen("wave")

    def run(self, scene, values):
        return Taken("wave")


@hookimpl
def actions():
    return [Wave()]


class Parrot:
    """Says what it hears."""

    name, label, hint, icon = "parrot", "Parrot", "Says what it hears.", "feather"

    def asks(self, session):
        return [Ask(name="voice", label="Voice")]

    def check(self, session, values):
        return {"voice": values.get("voice", "")}

    def prepare(self, session, values):
        return values

    def answer(self, turn):
        return Answer(text=turn.text) if turn.text else None


@hookimpl
def bots():
    return [Parrot()]
