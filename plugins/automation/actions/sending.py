"""Send a message: a template or words of the rule's own, by the main channel or a named one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.api import (
    Ask,
    Channel,
    Conversation,
    ConversationState,
    Foreseen,
    Part,
    Refused,
    Scene,
    Sender,
    Taken,
    Template,
    TenantSession,
    Trigger,
    conversation_of,
    main_channels,
    may_automate,
    may_send,
    record_unsent,
    say,
    send_message,
    templates,
)
from plugins.automation import variables
from plugins.automation.actions.choosing import chosen, name_of

LONGEST = 4096
_GONE = say("The template of this rule is gone: choose another.")
_NO_WAY = say("Nothing reaches this customer: they have no address that a channel of yours speaks.")


class Send:
    """Send a message to the customer."""

    name = "send"
    label = say("Send a message")
    icon = "send"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (
            Ask(
                name="template",
                label=say("Message"),
                kind="choice",
                choices=_templates,
                is_required=False,
            ),
            Ask(name="text", label=say("Text"), kind="long", is_required=False),
            Ask(
                name="channel",
                label=say("Channel"),
                kind="choice",
                choices=_channels,
                is_required=False,
            ),
        )

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        checked: dict[str, Any] = {"template": "", "text": "", "channel": ""}
        if values.get("channel"):
            channel = chosen(session, Channel, values, "channel", say("Choose a channel."))
            checked["channel"] = str(channel.id)
        if values.get("template"):
            template = chosen(session, Template, values, "template", say("Choose a template."))
            variables.check(trigger, variables_of(template), "template")
            if obstacle := templates.why_not(template):
                raise Refused(obstacle, "template")
            return {**checked, "template": str(template.id)}
        text = values.get("text", "").replace("\r\n", "\n").strip()
        if not text:
            raise Refused(say("Choose a template, or write the message."), "text")
        if len(text) > LONGEST:
            raise Refused(say("Up to %(longest)s characters.", longest=LONGEST), "text")
        variables.check(trigger, variables.names_in(text), "text")
        return {**checked, "text": text}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        if values.get("template"):
            name = name_of(session, Template, values, "template")
        else:
            words = " ".join(str(values.get("text") or "").split())
            name = (words[:39] + "…") if len(words) > 40 else words or "…"
        if values.get("channel"):
            channel = name_of(session, Channel, values, "channel")
            return say("send “%(message)s” by %(channel)s", message=name, channel=channel)
        return say("send “%(message)s” by the main channel", message=name)

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        what = self.told(scene.session, values)
        try:
            template = message_of(scene.session, values)
        except Refused as refused:
            return Foreseen(what, obstacle=refused.message)
        text = variables.shown(template.body, variables.fill(scene))
        found = _way(scene, values)
        if found is None:
            return Foreseen(what, text, obstacle=_NO_WAY)
        channel, talk = found
        return Foreseen(what, text, channel.name, _obstacle(scene, template, channel, talk))

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        session = scene.session
        template = message_of(session, values)
        talk = conversation(scene, values)
        filled = dict(variables.fill(scene))
        try:
            with session.begin_nested():
                message = send_message(
                    session,
                    talk,
                    template=template,
                    variables=filled,
                    sender=Sender.AUTOMATION,
                )
        except Refused as refused:
            # the row stays although the step is refused: the reason belongs on the timeline
            unsent = record_unsent(session, talk, variables.shown(template.body, filled), refused)
            return Taken(self.told(session, values), unsent.id, refused.message)
        return Taken(self.told(session, values), message.id)


def message_of(session: TenantSession, values: Mapping[str, Any]) -> Template:
    """The rule's template; of its own words one that nobody stores."""
    if values.get("template"):
        return chosen(session, Template, values, "template", _GONE)
    return Template(
        name="", body=str(values.get("text") or ""), variables=[], provider_name="", slots=[]
    )


def variables_of(template: Template) -> list[str]:
    """Every variable that a template needs."""
    return list(dict.fromkeys([*variables.names_in(template.body), *template.variables]))


def conversation(scene: Scene, values: Mapping[str, Any]) -> Conversation:
    """Where the message goes: the conversation at hand, else the customer's way. Refused: none."""
    if scene.conversation is not None and not values.get("channel"):
        return scene.conversation
    way = _best(scene, values)
    if way is None:
        raise Refused(_NO_WAY)
    # a new one is closed until they answer: an inbox full of what nobody has to answer helps nobody
    return conversation_of.find_or_open(
        scene.session, way.channel, [way.identity], state=ConversationState.CLOSED
    )


def _way(scene: Scene, values: Mapping[str, Any]) -> tuple[Channel, Conversation | None] | None:
    if scene.conversation is not None and not values.get("channel"):
        return scene.conversation.channel, scene.conversation
    way = _best(scene, values)
    if way is None:
        return None
    return way.channel, conversation_of.of(scene.session, way.channel, way.identity)


def _best(scene: Scene, values: Mapping[str, Any]) -> main_channels.Way | None:
    customer = scene.contact.customer
    if not values.get("channel"):
        return main_channels.main_channel(scene.session, customer)
    ways = main_channels.ways(scene.session, customer.contacts)
    wanted = [way for way in ways if str(way.channel.id) == values["channel"]]
    return wanted[0] if wanted else None


def _obstacle(scene: Scene, template: Template, channel: Channel, talk: Conversation | None) -> str:
    """Why it wouldn't leave; "" where it would."""
    try:
        templates.render(template, dict(variables.fill(scene)), channel)
    except Refused as refused:
        return refused.message
    if not may_send.is_served(scene.session, channel):
        return say("%(channel)s can't send: its plugin is off.", channel=channel.name)
    if not may_automate(scene.session, scene.contact):
        return say("%(contact)s asked not to be written to.", contact=scene.contact)
    if talk is None:
        return _closed_to_strangers(scene, template, channel)
    found = may_send.obstacle_to(talk, bool(template.provider_name), Sender.AUTOMATION)
    return found.reason if found is not None else ""


def _closed_to_strangers(scene: Scene, template: Template, channel: Channel) -> str:
    """On a channel with a window, whoever hasn't written gets approved templates only."""
    adapter = scene.session.desk.host.adapter(channel.kind)
    if adapter is None or adapter.capabilities.window is None or template.provider_name:
        return ""
    return say(
        "The customer hasn't written to %(channel)s yet: it only takes an approved template. "
        "Choose one.",
        channel=channel.name,
    )


def _templates(session: TenantSession) -> list[tuple[str, Any]]:
    living = select(Template).where(Template.archived_at.is_(None)).order_by(Template.name)
    found = [(str(one.id), one.name) for one in session.scalars(living)]
    return [("", say("Write it here")), *found]


def _channels(session: TenantSession) -> list[tuple[str, Any]]:
    living = select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    found = [(str(one.id), one.name) for one in session.scalars(living)]
    return [("", say("the main channel")), *found]
