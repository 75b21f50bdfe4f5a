"""Pairing a phone: a code that is refreshed before it runs out, and what became of it.

The provider is asked while the person looks, each time outside any transaction: a page that waits
for a job would be told later than the phone's owner is. A person who looks away asks nothing.
"""

from __future__ import annotations

import base64
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from core.host.declarations import ViewDecl
from core.models import Channel, ChannelState
from core.outbound import OutcomeUnknown, SendFailed
from core.pairing import PairingCode, PairingStage, PairingState
from core.services import pairing
from core.services.lines import Line, line_of
from core.web.fab import Page, expose, has_access
from core.web.pages.channel_rows import living_channel
from core.web.request import web_session

MARGIN = 5.0  # seconds before a code's end at which the next one is fetched
NO_ANSWER = 204  # htmx leaves the page as it is


class PairingView(Page):
    """`/channels/<id>/pair`."""

    route_base = "/channels"
    class_permission_name = "Channel"
    method_permission_name = {
        "pair": "connect",
        "code": "connect",
        "state": "connect",
        "unpair": "connect",
    }

    def channel(self, pk: str) -> Channel:
        """The channel that the page is about; NotFound for one that isn't the asker's to pair."""
        return living_channel(pk)

    def base(self) -> dict[str, Any]:
        """What each of the templates is given: the view whose routes they call."""
        return {"view": type(self).__name__, "is_own": False}

    @expose("/<pk>/pair")
    @has_access
    def pair(self, pk: str) -> Any:
        channel = self.channel(pk)
        line_of(web_session(), channel).phone()
        return self.render_template(
            "sapa/channels/pair.html",
            **self.base(),
            title=_("Pair %(name)s", name=channel.name),
            channel=channel,
            is_paired=channel.state is ChannelState.CONNECTED,
        )

    @expose("/<pk>/pair/code", methods=["POST"])
    @has_access
    def code(self, pk: str) -> Any:
        """The next code: a picture, or with `by_code` a text. `round` counts those shown."""
        channel, line = self._line(pk)
        by_code = bool(request.form.get("by_code"))
        number = _round()
        if number > pairing.CODES:
            return self._told(channel, pairing.TIMEOUT)
        found = line.code(by_code=by_code)
        if isinstance(found, PairingState):
            return self._settled(pk, found)
        return self._shown(channel, found, number)

    @expose("/<pk>/pair/state", methods=["POST"])
    @has_access
    def state(self, pk: str) -> Any:
        """What changed since: 204 while the phone is awaited."""
        _channel, line = self._line(pk)
        return self._settled(pk, line.state(), is_waiting=True)

    @expose("/<pk>/unpair", methods=["POST"])
    @has_access
    def unpair(self, pk: str) -> Any:
        """Log the phone out."""
        _channel, line = self._line(pk)
        try:
            line.unpair()
        except (SendFailed, OutcomeUnknown) as error:
            flash(_("The phone could not be unpaired: %(reason)s", reason=error.reason), "danger")
            return redirect(url_for(f"{type(self).__name__}.pair", pk=pk))
        state = line.state()
        pairing.settle(web_session(), self.channel(pk), state)
        web_session().commit()
        flash(_("The phone is unpaired."), "success")
        return redirect(url_for(f"{type(self).__name__}.pair", pk=pk))

    def _line(self, pk: str) -> tuple[Channel, Line]:
        """The channel and its line, with the transaction ended: the provider is called next."""
        session = web_session()
        channel = self.channel(pk)
        line = line_of(session, channel)
        session.expunge(channel)
        session.rollback()
        return channel, line

    def _settled(self, pk: str, state: PairingState, *, is_waiting: bool = False) -> Any:
        """Record what the provider says, and tell it unless it is *still waiting*."""
        session = web_session()
        channel = self.channel(pk)
        was_new = channel.state is ChannelState.NEW
        seen = pairing.settle(session, channel, state)
        session.commit()
        if is_waiting and _is_still_waiting(seen, was_new=was_new):
            return Response(status=NO_ANSWER)
        return self._told(self.channel(pk), seen)

    def _shown(self, channel: Channel, code: PairingCode, number: int) -> Any:
        return self.render_template(
            "sapa/channels/_code.html",
            **self.base(),
            channel=channel,
            code=code,
            picture=base64.b64encode(code.image).decode(),
            number=number,
            codes=pairing.CODES,
            next_in=max(1, int(code.seconds - MARGIN)) if code.image else int(code.seconds),
        )

    def _told(self, channel: Channel, state: PairingState) -> Any:
        return self.render_template(
            "sapa/channels/_paired.html" if state.is_paired else "sapa/channels/_failed.html",
            **self.base(),
            channel=channel,
            state=state,
        )


def _round() -> int:
    text = request.form.get("round", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def _is_still_waiting(state: PairingState, *, was_new: bool) -> bool:
    """A channel that broke before still has no phone while its owner scans: that is no news."""
    if state.stage is PairingStage.WAITING:
        return True
    return not was_new and state.stage in (PairingStage.LOGGED_OUT, PairingStage.DISCONNECTED)


PAGES = (ViewDecl(view=PairingView),)
