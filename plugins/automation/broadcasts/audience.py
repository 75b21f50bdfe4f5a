"""Whom a broadcast is meant for: everybody, some of them by label and by what they did, or a file.

An audience is read in pages by a growing key, so that a hundred thousand people take no more memory
than five hundred, and a listing that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import aliased

from core.api import (
    Contact,
    Conversation,
    Customer,
    Identity,
    IdentityKind,
    Label,
    LabelOnContact,
    Order,
    PhoneRefused,
    Refused,
    TenantSession,
    insert_unnamed,
    now,
    parse_phone,
    say,
    tenant_of,
)
from plugins.automation.broadcasts import saved
from plugins.automation.broadcasts.models import Broadcast, Recipient, RecipientState

AT_ONCE = 500
MOST_IN_A_FILE = 200_000
MOST_DAYS = 3650
KINDS = ("everybody", "filter", "file")


@dataclass(frozen=True)
class Page:
    """Some customers of an audience; `cursor` is where the next page begins, None: it was the last.

    `contacts` is how many contacts of the audience stand behind these customers.
    """

    customer_ids: Sequence[int]
    contacts: int
    cursor: int | None


def checked(session: TenantSession, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """An audience as it is stored. Refused, with the field.

    `wanted` has its kind; of a filter labels and days, of a saved one its id, `saved`, of a file
    its `file_name`.
    """
    kind = str(wanted.get("kind") or "everybody")
    if kind == "saved":
        return saved.of(session, wanted.get("saved"))
    if kind not in KINDS:
        raise Refused(say("Choose whom it is for."), "audience")
    if kind == "file":
        return {"kind": kind, "name": str(wanted.get("file_name") or "")[:120]}
    if kind == "everybody":
        return {"kind": kind}
    found: dict[str, Any] = {"kind": kind, "labels": []}
    asked = [int(each) for each in wanted.get("labels") or ()]
    known = set(session.scalars(select(Label.id).where(Label.id.in_(asked)))) if asked else set()
    if set(asked) - known:
        raise Refused(say("One of these labels is gone: choose again."), "labels")
    found["labels"] = sorted(known)
    for name in ("wrote_within", "ordered_within", "silent_for"):
        days = wanted.get(name)
        if days in (None, ""):
            continue
        if not str(days).isdigit() or not 1 <= int(days) <= MOST_DAYS:
            raise Refused(say("Give a number of days, from 1."), name)
        found[name] = int(days)
    if len(found) == 2 and not found["labels"]:
        raise Refused(say("Choose a label, or what they did."), "labels")
    return found


def page_of(session: TenantSession, broadcast: Broadcast) -> Page:
    """The next customers to look at. Two statements."""
    at_once = AT_ONCE
    if broadcast.audience.get("kind") == "file":
        return _page_of_file(session, broadcast, at_once)
    ids = session.scalars(
        select(Customer.id)
        .where(
            Customer.id > broadcast.cursor,
            Customer.archived_at.is_(None),
            Customer.successor_id.is_(None),
            _of_customer(broadcast.audience),
        )
        .order_by(Customer.id)
        .limit(at_once)
    ).all()
    counted = session.scalar(
        select(func.count(Contact.id)).where(
            Contact.customer_id.in_(ids),
            Contact.archived_at.is_(None),
            *_of_contact(broadcast.audience),
        )
    )
    return Page(ids, counted or 0, ids[-1] if len(ids) == at_once else None)


def _page_of_file(session: TenantSession, broadcast: Broadcast, at_once: int) -> Page:
    rows = session.execute(
        select(Recipient.id, Recipient.customer_id)
        .where(
            Recipient.broadcast_id == broadcast.id,
            Recipient.state == RecipientState.LISTED,
            Recipient.id > broadcast.cursor,
        )
        .order_by(Recipient.id)
        .limit(at_once)
    ).all()
    return Page([row.customer_id for row in rows], 0, rows[-1].id if len(rows) == at_once else None)


def _of_customer(audience: Mapping[str, Any]) -> ColumnElement[bool]:
    own = (Contact.customer_id == Customer.id, Contact.archived_at.is_(None))
    return exists().where(*own, *_of_contact(audience))


def _of_contact(audience: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """What is asked of a contact; a customer is meant when one of theirs fits."""
    asked: list[ColumnElement[bool]] = []
    if labels := audience.get("labels"):
        asked.append(
            exists().where(
                LabelOnContact.contact_id == Contact.id, LabelOnContact.label_id.in_(labels)
            )
        )
    if days := audience.get("wrote_within"):
        asked.append(_wrote(days))
    if days := audience.get("silent_for"):
        asked.append(~_wrote(days))
    if days := audience.get("ordered_within"):
        since = now() - timedelta(days=days)
        asked.append(exists().where(Order.contact_id == Contact.id, Order.created_at >= since))
    return asked


def _wrote(days: int) -> ColumnElement[bool]:
    talk = aliased(Conversation)
    return exists().where(
        talk.contact_id == Contact.id, talk.last_inbound_at >= now() - timedelta(days=days)
    )


def read_file(session: TenantSession, broadcast: Broadcast, content: bytes) -> None:
    """List the customers of a file: a number or an e-mail address in each row, anywhere in it.

    Refused, field `file`: nobody in it is a customer. Who isn't one is counted, not written to.
    """
    region = tenant_of(session).default_region
    found = unknown = 0
    for values in _batches(_addresses(_text_of(content), region)):
        rows = session.execute(
            select(Identity.address, Contact.customer_id)
            .join(Contact, Contact.id == Identity.contact_id)
            .where(
                Identity.scope == 0,
                Identity.kind.in_((IdentityKind.PHONE, IdentityKind.EMAIL)),
                Identity.address.in_(values),
                Contact.archived_at.is_(None),
            )
        ).all()
        unknown += len(set(values) - {row.address for row in rows})
        found += len(rows)
        people = dict.fromkeys(row.customer_id for row in rows)
        insert_unnamed(
            session,
            Recipient,
            [
                {
                    "broadcast_id": broadcast.id,
                    "customer_id": customer_id,
                    "state": RecipientState.LISTED,
                }
                for customer_id in people
            ],
            skip_known=True,
        )
    if not found:
        raise Refused(
            say("Nobody in this file is a customer here: import them first, under Customers."),
            "file",
        )
    broadcast.contacts, broadcast.unknown = found, unknown
    session.flush()


def _text_of(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(say("This file can't be read: save it as CSV in UTF-8."), "file")


def _addresses(text: str, region: str) -> Iterable[str]:
    """The first number or e-mail address of each row, in the spelling that is stored."""
    count = 0
    for row in csv.reader(io.StringIO(text.replace("\x00", ""))):
        for cell in row:
            address = _address(cell.strip(), region)
            if address:
                count += 1
                if count > MOST_IN_A_FILE:
                    raise Refused(
                        say("A file holds up to %(most)s people.", most=MOST_IN_A_FILE), "file"
                    )
                yield address
                break


def _address(cell: str, region: str) -> str:
    if "@" in cell:
        return cell.lower() if len(cell) <= 254 else ""
    if sum(map(str.isdigit, cell)) < 6 or any(map(str.isalpha, cell)) or len(cell) > 40:
        return ""
    try:
        return parse_phone(cell, region).e164
    except PhoneRefused:
        return ""


def _batches(values: Iterable[str]) -> Iterable[Collection[str]]:
    batch: dict[str, None] = {}
    for value in values:
        batch[value] = None
        if len(batch) == AT_ONCE:
            yield list(batch)
            batch = {}
    if batch:
        yield list(batch)
