"""What no provider would write, put into what it does write."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from core.careful import refuse_unstorable
from core.inbound import Item

# Text with null bytes and lone surrogates, both of which JSON can spell.
poison = st.text(st.characters(exclude_categories=()), max_size=8) | st.just("\x00")
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)  # Infinity is not JSON: see 1e999 below
    | poison
    | st.sampled_from(
        ["text", "image", "system", "1780000000", "wamid.x", "ID.1", "628", "https://[", "%00"]
    )
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(poison, inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a document."""
    steps = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, child in steps:
        found.append((*path, key))
        if isinstance(child, dict | list):
            found += places(child, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn, bodies: Sequence[Any]) -> Any:
    """One of `bodies` with up to four values replaced or removed, anywhere."""
    body = copy.deepcopy(draw(st.sampled_from(bodies)))
    for _ in range(draw(st.integers(1, 4))):
        spots = places(body)
        if not spots:
            break
        *way, last = draw(st.sampled_from(spots))
        node = body
        for key in way:
            node = node[key]
        if draw(st.booleans()):
            node[last] = draw(values)
        else:
            del node[last]
    return body


def assert_storable(item: Item) -> None:
    """Every field of an item can be written to PostgreSQL."""
    for value in vars(item).values():
        refuse_unstorable(json.loads(json.dumps(value, default=repr)))
