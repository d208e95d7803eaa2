"""A simulated world keeps its promises: the forms, the truth, and what cannot happen does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from fieldfare.lab.demo_talk import START
from fieldfare.lab.simulation import world as world_module
from fieldfare.lab.simulation.files import EVIDENCE
from fieldfare.lab.simulation.parameters import VARIANTS, Parameters, load, rates, with_offenders
from fieldfare.lab.simulation.people import ORDINARY, SLICES
from fieldfare.lab.simulation.world import World, simulate
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.schemas import TABLES
from fieldfare.vocabulary.times import DAY

ACCOUNTS = 10_000
DAYS = 120


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return load()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, parameters: Parameters) -> World:
    folder = tmp_path_factory.mktemp("world")
    return simulate(folder, parameters, ACCOUNTS, DAYS, seed=3, text="evidence")


@pytest.fixture
def base(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for path in world.folder.glob("*.parquet"):
            connection.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
        connection.execute(
            "CREATE VIEW deliveries AS SELECT *, unnest(recipients) AS recipient FROM messages"
        )
        yield connection


def count(base: duckdb.DuckDBPyConnection, query: str) -> int:
    row = base.execute(f"SELECT count(*) FROM {query}").fetchone()
    assert row is not None
    return int(row[0])


def test_files_are_of_the_documented_forms(world: World) -> None:
    for name, documented in TABLES.items():
        for field in pq.read_schema(world.folder / f"{name}.parquet"):
            known = EVIDENCE.get(field.name)
            expected = known if known is not None else documented.field(field.name).type
            assert str(field.type).replace("element:", "item:") == str(expected)


def test_the_description_says_how_it_was_made(world: World) -> None:
    made = json.loads((world.folder / "world.json").read_text("utf-8"))
    assert made["seed"] == 3
    assert made["messages"] == pq.read_metadata(world.folder / "messages.parquet").num_rows
    assert sum(made["kinds"].values()) == ACCOUNTS
    assert made["parameters"]["offenders"]["mass_contact"]["source"]


def test_ids_are_unique_and_refer_to_accounts(base: duckdb.DuckDBPyConnection) -> None:
    for table, column in (("messages", "id"), ("notices", "id"), ("accounts", "id")):
        assert count(base, f"(SELECT {column} FROM {table} GROUP BY 1 HAVING count(*) > 1)") == 0
    for column, table in (
        ("sender", "messages"), ("recipient", "deliveries"), ("account", "connections"),
        ("peer", "connections"), ("account", "notices"), ("peer", "notices"), ("account", "truth"),
    ):  # fmt: skip
        assert count(base, f"{table} WHERE {column} NOT IN (SELECT id FROM accounts)") == 0
    assert count(base, "accounts") == count(base, "truth") == ACCOUNTS


def test_nobody_writes_to_herself_or_to_nobody(base: duckdb.DuckDBPyConnection) -> None:
    assert count(base, "deliveries WHERE sender = recipient") == 0
    assert count(base, "messages WHERE len(recipients) = 0") == 0
    assert count(base, "messages WHERE len(recipients) > len(list_distinct(recipients))") == 0
    assert count(base, "messages WHERE kind = 'private' AND len(recipients) <> 1") == 0


def test_nothing_happens_outside_the_world_or_before_an_account(
    base: duckdb.DuckDBPyConnection,
) -> None:
    end = START + DAYS * DAY
    assert count(base, f"messages WHERE sent_at < {START} OR sent_at >= {end}") == 0
    assert count(base, f'notices WHERE "at" < {START} OR "at" >= {end}') == 0
    for events, who, at in (
        ("deliveries", "sender", "sent_at"), ("deliveries", "recipient", "sent_at"),
        ("connections", "account", "connected_at"), ("connections", "peer", "connected_at"),
        ("notices", "account", '"at"'), ("notices", "peer", '"at"'),
    ):  # fmt: skip
        # A second for the float32 of a moment of creation.
        query = f"{events} JOIN accounts AS a ON a.id = {who} WHERE {at} < created_at - 1000000"
        assert count(base, query) == 0, (events, who)


def test_everybody_sleeps(base: duckdb.DuckDBPyConnection, parameters: Parameters) -> None:
    for zone in {country.zone for country in parameters.countries.values()}:
        local = f"make_timestamptz(sent_at) AT TIME ZONE '{zone}'"
        query = (
            "messages JOIN accounts AS a ON a.id = sender"
            f" WHERE time_zone = '{zone}' AND hour({local}) BETWEEN 2 AND 4"
        )
        # The night of a change of the clock is an hour off.
        assert count(base, query) < 5, zone


def test_truth_of_offenders(base: duckdb.DuckDBPyConnection, parameters: Parameters) -> None:
    found = base.execute(
        "SELECT DISTINCT kind FROM truth WHERE offender AND started_at IS NOT NULL"
    ).fetchall()
    assert {kind for (kind,) in found} == set(parameters.offenders)
    assert count(base, "truth WHERE offender <> (victims IS NOT NULL)") == 0
    victims = "(SELECT account, unnest(victims) AS child, started_at FROM truth)"
    assert count(base, f"{victims} v JOIN truth c ON c.account = child WHERE c.age >= 18") == 0
    assert (
        count(
            base, f"{victims} v ANTI JOIN deliveries d ON sender = v.account AND recipient = child"
        )
        == 0
    )
    first = f"""(SELECT v.account, started_at, min(sent_at) AS first FROM {victims} v
        JOIN deliveries d ON d.sender = v.account AND d.recipient = v.child GROUP BY ALL)"""
    assert count(base, f"{first} WHERE started_at < first") == 0
    assert count(base, f"{first} WHERE started_at > first") <= len(parameters.offenders)


def test_victims_are_in_order_of_contact(base: duckdb.DuckDBPyConnection) -> None:
    order = """(SELECT t.account, d.recipient, list_position(victims, recipient) AS nth,
        min(sent_at) AS first FROM truth t JOIN deliveries d ON d.sender = t.account
        WHERE t.kind = 'mass_contact' AND list_contains(victims, recipient) GROUP BY ALL)"""
    wrong = (
        f"(SELECT nth, row_number() OVER (PARTITION BY account ORDER BY first) AS n FROM {order})"
    )
    assert count(base, order) > 20
    assert count(base, f"{wrong} WHERE nth <> n") == 0


def test_accounts_of_one_person(base: duckdb.DuckDBPyConnection) -> None:
    several = "(SELECT person FROM truth GROUP BY 1 HAVING count(*) > 1)"
    assert count(base, several) >= 1
    kinds = f"truth WHERE person IN {several} AND kind <> 'several_accounts'"
    assert count(base, kinds) == 0


def test_one_who_stays_below_limits_does(base: duckdb.DuckDBPyConnection) -> None:
    first = """(SELECT t.account, recipient, min(sent_at) AS moment FROM truth t
        JOIN deliveries d ON d.sender = t.account AND list_contains(victims, recipient)
        WHERE t.kind = 'threshold_stayer' GROUP BY ALL)"""
    week = f"""(SELECT count(*) OVER (PARTITION BY account ORDER BY moment
        RANGE BETWEEN {7 * DAY} PRECEDING AND CURRENT ROW) AS n FROM {first})"""
    assert count(base, first) >= 10
    assert count(base, f"{week} WHERE n > 3") == 0


def test_every_kind_and_slice_is_there(world: World, base: duckdb.DuckDBPyConnection) -> None:
    made = load()
    assert set(world.kinds) == {*ORDINARY, *made.roles, *made.offenders}
    slices = base.execute("SELECT DISTINCT unnest(slice) FROM truth").fetchall()
    assert {name for (name,) in slices} == set(SLICES)


def test_ages_are_known_in_part_and_wrong_in_part(base: duckdb.DuckDBPyConnection) -> None:
    assert count(base, "accounts WHERE age IS NOT NULL") / ACCOUNTS == pytest.approx(0.7, abs=0.02)
    children = "accounts a JOIN truth t ON t.account = a.id WHERE t.age < 18 AND age_source ="
    claims = count(base, f"{children} 'declared' AND a.age >= 18")
    assert claims / count(base, f"{children} 'declared'") == pytest.approx(0.22, abs=0.03)
    assert count(base, f"{children} 'verified' AND a.age >= 18") == 0
    assert count(base, "accounts WHERE (age IS NULL) <> (age_source IS NULL)") == 0


def test_mild_blocks_between_the_innocent(base: duckdb.DuckDBPyConnection) -> None:
    kinds = dict(base.execute("SELECT kind, count(*) FROM notices GROUP BY 1").fetchall())
    assert set(kinds) == {"block", "report", "request", "accept", "decline"}
    teenagers = """notices n JOIN truth a USING (account) JOIN truth p ON p.account = n.peer
        WHERE n.kind = 'block' AND a.age < 18 AND p.age < 18"""
    assert count(base, teenagers) > 50


def test_same_seed_same_world(tmp_path: Path, parameters: Parameters) -> None:
    folders = [tmp_path / name for name in ("first", "second", "other")]
    for folder, seed in zip(folders, (5, 5, 6), strict=True):
        simulate(folder, parameters, 2_000, 60, seed=seed, text="templates")
    for path in folders[0].iterdir():
        assert path.read_bytes() == (folders[1] / path.name).read_bytes()
    other = (folders[2] / "messages.parquet").read_bytes()
    assert (folders[0] / "messages.parquet").read_bytes() != other


def test_it_is_written_block_by_block(
    tmp_path: Path, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world_module, "BLOCK", 2_000)
    made = simulate(tmp_path, parameters, 8_000, 60)
    file = pq.ParquetFile(tmp_path / "messages.parquet")
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert len(groups) == 5
    assert max(groups) < made.messages / 3


def test_nothing_is_left_of_a_world_that_failed(
    tmp_path: Path, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(world_module, "write_roles", fails)
    with pytest.raises(OSError, match="full"):
        simulate(tmp_path, parameters, 2_000, 60)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_make_worlds(tmp_path: Path, name: str) -> None:
    made = simulate(tmp_path, load(Path(name)), 2_000, 60)
    assert made.messages > 10_000


def test_other_numbers_of_offenders(tmp_path: Path, parameters: Parameters) -> None:
    chosen = with_offenders(parameters, rates(["all=0", "mass_contact=20"], parameters))
    made = simulate(tmp_path, chosen, 2_000, 60)
    assert {k: n for k, n in made.kinds.items() if k in chosen.offenders} == {"mass_contact": 4}


@pytest.mark.parametrize("given", ["nobody=1", "mass_contact", "mass_contact=-1"])
def test_offenders_there_are_not(given: str, parameters: Parameters) -> None:
    with pytest.raises(SettingsError):
        with_offenders(parameters, rates([given], parameters))


def test_parameters_laid_over(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[ages]\nknown = 0.4\n", "utf-8")
    assert load(path).ages.known == 0.4
    assert load(path).ages.verified == load().ages.verified
    path.write_text("[ages]\nknow = 0.4\n", "utf-8")
    with pytest.raises(SettingsError, match="mine.toml.*know"):
        load(path)


@pytest.mark.parametrize(("accounts", "days"), [(10, 120), (2_000, 3), (10**9, 120)])
def test_sizes_out_of_range_are_refused(
    tmp_path: Path, parameters: Parameters, accounts: int, days: int
) -> None:
    with pytest.raises(SettingsError):
        simulate(tmp_path, parameters, accounts, days)
