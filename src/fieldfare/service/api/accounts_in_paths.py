"""Accounts in the paths of routes: an id may hold whatever a service gave it, slashes and line
breaks included, written with percent signs."""

from __future__ import annotations

from typing import Final

from starlette.convertors import StringConvertor, register_url_convertor

ACCOUNT: Final = "{account:account}"
"""An account's id in the path of a route."""


class _Account(StringConvertor):
    regex = r"[\s\S]+"


register_url_convertor("account", _Account())
