"""REST: `/api/v1/sync_device/`: what contacts come from, lists that a program brings, their end."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import Field

from core.api import (
    ApiDecl,
    Body,
    Operation,
    body_of,
    expose,
    protect,
    row_id,
    web_session,
)
from plugins.sync import devices, removing, runs, uploading
from plugins.sync.api import device_json, run_json, who
from plugins.sync.files import CSV
from plugins.sync.models import Leaving

MOST_TEXT = 4_000_000
"""Characters of a file in a body, which the installation's own limit holds all the same."""

RUNS_SHOWN = 100


Meaning = Literal["", "name", "first_name", "last_name", "phone", "email"]


class ListBody(Body):
    """A file of contacts. `content` is CSV or vCard; `columns` says what each column of CSV means
    (name, first_name, last_name, phone, email or ""), guessed where it is left out."""

    name: str = Field(max_length=120)
    content: str = Field(max_length=MOST_TEXT)
    columns: list[Meaning] | None = Field(None, max_length=60)
    has_header: bool | None = None
    preview: bool = False


class RemoveBody(Body):
    """Whether contacts stay that came with the list alone and that nobody has used."""

    contacts: Literal["keep", "remove"] = "keep"


class SyncDeviceApi(Operation):
    """`/api/v1/sync_device/`: numbers and lists that contacts come from."""

    resource_name = "sync_device"
    class_permission_name = "Channel"
    method_permission_name = {
        "list_all": "show",
        "read": "show",
        "upload": "sync",
        "remove": "sync",
    }

    @expose("/", methods=["GET"])
    @protect()
    def list_all(self) -> Response:
        """What contacts come from.
        ---
        get:
          description: Every number that was synchronised and every list, with its last run
          responses:
            200: {description: "result: a list of devices"}
        """
        session = web_session()
        found = [*devices.devices_by_channel(session).values(), *devices.file_devices(session)]
        latest = runs.latest_runs(session, [each.id for each in found])
        return self.answer(result=[device_json(each, latest.get(each.id)) for each in found])

    @expose("/<pk>", methods=["GET"])
    @protect()
    def read(self, pk: str) -> Response:
        """A device and its runs.
        ---
        get:
          description: The last 100 runs; of a list also how many contacts came with it
          responses:
            200: {description: "The device, runs, contacts and may_go"}
        """
        session = web_session()
        device = devices.device_by_id(session, row_id(pk))
        last = runs.runs_of(session, device, RUNS_SHOWN)
        answer = device_json(device, last[0] if last else None)
        if device.file_name is not None:
            outlook = removing.outlook(session, device)
            answer |= {"contacts": outlook.contacts, "may_go": outlook.may_go}
        return self.answer(**answer, runs=[run_json(each) for each in last])

    @expose("/", methods=["POST"])
    @protect()
    def upload(self) -> Response:
        """Bring a file of contacts in.
        ---
        post:
          description: The same name again brings the same list up to date; with preview nothing is
            written until the run is applied
          responses:
            202: {description: "device_id, run_id"}
            409: {description: Another file of the list is being read, or the list is being removed}
            422: {description: "Nothing can be read, or no column has a number or an address"}
        """
        body = body_of(ListBody)
        session = web_session()
        upload = uploading.keep_file(
            session, body.content.encode(), body.name, body.name, field="content"
        )
        if upload.format == CSV:
            sheet = uploading.sheet_of(session, upload)
            has_header = sheet.has_header if body.has_header is None else body.has_header
            columns = sheet.columns if body.columns is None else body.columns
            uploading.set_columns(upload, columns, has_header=has_header)
        run = uploading.begin_reading(session, upload, asked_by=who(), is_preview=body.preview)
        return self.answer(202, device_id=run.device_id, run_id=run.id)

    @expose("/<pk>/remove", methods=["POST"])
    @protect()
    def remove(self, pk: str) -> Response:
        """Remove a list.
        ---
        post:
          description: Its contacts stay, or with remove those go, too, whom nobody has used
          responses:
            202: {description: It is being removed}
            409: {description: A run of the list works now}
            422: {description: It is a number and no list}
        """
        body = body_of(RemoveBody)
        session = web_session()
        device = devices.device_by_id(session, row_id(pk))
        removing.remove(session, device, Leaving(body.contacts))
        return self.answer(202, device_id=device.id)


DEVICE_APIS = (ApiDecl(api=SyncDeviceApi),)
