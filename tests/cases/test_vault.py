"""Text at rest."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import Engine, LargeBinary, select

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.caring import SEALED
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.errors import KeyMissing
from fieldfare.cases.tables import metadata
from fieldfare.cases.users import Users
from fieldfare.cases.vault import Vault, load
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.keys import KeyRing, new_line
from tests.cases.conftest import KEYS, Clock, actor
from tests.cases.snapshots import snapshot

WORDS = ("are your parents home", "a note of Ana's", "look into this", "because of that")
ANA, BEN = actor("ana"), actor("ben", "senior_reviewer")


def _fill(store: CaseStore) -> int:
    """A case with every kind of text in it."""
    case = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    store.add_note(ANA, case, WORDS[1])
    store.add_task(ANA, case, WORDS[2])
    store.save_search(ANA, "mine", WORDS[0])
    version = store.get(ANA, case).summary.version
    store.decide(ANA, case, version, "ban", ["other"], WORDS[3])
    store.refuse(BEN, store.proposals(BEN)[0].id, "no")
    return case


def test_every_binary_column_can_be_rotated() -> None:
    binary = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert binary == {(table.name, column) for table, columns, _ in SEALED for column in columns}


def test_no_text_is_in_the_files_or_the_logs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    engine = connect(url_of(tmp_path))
    store = CaseStore(engine, Clock(), Vault(KEYS))
    case = _fill(store)
    store.reveal(ANA, case, [each.id for each in store.conversation(ANA, case)])
    store.search(ANA, WORDS[0], text=True)
    engine.dispose()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"otto" in kept, "what is looked for would be found"
    for words in WORDS:
        assert words.encode() not in kept
        assert words not in caplog.text


def test_rotation_leaves_nothing_under_the_old_key(engine: Engine) -> None:
    store = CaseStore(engine, Clock(), Vault(KEYS))
    Users(engine, Clock(), Vault(KEYS)).add(OPERATOR, "ana", ["reviewer"], "a long password")
    case = _fill(store)
    both = KeyRing("second", {**KEYS.keys, "second": bytes(32)})
    rotating = CaseStore(engine, Clock(), Vault(both))
    assert rotating.rotate_keys(OPERATOR) >= 8
    assert rotating.rotate_keys(OPERATOR) == 0
    only_new = CaseStore(engine, Clock(), Vault(KeyRing("second", {"second": bytes(32)})))
    texts = only_new.reveal(ANA, case, [m.id for m in only_new.conversation(ANA, case)])
    assert WORDS[0] in texts.values()
    assert only_new.get(ANA, case).notes[0].text == WORDS[1]
    with pytest.raises(KeyMissing, match="'second'"):
        store.get(ANA, case)


def test_plain_text_is_sealed_once_there_is_a_key(engine: Engine) -> None:
    case = _fill(CaseStore(engine, Clock()))
    sealing = CaseStore(engine, Clock(), Vault(KEYS))
    sealing.rotate_keys(OPERATOR)
    with engine.connect() as connection:
        for table, columns, _ in SEALED:
            for column in columns:
                stored = connection.execute(select(table.c[column])).scalars()
                assert all(each is None or each[:1] == b"\x01" for each in stored)
    assert sealing.get(ANA, case).notes[0].text == WORDS[1]


def test_a_value_opens_only_in_its_place_and_unchanged() -> None:
    vault = Vault(KEYS)
    sealed = vault.seal(b"text", "messages/1")
    assert vault.open(sealed, "messages/1") == b"text"
    assert vault.seal(b"text", "messages/1") != sealed
    for stored, where in (
        (sealed, "messages/2"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), "messages/1"),
    ):
        with pytest.raises(KeyMissing, match="does not open"):
            vault.open(stored, where)


def test_a_key_file_is_read_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# ours\n{new_line('new')}\n{new_line('old')}\n")
    path.chmod(0o600)
    assert load(path).current == "new" and set(load(path).keys) == {"new", "old"}
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load(path)
    path.chmod(0o600)
    for text in ("", "a b c", f"{new_line('a')}\n{new_line('a')}", "a c2hvcnQ="):
        path.write_text(text)
        with pytest.raises(SettingsError):
            load(path)
