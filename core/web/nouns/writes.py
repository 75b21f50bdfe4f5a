"""Writes that several nouns share."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from core.audit import record
from core.errors import Refused
from core.models.base import now
from core.services.card_places import moved, tell_board
from core.web.nouns.base import commit
from core.web.nouns.currency import checked_currency
from core.web.request import web_session
from core.words import say


class Archives:
    """Delete takes a row out of the lists and keeps it: what points at it still stands."""

    delete_words: dict[str, Any] | None = {
        "question": _("Take it out of the lists? What refers to it keeps it."),
        "label": _("Archive"),
    }
    delete_row_message = _("Archived.")

    def perform_delete(self, item: Any) -> None:
        item.archived_at = now()
        record(web_session(), "archive", item)
        commit()


class ChecksStages:
    """A pipeline's stages are a list of names, each once."""

    def perform_add(self, data: dict[str, Any]) -> Any:
        return super().perform_add(_with_stages(data, is_new=True))  # type: ignore[misc]  # mixin

    def perform_edit(self, item: Any, data: dict[str, Any]) -> Any:
        return super().perform_edit(item, _with_stages(data))  # type: ignore[misc]  # mixin


class ChecksStage:
    """A card stands in one of its module's stages; without one, in the first. Boards hear of it."""

    def perform_add(self, data: dict[str, Any]) -> Any:
        data = _with_worth(_with_stage(data, data["module"]), is_new=True)
        item = super().perform_add(data)  # type: ignore[misc]  # mixin
        tell_board(web_session(), item)
        commit()
        return item

    def perform_delete(self, item: Any) -> None:
        tell_board(web_session(), item)
        super().perform_delete(item)  # type: ignore[misc]  # a mixin before the base

    def perform_edit(self, item: Any, data: dict[str, Any]) -> Any:
        data = _with_worth(data)
        tell_board(web_session(), item)
        if "stage" in data or "module" in data:
            module = data.get("module") or item.module
            data = _with_stage({"stage": item.stage, **data}, module)
            if data["stage"] != item.stage:
                was, item.stage = item.stage, data["stage"]
                moved(web_session(), item, was)
        return super().perform_edit(item, data)  # type: ignore[misc]  # a mixin before the base


def _with_worth(data: dict[str, Any], *, is_new: bool = False) -> dict[str, Any]:
    if data.get("amount") is not None and data["amount"] < 0:
        raise Refused(say("Give an amount of zero or more."), "amount")
    if not is_new and "currency" not in data:
        return data
    return {**data, "currency": checked_currency(data.get("currency"))}


def _with_stage(data: dict[str, Any], module: Any) -> dict[str, Any]:
    stages = module.stages or ["New"]
    stage = (data.get("stage") or stages[0]).strip()
    if stage not in stages:
        raise Refused(
            say(
                "%(module)s has these stages: %(stages)s.",
                module=module.name,
                stages=", ".join(stages),
            ),
            "stage",
        )
    return {**data, "stage": stage}


def _with_stages(data: dict[str, Any], *, is_new: bool = False) -> dict[str, Any]:
    if is_new and not data.get("stages"):
        return {key: value for key, value in data.items() if key != "stages"}
    if "stages" not in data:
        return data
    stages = data["stages"]
    if (
        not isinstance(stages, list)
        or not stages
        or not all(isinstance(stage, str) and 0 < len(stage.strip()) <= 60 for stage in stages)
        or len({stage.strip() for stage in stages}) != len(stages)
    ):
        raise Refused(
            say("Name each stage once, with at most 60 characters, for example New, Talking, Won."),
            "stages",
        )
    return {**data, "stages": [stage.strip() for stage in stages]}
