"""A tenant's rows without what differs between two tenants of the same story.

Ids become places in their table, moments since the story began become "now", and jobs, which name
rows by id inside, are told lane by lane.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Table, text

from core.models.base import UtcDateTime
from core.testing.installation import Installation
from core.testing.tables import tenant_tables

LEFT_OUT = frozenset({"tenant_id", "uuid", "sealed", "lease_until", "place"})
NOT_PICTURED = frozenset({"job", "raw_inbox"})
INDEXES = frozenset({"message_token", "contact_token"})  # their ids are no foreign keys
NOUNS = {"early": "early_status"}

Places = dict[tuple[str, int], int]
Row = dict[str, Any]


def picture(house: Installation, began: datetime) -> dict[str, Any]:
    """All rows of the house's tenant, table by table."""
    tables = {table.name: table for table in tenant_tables(house.desk)}
    rows = {name: _read(house, table) for name, table in tables.items()}
    places: Places = {
        (name, row["id"]): place
        for name, found in rows.items()
        if name != "identity" and "id" in tables[name].c
        for place, row in enumerate(found, 1)
    }
    # identities are written in the order of their addresses, which no reader goes by
    by_address = sorted(rows["identity"], key=lambda row: (row["kind"], row["address"]))
    places |= {("identity", row["id"]): place for place, row in enumerate(by_address, 1)}
    rows["identity"] = by_address
    shown: dict[str, Any] = {
        name: [_plain(tables[name], row, places, began) for row in rows[name]]
        for name in tables
        if rows[name] and name not in NOT_PICTURED
    }
    for name in INDEXES & shown.keys():
        shown[name].sort(key=lambda row: str(sorted(row.items())))
    shown["jobs"] = _jobs(rows["job"], places, began)
    return shown


def _read(house: Installation, table: Table) -> list[Row]:
    order = "id" if "id" in table.c else "tenant_id"
    with house.desk.database.system(write=False) as session:
        found = session.execute(
            text(f'select * from "{table.name}" where tenant_id = :own order by {order}'),
            {"own": house.tenant_id},
        )
        return [dict(row) for row in found.mappings()]


def _plain(table: Table, row: Row, places: Places, began: datetime) -> Row:
    targets = {
        element.parent.name: element.column.table.name
        for constraint in table.foreign_key_constraints
        for element in constraint.elements
        if element.parent.name != "tenant_id"
    }
    if table.name in INDEXES:
        targets |= {name: name.removesuffix("_id") for name in row if name.endswith("_id")}
    shown = {}
    for name, value in row.items():
        if name in LEFT_OUT or name == "id":
            continue
        if name in targets and value is not None:
            value = places.get((targets[name], value), f"{targets[name]} of others")
        elif name == "scope" and value:
            value = places["channel", value]
        elif isinstance(value, str) and re.fullmatch(r"#\d+", value):  # the nameless, by number
            value = f"#{places.get(('contact', int(value[1:])))}"
        elif name == "row_id" and value:
            value = places.get((row["noun"], value))
        elif isinstance(table.c[name].type, UtcDateTime | DateTime) and value is not None:
            value = _moment(value, began)
        shown[name] = value
    return shown


def _moment(value: Any, began: datetime) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return "now" if moment >= began else moment.astimezone(UTC).isoformat()


def _jobs(rows: list[Row], places: Places, began: datetime) -> dict[str, list[str]]:
    """By lane, in their order; without a lane, in any. Jobs of rows that are gone do nothing."""
    lanes: dict[str, list[str]] = {}
    for row in rows:
        payload = row["payload"]
        payload = json.loads(payload) if isinstance(payload, str) else payload
        told = {}
        for key, value in payload.items():
            noun = key.removesuffix("_id")
            if key.endswith("_id") and value is not None:
                value = places.get((NOUNS.get(noun, noun), value), "gone")
            told[key] = value
        if "gone" in told.values():
            continue
        lane = re.sub(
            r"(\w+):(\d+)$",
            lambda found: f"{found[1]}:{places.get((found[1], int(found[2])))}",
            row["lane"] or "",
        )
        due = _moment(row["due_at"], began)
        lanes.setdefault(lane, []).append(f"{row['actor']} {row['queue']} {due} {told}")
    lanes[""] = sorted(lanes.get("", []))
    return lanes
