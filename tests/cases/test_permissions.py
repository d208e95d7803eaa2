"""Every public method × every role: nothing is allowed that has no rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine

from fieldfare.cases import OPERATOR, Actor, CaseStore, Permission
from fieldfare.cases.errors import NotAllowed
from fieldfare.cases.permissions import Guarded, check_roles, roles, rule_of
from fieldfare.cases.users import Users
from fieldfare.vocabulary import SettingsError
from tests.cases.conftest import Clock, actor
from tests.cases.snapshots import snapshot


def _public(owner: type) -> list[tuple[str, Callable[..., Any]]]:
    return [
        (f"{owner.__name__}.{name}", member)
        for name, member in inspect.getmembers(owner, callable)
        if not name.startswith("_")
    ]


METHODS = dict(_public(CaseStore) + _public(Users))


@pytest.mark.parametrize("name", METHODS)
def test_the_rule_of_a_method_is_what_decides(sqlite_engine: Engine, name: str) -> None:
    method = METHODS[name]
    permission = rule_of(method)
    assert permission is not None, f"{name} has no rule"
    store = (Users if name.startswith("Users") else CaseStore)(sqlite_engine, Clock())
    for role, is_allowed in ((role, permission in rule.may) for role, rule in roles().items()):
        if is_allowed:
            # Without arguments who is allowed gets as far as a TypeError for that, or an answer.
            with suppress(TypeError):
                method(store, actor("somebody", role))
        else:
            with pytest.raises(NotAllowed):
                method(store, actor("somebody", role))


@pytest.mark.parametrize("name", METHODS)
def test_nobody_may_nothing(sqlite_engine: Engine, name: str) -> None:
    store = (Users if name.startswith("Users") else CaseStore)(sqlite_engine, Clock())
    for stranger in (Actor("x", frozenset()), Actor("x", frozenset({"root", "Reviewer"}))):
        with pytest.raises(NotAllowed):
            METHODS[name](store, stranger)


def test_a_method_without_a_rule_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="has no rule"):

        class Forgotten(Guarded):
            def erase_everything(self, actor: Actor) -> None: ...


def test_every_permission_is_somebodys_and_nobody_is_the_command_line() -> None:
    given = {permission for role in roles().values() for permission in role.may}
    assert given == set(Permission)
    for name in ("operator", "service", "nobody"):
        with pytest.raises(SettingsError, match="choose from"):
            check_roles([name])


def test_the_proposer_of_nothing_may_agree_to_everything() -> None:
    """No role that proposes and agrees can do both alone: `approve` looks at the person."""
    for role, rule in roles().items():
        if role in ("auditor", "service"):
            assert not any(str(each).endswith(".second") for each in rule.may)


def test_another_s_case_cannot_be_decided_or_given_back(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(actor("ana"))
    assert claimed is not None
    other = actor("ben", "reviewer", "senior_reviewer", "investigator", "supervisor")
    for attempt in (
        lambda: store.decide(other, case, claimed.version, "no_action", ["nothing_worrying"]),
        lambda: store.release(other, case),
        lambda: store.renew(other, case),
        lambda: store.claim(other, case),
    ):
        with pytest.raises(Exception, match="ana"):
            attempt()
    assert store.summary(OPERATOR, case).claimed_by == "ana"
