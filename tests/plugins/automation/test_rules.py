"""Saving a rule, the ready-made set, what is foreseen, and who may."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.api import Invalid
from core.models import Contact, Template, Tenant
from core.services import consent
from core.tenancy.session import TenantSession
from plugins.automation import foreseeing, ready_made, rules
from plugins.automation.models import Rule
from plugins.automation.rules import Draft
from plugins.automation.variables import names_in
from tests.plugins.automation.conftest import Shop, send


def draft(text: str = "Halo {contactname}", **more: Any) -> Draft:
    return Draft(**{"trigger": "order_paid", "steps": [send(text)], **more})


def faults(session: TenantSession, made: Draft) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        rules.save(session, None, made)
    return caught.value.errors


def test_B11_a_variable_that_the_trigger_cannot_fill_is_an_error_at_its_field(lite: Shop) -> None:
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        wrong = faults(session, draft("Resi {trackingnumber}"))
        assert "{trackingnumber}" in wrong["step.0.text"][0]
        template = Template(name="Resi", body="{trackingnumber} {nonsense}")
        session.add(template)
        session.flush()
        chosen = send("", template=str(template.id))
        wrong = faults(session, draft(steps=[chosen]))
        assert "{nonsense}" in wrong["step.0.template"][0]
        rules.save(session, None, draft("Resi {trackingnumber}", trigger="order_shipped"))
        assert session.scalars(select(Rule.trigger)).all() == ["order_shipped"]


def test_every_fault_of_a_rule_is_told_at_once(lite: Shop) -> None:
    line = {"condition": "order_total", "operator": "over", "value": "banyak"}
    made = draft(
        "",
        trigger="label_added",
        conditions={"join": "all", "items": [{"join": "all", "items": [line]}]},
        delay_count="-1",
        at_time="25:00",
        name="x" * 200,
    )
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        assert set(faults(session, made)) == {
            "ask.label",
            "if.0.0",
            "step.0.text",
            "delay",
            "at_time",
            "name",
        }
        assert set(faults(session, Draft(trigger="gone"))) == {"trigger"}
        assert "steps" in faults(session, draft(steps=[]))


def test_B10_a_rule_reads_as_a_sentence(lite: Shop) -> None:
    line = {"condition": "order_total", "operator": "over", "value": "500000"}
    made = draft(
        "Terima kasih",
        conditions={"join": "all", "items": [{"join": "all", "items": [line]}]},
    )
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        assert str(rules.sentence_of(session, made)) == (
            "When an order is paid, if the total is over 500,000, send “Terima kasih” by the main "
            "channel, at once."
        )
        made.delay_count, made.delay_unit = "2", "days"
        assert str(rules.sentence_of(session, made)).endswith("channel, 2 days later.")
        rule = rules.save(session, None, made)
        assert rule.name == "Send “Terima kasih” by the main channel"
        assert rules.draft_of(rule).delay_count == "2"


@pytest.mark.parametrize("language", ready_made.LANGUAGES)
def test_the_ready_made_set_is_whole_in_each_language(lite: Shop, language: str) -> None:
    with lite.house.desk.database.system() as system:
        system.get_one(Tenant, lite.house.tenant_id).locale = language
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        assert ready_made.language_of(session) == language
        assert len(ready_made.install(session, language)) == 6
        assert ready_made.install(session, language) == []
        for rule in rules.all_of(session):
            rules.save(session, rule, rules.draft_of(rule))  # the editor would take each
        bodies = session.scalars(select(Template.body)).all()
        assert len({body for body in bodies if "contactname" in names_in(body)}) == 6


def test_B15_the_simulator_says_what_a_rule_would_do_and_does_nothing(lite: Shop) -> None:
    line = {"condition": "order_total", "operator": "over", "value": "500000"}
    made = draft(
        "Lunas {documentnumber}",
        conditions={"join": "all", "items": [{"join": "all", "items": [line]}]},
    )
    contact_id = lite.customer()
    small, big = lite.order(contact_id, 400_000), lite.order(contact_id, 600_000)
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        found = {}
        for order_id in (small, big):
            number = f"{order_id:05d}"
            scene = foreseeing.build(session, contact_id, f"order:{order_id}")
            prospect = foreseeing.foresee(session, made, scene)
            found[number] = (prospect.acts, prospect.steps[0][1])
        (is_small, _step), (is_big, step) = found.values()
        assert (is_small, is_big) == (False, True)
        assert step.text.startswith("Lunas 2")
        assert (step.way, step.obstacle) == ("WhatsApp 1", "")
        consent.opt_out(session, session.get_one(Contact, contact_id))
        scene = foreseeing.build(session, contact_id, f"order:{big}")
        step = foreseeing.foresee(session, made, scene).steps[0][1]
        assert "asked not to be written to" in step.obstacle
    assert lite.sent() == []


def test_the_simulator_finds_an_order_by_its_number_and_a_person_by_name(lite: Shop) -> None:
    contact_id = lite.customer("Dewi Lestari")
    order_id = lite.order(contact_id)
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        number = foreseeing.build(session, contact_id, f"order:{order_id}").order.number  # type: ignore[union-attr]
        assert foreseeing.find(session, None, number).order.id == order_id  # type: ignore[union-attr]
        assert foreseeing.find(session, None, "dewi").contact.id == contact_id  # type: ignore[union-attr]
        assert foreseeing.find(session, None, "siapa") is None
