"""What a tenant's session lets through: statements whose every tenant table gets the criterion.

`with_loader_criteria` reaches mapped classes, wherever in a statement they stand. It does not reach
bare tables, the right side of a hand-made join, or the second table of an UPDATE; and text beside
it can undo it (`a OR b AND criterion`). All of these are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Join, Select, Table
from sqlalchemy.sql.lambdas import LambdaElement
from sqlalchemy.sql.visitors import HasTraverseInternals

from core.models.base import OwnedMixin, is_walled

_HARMLESS = re.compile(r"\*|\d+")  # what SQLAlchemy itself writes into COUNT(*) and EXISTS
_BOXES = {"alias", "subquery"}
_ROWS = {"table", "column", *_BOXES}
_TEXT = {"textclause", "textual_select"}
_FIXED = {"id", "tenant_id"}


class UnsafeStatement(RuntimeError):
    """A statement that the tenant's criterion can't reach."""


def refuse_unreachable(statement: Any, *, is_loader: bool = False) -> bool:
    """Raise UnsafeStatement for what the criterion can't reach; True where it has to be added.

    `is_loader`: written by a relationship's loader, which names its association table bare.
    """
    owned: set[tuple[int, Table | None]] = set()
    bare: dict[tuple[int, Table | None], str] = {}
    is_write = statement.__visit_name__ in ("update", "delete")
    for element, scope in _elements(statement):
        kind = element.__visit_name__
        if kind in _ROWS:
            table = _table(element)
            if _is_owned(element):
                owned.add((scope, table))
                if is_write and scope == id(statement) and table != statement.table:
                    raise UnsafeStatement("A write over two tables: put the other in a subquery.")
            elif not is_loader and _is_bare(element, table):
                bare[scope, table if kind == "column" else None] = str(element)
        if kind in _TEXT or (kind == "column" and _is_free_text(element)):
            raise UnsafeStatement("Textual SQL: mark it tenant_unsafe after a second pair of eyes.")
        if kind == "join" and type(element) is Join and not is_loader:
            raise UnsafeStatement("A join() by hand: use select(…).join(…).")
        if kind in ("insert", "update", "delete") and element is not statement:
            raise UnsafeStatement("A write inside another statement: execute it by itself.")
    # SQLAlchemy names columns bare too (in get()), beside the mapped class in the same SELECT
    for loose in bare.keys() - owned:
        raise UnsafeStatement(f"{bare[loose]} may be any tenant's: use the mapped class.")
    return bool(owned)


def refuse_unstamped_write(state: Any) -> None:
    """Raise UnsafeStatement for ORM-enabled writes that skip the stamp or could move a row."""
    if state.is_insert:
        raise UnsafeStatement("An INSERT statement skips the tenant's stamp: use session.add().")
    if not state.is_update:
        return
    if isinstance(state.parameters, list):
        raise UnsafeStatement("An UPDATE by key skips the tenant's criterion: use a WHERE.")
    statement = state.statement
    written = [
        *(statement._values or ()),
        *(state.parameters or ()),
    ]
    if _FIXED & {getattr(column, "key", column) for column in written}:
        raise UnsafeStatement("A row's id and tenant never change.")


def _elements(statement: Any) -> Iterator[tuple[Any, int]]:
    """Each part of a statement, and the id of the SELECT (or the statement) that it stands in."""
    seen: set[int] = set()
    todo = [(statement, id(statement))]
    todo.extend((criterion, id(statement)) for criterion in _criteria(statement))
    while todo:
        element, scope = todo.pop()
        if isinstance(element, LambdaElement):
            element = element._resolved
        if id(element) in seen:
            continue
        seen.add(id(element))
        if isinstance(element, Select):
            scope = id(element)
        yield element, scope
        todo.extend((child, scope) for child in _children(element))


def _children(element: Any) -> Iterable[Any]:
    if isinstance(element, Select):
        # not Select.get_children: it adds the bare table of each mapped column
        return HasTraverseInternals.get_children(
            element, omit_attrs=("_correlate", "_correlate_except")
        )
    if element.__visit_name__ == "column":
        if element.table is None or _table(element) is not None:
            return ()
        return (element.table,)  # the subquery that a column comes from
    if "parententity" in element._annotations and _table(element) is not None:
        return ()  # a mapped class or its alias
    children: Iterable[Any] = element.get_children()
    return children


def _criteria(statement: Any) -> Iterator[Any]:
    """The conditions in a statement's options: `selectinload(X.ys.and_(…))` and its like."""
    for option in getattr(statement, "_with_options", ()):
        for part in (option, *getattr(option, "context", ())):
            yield from getattr(part, "_extra_criteria", ())
        if getattr(option, "where_criteria", None) is not None:
            yield option.where_criteria


def _table(element: Any) -> Table | None:
    """The table that an element is, aliases or belongs to, if it is one table."""
    if element.__visit_name__ == "column":
        element = element.table
    if element is not None and element.__visit_name__ == "alias":
        element = element.element
    while hasattr(element, "_Annotated__element"):
        element = element._Annotated__element
    return element if isinstance(element, Table) else None


def _is_owned(element: Any) -> bool:
    """True for a mapped class with the criterion. Mapped, yet without it, it is refused."""
    entity = element._annotations.get("parententity")
    if entity is None:
        return False
    if issubclass(entity.mapper.class_, OwnedMixin):
        return True
    if is_walled(entity.mapper.local_table):
        raise UnsafeStatement(f"{entity.mapper.class_.__name__} must derive from TenantMixin.")
    return False


def _is_bare(element: Any, table: Table | None) -> bool:
    """True for an unmapped table that may hold tenants' rows, and for its columns."""
    if "parententity" in element._annotations or element.__visit_name__ in _BOXES:
        return False  # what is inside an unmapped alias is asked by itself
    if element.__visit_name__ == "table" and not isinstance(element, Table):
        return True  # table("contact"): whatever it names
    return table is not None and is_walled(table)


def _is_free_text(element: Any) -> bool:
    return element.is_literal and not _HARMLESS.fullmatch(element.name)
