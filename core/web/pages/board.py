"""The board: a module's stages as columns, its cards dragged from one to the next."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from core.errors import NotFound, Refused
from core.models import Card, Label, Module
from core.models.base import now
from core.services import board, cards, customers
from core.services.board import Key, Shelf, Wanted
from core.services.card_places import get_card, move_card, tell_board
from core.services.find_customers import find_customers
from core.services.may_send import is_window_open, takes_templates
from core.services.preview import preview_of
from core.web import tenant_time
from core.web.channel_icons import channel_icon
from core.web.fab import Page, expose, has_access
from core.web.message_button import message_button
from core.web.nouns.currency import usual_currency
from core.web.pages.inbox_context import ids, member_id
from core.web.request import membership, need_tenant, web_session

SHOWN_MESSAGES = 30
MOST_WORTH = Decimal(10) ** 15


class BoardView(Page):
    """`/board/`: whole pages for addresses, fragments for htmx and live events."""

    route_base = "/board"
    class_permission_name = "Card"
    method_permission_name = {
        "index": "list",
        "module": "list",
        "column": "list",
        "changed": "list",
        "card": "show",
        "people": "add",
        "add": "add",
        "move": "move",
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The first module; without any, what to do about it."""
        need_tenant()
        found = board.modules(web_session())
        if found:
            return redirect(url_for("BoardView.module", module_id=found[0].id))
        return self.render_template("sapa/board/nothing.html", title=_("Board"))

    @expose("/<int:module_id>/")
    @has_access
    def module(self, module_id: int) -> str:
        """A module's cards, as far as the filter lets them through."""
        need_tenant()
        session = web_session()
        wanted = _wanted(board.get_module(session, module_id))
        page: str = self.render_template(
            "sapa/board/board.html",
            title=wanted.module.name,
            modules=board.modules(session),
            columns=board.columns(session, wanted),
            every_label=list(session.scalars(select(Label).order_by(Label.name))),
            open_card=request.args.get("card", type=int),
            **_shared(wanted),
        )
        return page

    @expose("/<int:module_id>/column")
    @has_access
    def column(self, module_id: int) -> str:
        """The next cards of the column `stage`, behind the key `after`."""
        wanted = _wanted(board.get_module(web_session(), module_id))
        stage, after = _text("stage"), request.args.get("after", "")
        found = board.column(
            web_session(), wanted, stage, after=Key.parse(after) if after else None
        )
        return render_template("sapa/board/_cards.html", column=found, **_shared(wanted))

    @expose("/<int:module_id>/changed")
    @has_access
    def changed(self, module_id: int) -> str:
        """Those of `cards` that stand here now, with those that `conversations` and `tasks` are
        about, and what each column holds.
        """
        session = web_session()
        wanted = _wanted(board.get_module(session, module_id))
        asked = {*ids("cards"), *board.cards_about(session, ids("conversations"), ids("tasks"))}
        return _changed(wanted, asked)

    @expose("/card/<int:card_id>")
    @has_access
    def card(self, card_id: int) -> str:
        """One card with what was said on it, for the drawer."""
        session = web_session()
        card = get_card(session, card_id)
        face = board.faces(session, [card])[0]
        return render_template(
            "sapa/board/_drawer.html",
            face=face,
            messages=board.messages_of(session, card, SHOWN_MESSAGES),
            stages=card.module.stages or ["New"],
            is_window_open=face.conversation is not None and is_window_open(face.conversation),
            takes_templates=face.conversation is not None and takes_templates(face.conversation),
            message_button=message_button,
            **_shared(_wanted(card.module)),
        )

    @expose("/people")
    @has_access
    def people(self) -> Response:
        """Customers whose name, number or address begins with `q`: `[{id, text}]`."""
        found = find_customers(web_session(), _text("q"), limit=12)
        return jsonify(
            [
                {"id": each.id, "text": " · ".join(filter(None, (str(each), each.phone)))}
                for each in found
            ]
        )

    @expose("/<int:module_id>/add", methods=["POST"])
    @has_access
    def add(self, module_id: int) -> str:
        """A new card of the `customer` in `stage`, with a `title` and an `amount` if one likes."""
        session = web_session()
        wanted = _wanted(board.get_module(session, module_id))
        module = wanted.module
        stage = request.form.get("stage", "")
        if stage not in (module.stages or ["New"]):
            raise Refused(_("This module has no such stage. Reload the board."), "stage")
        customer_id = request.form.get("customer", type=int)
        if not customer_id:
            raise Refused(_("Choose whose card this is."), "customer")
        try:
            customer = customers.resolve(session, min(customer_id, 2**31 - 1))
        except NotFound:
            raise Refused(_("There is no such customer."), "customer") from None
        amount = _amount(request.form.get("amount", ""))
        title = " ".join(request.form.get("title", "").replace("\x00", "").split())[:160]
        card = cards.open_card(session, module, customers.main_contact(customer))
        card.stage = stage
        card.title = title or card.title
        card.amount, card.currency = amount, usual_currency()
        card.agent_id = member_id()
        session.flush()
        tell_board(session, card)
        session.commit()
        return _changed(wanted, {card.id})

    @expose("/card/<int:card_id>/move", methods=["POST"])
    @has_access
    def move(self, card_id: int) -> str:
        """Put it into `stage`: above the card `before`, below `after`, else at the end."""
        session = web_session()
        card = get_card(session, card_id)
        before, after = (_neighbour(name) for name in ("before", "after"))
        move_card(session, card, request.form.get("stage", ""), before=before, after=after)
        session.commit()
        return _changed(_wanted(card.module), {card.id})


def _wanted(module: Module) -> Wanted:
    """The cards that the address asks for. An unknown word means the default."""
    shelf = request.args.get("shelf", "")
    return Wanted(
        module,
        member_id=(member_id() or 0) if request.args.get("whose") == "mine" else None,
        text=_text("q"),
        label_id=request.args.get("label", type=int) if "label" in request.args else None,
        shelf=Shelf(shelf) if shelf in set(Shelf) else Shelf.OPEN,
    )


def _text(name: str) -> str:
    text = request.args.get(name, "").replace("\x00", "")
    return text.encode("utf-8", "ignore").decode()


def _shared(wanted: Wanted) -> dict[str, Any]:
    return {
        "wanted": wanted,
        "query": {
            "whose": "mine" if wanted.member_id is not None else None,
            "q": wanted.text or None,
            "label": wanted.label_id,
            "shelf": None if wanted.shelf is Shelf.OPEN else wanted.shelf.value,
        },
        "channel_icon": channel_icon,
        "preview_of": preview_of,
        "currency": usual_currency,
        "time": tenant_time,
        "present": now(),
        "me": membership(),
    }


def _changed(wanted: Wanted, card_ids: set[int]) -> str:
    session = web_session()
    return render_template(
        "sapa/board/_changed.html",
        faces=board.still_shown(session, wanted, card_ids),
        totals=board.totals(session, wanted),
        **_shared(wanted),
    )


def _neighbour(name: str) -> Card | None:
    card_id = request.form.get(name, type=int)
    return get_card(web_session(), min(card_id, 2**31 - 1)) if card_id else None


def _amount(text: str) -> Decimal | None:
    typed = text.strip()
    if not typed:
        return None
    try:
        amount = Decimal(typed)
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount < MOST_WORTH):
        raise Refused(_("Give an amount like 125000.50."), "amount")
    return amount
