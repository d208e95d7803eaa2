"""The route table: every route with the permission it needs, in one place.

A handler is a function of a `Visit`. It is only called for somebody who may: `app` looks at the
table before it calls, and the store behind it checks once more. The authorisation matrix in
``tests/console`` is made from this table, so a route cannot be without a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from starlette.responses import Response

    from fieldfare.cases import Permission
    from fieldfare.console.visit import Visit

Handler: TypeAlias = "Callable[[Visit], Response]"
Rule: TypeAlias = "Permission | Literal['anybody', 'signed in']"
"""What a visitor needs: nothing, a session, or a session with this permission."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route and its rule."""

    method: Literal["GET", "POST"]
    path: str
    needs: Rule
    handler: Handler


class Routes:
    """The routes of one module of pages."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def get(self, path: str, needs: Rule) -> Callable[[Handler], Handler]:
        """Look at something. Changes nothing but the record that it was looked at."""
        return self._add("GET", path, needs)

    def post(self, path: str, needs: Rule) -> Callable[[Handler], Handler]:
        """Do something. The answer leads to another page, or is a part of the same one."""
        return self._add("POST", path, needs)

    def _add(
        self, method: Literal["GET", "POST"], path: str, needs: Rule
    ) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.all.append(Route(method, path, needs, handler))
            return handler

        return add
