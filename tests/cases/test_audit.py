"""The audit: whatever is done to it afterwards is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from fieldfare.cases import OPERATOR, CaseStore, audit
from fieldfare.cases.audit import Head
from fieldfare.cases.records import AuditEntry
from tests.cases.conftest import actor
from tests.cases.snapshots import snapshot

DETAIL = st.dictionaries(
    st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=8), st.booleans()), max_size=3
)


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[AuditEntry], Head]:
    """A whole chain and its head."""
    entries, head = [], Head(0, audit.START)
    for detail in draw(st.lists(DETAIL, min_size=1, max_size=8)):
        user, case = draw(st.text(max_size=4)), draw(st.none() | st.integers(1, 9))
        at = draw(st.integers(0, 2**50))
        entry = AuditEntry(head.number + 1, at, user, "s", "act", case, detail, head.hash, "")
        head = Head(entry.number, audit.hash_of(entry))
        entries.append(replace(entry, hash=head.hash))
    return entries, head


def _edited(entry: AuditEntry, field: str, value: Any) -> AuditEntry:
    return replace(entry, **{field: value})


@given(chains(), st.data())
def test_any_tampering_is_found(chain: tuple[list[AuditEntry], Head], data: st.DataObject) -> None:
    entries, head = chain
    assert audit.verify(entries, head).problems == ()
    at = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(st.integers(0, len(entries) - 1))
    tampered = list(entries)
    how = data.draw(st.sampled_from(["edit", "rehash", "delete", "swap", "repeat", "truncate"]))
    if how in ("edit", "rehash"):
        field, value = data.draw(
            st.sampled_from(
                [
                    ("user", "someone else"),
                    ("action", "other"),
                    ("at", -1),
                    ("case", 77),
                    ("session", ""),
                    ("detail", {"was": "never"}),
                ]
            )
        )
        tampered[at] = _edited(tampered[at], field, value)
        if how == "rehash":
            tampered[at] = replace(tampered[at], hash=audit.hash_of(tampered[at]))
    elif how == "delete":
        del tampered[at]
    elif how == "swap":
        tampered[at], tampered[other] = tampered[other], tampered[at]
    elif how == "repeat":
        tampered.insert(at, tampered[other])
    else:
        tampered = tampered[:at]
    if tampered != entries:
        assert audit.verify(tampered, head).problems != ()


@given(chains(), st.data())
def test_a_forged_chain_is_found_by_an_anchor(
    chain: tuple[list[AuditEntry], Head], data: st.DataObject
) -> None:
    entries, head = chain
    keep = data.draw(st.integers(0, len(entries) - 1))
    anchor = Head(entries[keep].number, entries[keep].hash)
    forged = entries[:keep]
    forged_head = Head(keep, forged[-1].hash if forged else audit.START)
    assert audit.verify(forged, forged_head).problems == (), "chain and head agree"
    assert audit.verify(forged, forged_head, [anchor]).problems != ()
    assert audit.verify(entries, head, [anchor]).problems == ()


def test_the_database_refuses_to_change_it(engine: Engine, store: CaseStore) -> None:
    store.open_case(OPERATOR, snapshot(), "scan")
    for statement in ("UPDATE review_audit SET user_name = 'x'", "DELETE FROM review_audit"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    assert store.verify_audit(OPERATOR).entries == 1


def test_an_edit_past_the_trigger_is_found(engine: Engine, store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    store.get(actor("ana"), case)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER review_audit_no_update"))
        else:
            connection.execute(text("ALTER TABLE review_audit DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE review_audit SET user_name = 'ben' WHERE number = 2"))
    assert store.verify_audit(OPERATOR).problems == ("entry 2: was changed",)


def test_it_holds_views_and_no_text(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(text="are your parents home"), "scan")
    ana = actor("ana")
    store.get(ana, case)
    store.reveal(ana, case, [each.id for each in store.conversation(ana, case)])
    store.add_note(ana, case, "a note of mine")
    store.search(ana, "parents home", text=True)
    entries = list(store.export_audit(OPERATOR))
    assert [e.action for e in entries] == [
        "case.open",
        "case.view",
        "text.reveal",
        "case.note",
        "search",
        "audit.export",
    ]
    assert all(entry.user for entry in entries)
    said = " ".join(str(entry.detail) for entry in entries)
    assert "parents" not in said and "note of mine" not in said
