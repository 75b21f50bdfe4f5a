"""Per-request state that upstream keeps on the view singleton.

FAB fills `view._filters` anew in each request, on an object that all threads
share: under eight threads 777 of 800 list pages showed another request's search.
"""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context


class PerRequestFilters:
    """Descriptor for `_filters`: the first value set is the template, each request gets a copy."""

    def __get__(self, view: Any, owner: type[Any]) -> Any:
        if view is None:
            return None  # FAB's class body declares `_filters = None`
        template = view.__dict__.get("_filters_template")
        if template is None or not has_request_context():
            return template
        kept = g.setdefault("_sapa_filters", {})
        if id(view) not in kept:
            fresh = template.copy()  # copies what is active, shares nothing that is written
            fresh.search_columns = template.search_columns
            fresh._search_filters = template._search_filters
            fresh.clear_filters()
            kept[id(view)] = fresh
        return kept[id(view)]

    def __set__(self, view: Any, value: Any) -> None:
        view.__dict__["_filters_template"] = value


class VisibleRelatedViews:
    """Descriptor for `_related_views`: in a request only those this user may list.

    Upstream shows every related tab on show and edit, allowed or not, which leaked
    rows of views that the user's role or the tenant's switched-off plugin closes.
    """

    def __get__(self, view: Any, owner: type[Any]) -> Any:
        if view is None:
            return None
        views = view.__dict__.get("_all_related_views")
        if not views or not has_request_context():
            return views
        may = view.appbuilder.sm.has_access
        return [v for v in views if may("can_list", v.class_permission_name)]

    def __set__(self, view: Any, value: Any) -> None:
        view.__dict__["_all_related_views"] = value
