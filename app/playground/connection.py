"""Pages of GraphQL connections, with cursors and limits like GitHub's.

Source: docs.github.com, GraphQL API, "Using pagination in the GraphQL API".
"""

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from graphql import GraphQLError

from app.playground.render import Json

T = TypeVar("T")
MOST = 100


def connection(
    name: str,
    items: Sequence[T],
    shape: Callable[[T], Json],
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Json:
    """A page of a connection; like GitHub it must be told how long."""
    if first is None and last is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphQLError(message, extensions={"type": "MISSING_PAGINATION_BOUNDARIES"})
    size = first if first is not None else last or 0
    if not 0 <= size <= MOST:
        message = f"Requesting {size} records on the `{name}` connection exceeds the `first` limit of 100 records."
        raise GraphQLError(message, extensions={"type": "EXCESSIVE_PAGINATION"})
    low, high = _position(after, 0), _position(before, len(items) + 1) - 1 if before else len(items)
    start, stop = (low, min(low + size, high)) if first is not None else (max(high - size, low), high)
    info = {
        "hasNextPage": stop < len(items),
        "hasPreviousPage": start > 0,
        "startCursor": _cursor(start + 1) if stop > start else None,
        "endCursor": _cursor(stop) if stop > start else None,
    }
    return {"nodes": [shape(item) for item in items[start:stop]], "pageInfo": info, "totalCount": len(items)}


def _cursor(position: int) -> str:
    return base64.b64encode(f"cursor:{position}".encode()).decode()


def _position(cursor: str | None, default: int) -> int:
    if cursor is None:
        return default
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("cursor:"))
    except ValueError:
        raise GraphQLError(f"`{cursor}` does not appear to be a valid cursor.") from None
