"""Every screen of the real app, with the demo's story in it, wide and narrow, light and dark.

The screens come from the app's own routes: a new one is walked without anyone remembering to. With
SAPA_PICTURES=1 a picture of each at both widths, light and dark, is kept in build/screens/ for
people to look at; taking them is more than half of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.routing import Rule

from core.demo.people import MELATI, PASSWORD
from core.demo.stage import set_up
from core.desk import Desk
from core.models import Channel, Conversation, Division, Module, Order, Tenant
from plugins.automation.broadcasts.models import Broadcast
from plugins.automation.models import Rule as AutomatedRule
from plugins.automation.models import Run as RuleRun
from plugins.automation.smart_reply.models import SmartReply
from plugins.routing.models import AgentSetting, DistributionSetting, Rotator
from plugins.sync.models import Device, Run, Upload
from tests.browser.conftest import Watched, keep_pictures
from tests.browser.plugin_story import tell_of_plugins
from tests.web.installation import served

pytestmark = pytest.mark.browser

ADMIN, OPERATOR = "ana@atelier-ana.example", "operator@sapa.example"
OPERATORS = (
    "PlansView",
    "ResetPasswordView",
    "RolesView",
    "SystemJobsView",
    "TenantsView",
    "UserDBModelView",
)

# routes that answer GET and are no screen, each with the reason
NO_SCREEN = {
    "AgentPopupView.edit": "a dialog on other screens",
    "AgentPopupView.index": "a dialog on other screens",
    "appbuilder.static": "a file",
    "AutomationPanelView.order": "a card on an order's page",
    "AutomationPanelView.panel": "a card on the customer's page",
    "BadInboundItemView.show": "the story's providers send nothing unreadable",
    "BoardView.card": "a part of the board",
    "BoardView.changed": "a part of the board",
    "BoardView.column": "a part of the board",
    "BoardView.index": "leads to the first module",
    "BoardView.people": "JSON for a searching select",
    "BroadcastView.people": "a part of a broadcast's page",
    "BroadcastView.piece": "a part of a broadcast's page",
    "ChannelProviderView.provider": "a part of a device's page",
    "ChannelsView.arrived": "a part of a device's guide",
    "FilesView.file": "a file",
    "health.alive": "for a probe",
    "health.ready": "for a probe",
    "health.ready_to_serve": "for a probe",
    "HomeView.index": "leads to the first screen",
    "InboxView.counts": "JSON for the badge",
    "InboxView.head": "a part of the inbox",
    "InboxView.list": "a part of the inbox",
    "InboxView.messages": "a part of the inbox",
    "InboxView.quick_replies": "a part of the inbox",
    "InboxView.rows": "a part of the inbox",
    "InboxView.thread": "a part of the inbox",
    "LiveView.index": "a stream",
    "LocaleView.index": "switches the language and leads back",
    "LoginView.login": "leads on when signed in; pictured by itself below",
    "MergeView.choose": "a dialog: test_six_functions_browser.py looks at it",
    "MergeView.compare": "a dialog: test_six_functions_browser.py looks at it",
    "MergeView.found": "a part of a dialog",
    "MergeView.member": "a dialog: test_six_functions_browser.py looks at it",
    "MergeView.members": "a part of the customer's page",
    "MergeView.panel": "a dialog on the inbox",
    "MessageDialogView.index": "a dialog on other screens",
    "metrics.show": "for a probe",
    "NoticesView.bell": "a part of every screen",
    "OptOutDoorView.ask": "a customer's own link: tests/web/test_opt_out.py opens it",
    "OriginalView.frame": "a mail's own page, framed; walked in test_mail_in_the_inbox",
    "OriginalView.show": "a mail as it came; walked in test_mail_in_the_inbox",
    "OwnNameView.this_form_get": "leads to the profile",
    "OwnNumberView.pair": "needs a gateway: tests/web/test_devices_browser.py looks at it",
    "OwnPasswordView.this_form_get": "leads to the profile",
    "PairingView.pair": "needs a gateway: tests/web/test_devices_browser.py looks at it",
    "PhoneView.contacts": "JSON for the channel's adapter",
    "PhoneView.file": "a file",
    "PhoneView.picture": "a file",
    "PhoneView.screen": "a part of the simulator",
    "RolesView.index": "leads to the first role",
    "RotatorDoorView.follow": "leads to wa.me",
    "RoutingBoardView.columns": "a part of the live board",
    "RoutingWhyView.why": "a part of the inbox",
    "static": "a file",
    "SuggestionsView.beside": "a part of the customer's page",
    "SyncView.refused": "a CSV file",
    "SyncView.report": "a part of a run's page",
    "SyncView.rows": "a part of the devices to synchronise",
    "SyncView.toggle": "a part of a device's page",
    "TodayView.rows": "a part of Today",
    "UserDBModelView.userinfo": "FAB's own page, in whose place there is the profile",
    "UtilView.back": "leads back",
    "webhooks.receive_webhook": "a provider's handshake",
}
# what the key in a page's address is of, where its view has no noun
KEY_OF: dict[str, InstrumentedAttribute[int]] = {
    "AutomationHistoryView": RuleRun.id,
    "AutomationView": AutomatedRule.id,
    "BoardView": Module.id,
    "BroadcastView": Broadcast.id,
    "ChannelsView": Channel.id,
    "DistributionDivisionsView": Division.id,
    "DistributionSettingsView": DistributionSetting.id,
    "DistributionView": AgentSetting.member_id,
    "RotatorView": Rotator.id,
    "SmartReplyView": SmartReply.id,
    "SyncView.device": Device.id,
    "SyncView.run": Run.id,
    "UploadView": Upload.id,
    "UploadView.leave": Upload.device_id,
}
NO_SCREEN_METHODS = {
    "action": "acts by POST",
    "export": "a CSV file",
    "related": "JSON for a searching select",
    "static": "a file",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo's installation on a port."""
    with served(tmp_path_factory.mktemp("screens"), workers=False) as made:
        set_up(made.extensions["sapa"])
        tell_of_plugins(made.extensions["sapa"])
        yield made


@pytest.fixture(params=[ADMIN, OPERATOR], ids=["admin", "operator"])
def visitor(request: Any, chromium: Browser, app: Flask) -> Iterator[tuple[str, Watched, Page]]:
    """Somebody signed in: the admin in the fuller shop, or the operator."""
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    watched = Watched(context, app.extensions["sapa"].settings.public_url)
    watched.allow_own_origin_only()
    page = watched.page()
    page.goto(f"{watched.url}/login/")
    page.fill("[name=username]", request.param)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    if request.param == ADMIN:
        with page.expect_navigation():
            page.evaluate(f"document.querySelector('form[action*={MELATI}]').requestSubmit()")
    yield request.param, watched, page
    context.close()


def is_screen(rule: Rule) -> bool:
    method = rule.endpoint.partition(".")[2]
    return (
        "GET" in (rule.methods or ())
        and not rule.rule.startswith("/api/")
        and rule.endpoint not in NO_SCREEN
        and method not in NO_SCREEN_METHODS
    )


def screens(app: Flask) -> dict[str, str]:
    """Every screen's endpoint and an address at which there is something to see."""
    found = {}
    for rule in app.url_map.iter_rules():
        if is_screen(rule):
            found[rule.endpoint] = address(app, rule)
    return found


def address(app: Flask, rule: Rule) -> str:
    values = {name: value_for(app, rule, name) for name in rule.arguments}
    path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda match: str(values[match[1]]), rule.rule)
    if rule.endpoint == "ResetPasswordView.this_form_get":
        return f"{path}?pk=2"  # whose password
    return f"{path}?q=d" if rule.endpoint == "CustomerView.search" else path


def value_for(app: Flask, rule: Rule, name: str) -> Any:
    if name == "kind":
        return "whatsapp_cloud"
    if rule.endpoint.startswith("RolesView."):
        return "Supervisor"
    if rule.endpoint.startswith("PluginsView."):
        return "sync"
    if name == "version":
        return "v1"
    return row_of(app, rule.endpoint)


def row_of(app: Flask, endpoint: str) -> int:
    """The key of a row that this page shows, with much to show about it."""
    view_name = endpoint.partition(".")[0]
    desk: Desk = app.extensions["sapa"]
    with desk.database.system(write=False) as session:
        tenant = session.scalars(select(Tenant).where(Tenant.slug == MELATI)).one()
        talked = session.scalars(
            select(Conversation)
            .where(
                Conversation.tenant_id == tenant.id,
                Conversation.contact_id.in_(select(Order.contact_id)),
            )
            .order_by(Conversation.id)
        ).first()
        assert talked is not None, "the story has nobody who ordered and wrote"
        special = {
            "InboxView": talked.id,
            "ConversationView": talked.id,
            "CustomerView": talked.contact.customer_id,
            "ContactView": talked.contact_id,
            "TenantsView": tenant.id,
            "PlansView": tenant.plan_id,
        }
        if view_name in special:
            return int(special[view_name] or 0)
        key = KEY_OF.get(endpoint) or KEY_OF.get(view_name)
        if key is None:
            views = app.appbuilder.baseviews  # type: ignore[attr-defined]  # FAB sets it
            key = next(v for v in views if type(v).__name__ == view_name).datamodel.obj.id
        rows = select(key)
        if hasattr(key.class_, "tenant_id"):
            rows = rows.where(key.class_.tenant_id == tenant.id)
        return int(session.scalars(rows.order_by(key)).first() or 0)


def look(page: Page, name: str) -> int:
    """How far the page can be scrolled sideways on a phone; the four pictures where asked for."""
    keep_pictures(page, name, full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    overflow: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    return overflow


def test_every_screen_is_there_fits_a_phone_and_asks_nobody_else(
    app: Flask, visitor: tuple[str, Watched, Page]
) -> None:
    who, watched, page = visitor
    walked, wrong = 0, []
    for endpoint, path in sorted(screens(app).items()):
        if (endpoint.partition(".")[0] in OPERATORS) != (who == OPERATOR):
            continue
        walked += 1
        heard = len(watched.complaints)
        answer = page.goto(watched.url + path)
        status = answer.status if answer else "no answer"
        if status != 200:
            wrong.append(f"{path}: {status}")
            continue
        if endpoint.startswith("SwaggerView"):
            page.wait_for_selector(".opblock")
        if not re.match(r".+ · Sapa$", page.title()):
            wrong.append(f"{path}: the title is {page.title()!r}")
        overflow = look(page, endpoint)
        if overflow > 0:
            wrong.append(f"{path}: {overflow} px wider than a phone")
        wrong += [f"{path}: {each}" for each in watched.complaints[heard:]]
    assert wrong == []
    assert walked > (50 if who == ADMIN else 8)


def test_the_pages_of_strangers(app: Flask, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = Watched(context, app.extensions["sapa"].settings.public_url)
    watched.allow_own_origin_only()
    page = watched.page()
    page.goto(f"{watched.url}/login/")
    assert look(page, "LoginView.login") == 0
    assert watched.complaints == []
    page.fill("[name=username]", ADMIN)
    page.fill("[name=password]", "wrong-password")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.input_value("[name=username]") == ADMIN
    assert "wrong" in page.inner_text("#password-error")
    page.goto(f"{watched.url}/nothing-here")
    assert look(page, "error-404") == 0
    context.close()


def test_every_screen_has_a_picture_or_a_reason(app: Flask) -> None:
    endpoints = {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())
    }
    stale = set(NO_SCREEN) - endpoints
    assert stale == set(), "these exemptions name no route any more"
    assert len(screens(app)) > 60
