"""Errors as a person or a program can use them; never a stack trace, never SQL."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from jinja2 import TemplateNotFound
from werkzeug.exceptions import HTTPException

from core.errors import Refused
from core.jobs.failure import describe
from core.web.fab.integrity import DATABASE_ERRORS, as_refused
from core.web.fab.unavailable import RETRY_AFTER
from core.words import say as _
from core.words import told

log = logging.getLogger(__name__)

SENTENCES = {
    400: _("The request can't be read. Go back, check it and try again."),
    401: _("Log in first, or send a valid token."),
    403: _("You may not do this. Ask an administrator for the permission."),
    404: _("There is nothing here, or it is not yours to see."),
    405: _("This address can't be used that way."),
    410: _("What was here is gone for good."),
    413: _("That is too large to send."),
    415: _("Send JSON, with the header Content-Type: application/json."),
    429: _("Too many attempts. Wait a minute and try again."),
    500: _("Something went wrong on our side. It has been logged; try again."),
}
_KEPT = ("Allow", "Retry-After", "WWW-Authenticate")


def register_error_handlers(app: Flask) -> None:
    """JSON `{"message", "errors"}` under /api/ and /webhooks/ and to htmx, else sapa/error.html.

    The template gets `status`, `message` and `errors`; without it the sentence is plain text.
    """
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _broken)
    for kind in DATABASE_ERRORS:
        app.register_error_handler(kind, _database)


def _refused(error: Refused) -> Response:
    return _answer(error.status, error.message, error.errors)


def _http(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error
    code = error.code or 500
    sentence: str
    if type(error).__name__ == "CSRFError":
        sentence = _("This form has expired. Reload the page and send it again.")
    else:
        sentence = SENTENCES.get(code) or f"{error.name}."
    answer = _answer(code, sentence, {})
    for name, value in error.get_headers():
        if name in _KEPT:
            answer.headers[name] = value
    return answer


def _broken(error: Exception) -> Response:
    return _answer(500, SENTENCES[500], {})


def _database(error: Exception) -> Any:
    app: Any = current_app  # FAB and flask-login hang themselves on it
    app.appbuilder.session.rollback()
    refused = as_refused(error)
    if refused is not None and refused.status == 503:
        log.error("The database can't be used: %s", describe(error))
        g._login_user = app.login_manager.anonymous_user()  # nobody is looked up for the page
        return _refused(refused)
    if refused is not None:
        log.info("refused by the database: %s", type(error).__name__)
        return _refused(refused)
    log.exception("database error", exc_info=error)
    return _answer(500, SENTENCES[500], {})


def _answer(status: int, message: str, errors: dict[str, list[str]]) -> Response:
    if request.path.startswith(("/api/", "/webhooks/")) or request.headers.get("HX-Request"):
        answer = jsonify({"message": told(message), "errors": told(errors)})
    else:
        try:
            page = render_template("sapa/error.html", status=status, message=message, errors=errors)
            answer = make_response(page)
        except TemplateNotFound:
            answer = make_response(told(message))
            answer.mimetype = "text/plain"
    answer.status_code = status
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer
