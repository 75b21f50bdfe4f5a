"""The phone in the browser, and the two doors through which Sapa and the phone meet."""

from __future__ import annotations

import hmac
from typing import Any
from uuid import UUID

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import undefer

from core.api import (
    NotFound,
    Page,
    Refused,
    TenantSession,
    channel_door,
    expose,
    has_access,
    machine_door,
    safe_inline_type,
    say,
    web_session,
)
from plugins.channels.simulator import phones
from plugins.channels.simulator.models import Line

PROOF = "The adapter bears the channel's secret, which is checked before anything is read."
EMOJI = ("👍", "❤️", "😂", "🙏")


class PhoneView(Page):
    """`/simulator/`: choose a phone and who writes with it."""

    route_base = "/simulator"
    class_permission_name = "Simulator"
    method_permission_name = {
        "index": "read",
        "screen": "read",
        "picture": "read",
        "add_person": "use",
        "write": "use",
        "react": "use",
        "look": "use",
        "mood": "use",
    }

    @expose("/")
    @has_access
    def index(self) -> str:
        """`?phone=` and `?person=`, else the first of each."""
        session = web_session()
        channels = phones.phones(session)
        wanted = request.args.get("phone", type=int)
        channel = next((c for c in channels if c.id == wanted), channels[0] if channels else None)
        values: dict[str, Any] = {"channel": channel, "person": None, "people": [], "phone": None}
        if channel is not None:
            known = phones.people(session, channel.id)
            asked = request.args.get("person", type=int)
            values["people"] = known
            values["person"] = next(
                (p for p in known if p.id == asked), known[0] if known else None
            )
            values["phone"] = phones.phone_of(session, channel.id)
        page: str = self.render_template(
            "simulator/phone.html",
            title=_("Phone simulator"),
            channels=channels,
            failures=phones.FAILURES,
            **values,
            **self._screen(session, values["person"]),
        )
        return page

    @expose("/<int:channel_id>/<int:person_id>/screen")
    @has_access
    def screen(self, channel_id: int, person_id: int) -> str:
        """The messages on the phone as they are now."""
        session = web_session()
        person = phones.person(session, channel_id, person_id)
        return render_template(
            "simulator/_lines.html", person=person, **self._screen(session, person)
        )

    @expose("/picture/<int:line_id>")
    @has_access
    def picture(self, line_id: int) -> Response:
        """A picture on the phone."""
        line = web_session().get(Line, line_id, options=[undefer(Line.file)])
        if line is None or not line.file:
            raise NotFound(say("There is no such picture."))
        return _file(line)

    @expose("/<int:channel_id>/people", methods=["POST"])
    @has_access
    def add_person(self, channel_id: int) -> Any:
        """Somebody else takes the phone: `number` and `name`."""
        session = web_session()
        channel = phones.channel(session, channel_id)
        person = phones.add_person(
            session, channel, request.form.get("number", ""), request.form.get("name", "")
        )
        session.commit()
        where = url_for("PhoneView.index", phone=channel.id, person=person.id)
        if request.headers.get("HX-Request"):
            return Response(status=204, headers={"HX-Redirect": where})
        return redirect(where)

    @expose("/<int:channel_id>/<int:person_id>/write", methods=["POST"])
    @has_access
    def write(self, channel_id: int, person_id: int) -> str:
        """The person sends `text` and an `image`; answers with the screen."""
        session = web_session()
        person = phones.person(session, channel_id, person_id)
        image, mime_type = _image()
        phones.write(
            session,
            person,
            request.form.get("text", "").replace("\x00", ""),
            image=image,
            mime_type=mime_type,
            reply_to=request.form.get("reply_to", "")[:255],
        )
        session.commit()
        return self.screen(channel_id, person_id)

    @expose("/<int:channel_id>/<int:person_id>/react", methods=["POST"])
    @has_access
    def react(self, channel_id: int, person_id: int) -> str:
        """The person puts `emoji` on the message `line`."""
        session = web_session()
        person = phones.person(session, channel_id, person_id)
        emoji = request.form.get("emoji", "")
        if emoji not in EMOJI:
            raise Refused(say("Choose one of the reactions shown."), "emoji")
        phones.react(session, person, request.form.get("line", default=0, type=int), emoji)
        session.commit()
        return self.screen(channel_id, person_id)

    @expose("/<int:channel_id>/<int:person_id>/look", methods=["POST"])
    @has_access
    def look(self, channel_id: int, person_id: int) -> Response:
        """The person looks at the screen: what has arrived is read."""
        session = web_session()
        phones.look(session, phones.person(session, channel_id, person_id))
        session.commit()
        return Response(status=204)

    @expose("/<int:channel_id>/mood", methods=["POST"])
    @has_access
    def mood(self, channel_id: int) -> Response:
        """`is_silent`, and `fail_next` sends that fail as `fail_as`."""
        session = web_session()
        phones.set_mood(
            session,
            phones.channel(session, channel_id),
            is_silent="is_silent" in request.form,
            fail_next=request.form.get("fail_next", default=0, type=int),
            fail_as=request.form.get("fail_as", "retry"),
        )
        session.commit()
        return Response(status=204)

    # -- doors: no login, no CSRF token; the channel's secret -------------------------------

    @expose("/phone/<uuid:channel_uuid>", methods=["POST"])
    @machine_door(PROOF)
    def arrive(self, channel_uuid: UUID) -> Any:
        """What Sapa sends, as the adapter builds it. 200 `{"id"}`, 401, 404, or as told to fail."""
        door = channel_door(channel_uuid, "simulator")
        _prove(door.account.secrets.get("secret", ""))
        sent = request.get_json(silent=True)
        if not isinstance(sent, dict):
            return jsonify(error="The body is no JSON object."), 400
        with door.session() as session:
            answer = phones.take(session, door.account.channel_id, sent)
        return jsonify({"id": answer.id} if answer.id else {}), answer.status

    @expose("/phone/<uuid:channel_uuid>/file/<name>")
    @machine_door(PROOF)
    def file(self, channel_uuid: UUID, name: str) -> Response:
        """A picture that the person sent, for Sapa to fetch."""
        door = channel_door(channel_uuid, "simulator")
        _prove(door.account.secrets.get("secret", ""))
        with door.session(write=False) as session:
            line = session.scalar(
                select(Line)
                .where(Line.channel_id == door.account.channel_id, Line.provider_id == name)
                .options(undefer(Line.file))
            )
            if line is None or not line.file:
                raise NotFound(say("There is no such file."))
            return _file(line)

    @expose("/phone/<uuid:channel_uuid>/contacts")
    @machine_door(PROOF)
    def contacts(self, channel_uuid: UUID) -> Any:
        """The address book behind the id `after`: `{"contacts": […], "next": id or null}`."""
        door = channel_door(channel_uuid, "simulator")
        _prove(door.account.secrets.get("secret", ""))
        after = request.args.get("after", default=0, type=int)
        with door.session(write=False) as session:
            found = phones.address_book(session, door.account.channel_id, after)
        return jsonify(
            contacts=[{"number": each.number, "name": each.name} for each in found],
            next=found[-1].id if len(found) == phones.LISTED else None,
        )

    def _screen(self, session: TenantSession, person: Any) -> dict[str, Any]:
        found = phones.lines(session, person) if person else []
        return {
            "lines": found,
            "by_id": {line.provider_id: line for line in found},
            "emoji": EMOJI,
        }


def _prove(secret: str) -> None:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secret or not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
        raise Refused(say("The secret is not this channel's."), status=401)


def _image() -> tuple[bytes, str]:
    file = request.files.get("image")
    content = file.read(phones.LARGEST_IMAGE + 1) if file else b""
    if not content:
        return b"", ""
    mime_type = safe_inline_type(content) or ""
    if not mime_type.startswith("image/"):
        raise Refused(say("The phone sends pictures only: PNG, JPEG, GIF or WebP."), "image")
    return content, mime_type


def _file(line: Line) -> Response:
    content = line.file or b""
    mime_type = safe_inline_type(content) or "application/octet-stream"
    answer = Response(content, mimetype=mime_type)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
