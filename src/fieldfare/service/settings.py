"""What the operator decides for a live service, and the parts that follow from it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fieldfare.contacts.intake import ContactSettings
from fieldfare.risk import scorecard as scorecards
from fieldfare.risk.scorecard import Scorecard
from fieldfare.safeguards import PolicyFile, shipped
from fieldfare.safeguards.franking import VARIABLE as FRANKING_VARIABLE
from fieldfare.safeguards.rules import ReportLimits
from fieldfare.service.arrivals import TextUse
from fieldfare.service.database import CACHE_MIB, WRITER_CACHE_MIB, Database, PostgreSQL, SQLite
from fieldfare.service.journal import Journal
from fieldfare.service.report_intake import ReportText
from fieldfare.service.state import State
from fieldfare.service.webhooks import Endpoint
from fieldfare.service.webhooks import load as load_webhooks
from fieldfare.vocabulary import FieldfareError, SettingsError
from fieldfare.vocabulary.keys import KeyRing
from fieldfare.vocabulary.keys import load as load_ring

if TYPE_CHECKING:
    from fieldfare.cases import CaseStore
    from fieldfare.cases.vault import Vault

PARTITIONS = 8
"""Partitions of a new PostgreSQL database: more workers than that get nothing to do."""


@dataclass(frozen=True)
class ServiceSettings:
    """Everything a live service depends on besides what it is told. Picklable."""

    data: Path
    """Folder of the embedded database; unused with `database`."""
    database: str | None = None
    """URL of a PostgreSQL server, ``postgresql://…``; None: SQLite in `data`."""
    text_use: TextUse = "read"
    contacts: ContactSettings = field(default_factory=ContactSettings)
    scorecard: Path | None = None
    policy: Path | None = None
    """Policy file (TOML); None: the one that ships."""
    prior: float | None = None
    most_body_bytes: int = 16 << 20
    """Longest body of a request, unpacked."""
    most_waiting: int = 200_000
    """Events in the journal that are not folded yet, above which new ones are refused (429)."""
    requests_per_second: float = 0.0
    """Requests a second and token; 0: no limit."""
    keep_days: int = 0
    """Pairs of accounts between which nothing happened for so many days age out; 0: never."""
    log_level: str = "warning"
    """Of `logs.LEVELS`; from ``info`` on each request is told of."""
    webhooks: Path | None = None
    """File of the webhooks (TOML); None: nothing is sent anywhere."""

    cases: bool = True
    """Open cases for accounts at or above the scorecard's `flag_from`, and on reports."""
    keys: Path | None = None
    """Key file for the text of cases at rest; None: those of FIELDFARE_KEYS, if there are any."""

    franking_keys: Path | None = None
    """Key file that franked messages are verified with; None: FIELDFARE_FRANKING_KEYS, if set."""
    report_text: ReportText | None = None
    """What becomes of the messages of users' reports; None: kept, or refused where `text_use` is
    ``refuse``."""

    @property
    def reported_text(self) -> ReportText:
        """What becomes of the messages of users' reports."""
        if self.report_text is not None:
            return self.report_text
        return "refuse" if self.text_use == "refuse" else "keep"

    def franking_ring(self) -> KeyRing:
        """The keys that franked messages are verified with. Raises SettingsError."""
        return load_ring(self.franking_keys, FRANKING_VARIABLE)

    def vault(self) -> Vault:
        """What seals text at rest."""
        from fieldfare.cases.vault import Vault, load

        return Vault(load(self.keys))

    def open_store(self) -> CaseStore:
        """The store of cases: beside the embedded database, or in the same PostgreSQL one."""
        from fieldfare.cases import CaseStore
        from fieldfare.cases.clocks import of_data
        from fieldfare.cases.database import connect, url_of
        from fieldfare.cases.desk import StoreSettings

        settings = StoreSettings(clocks=of_data(self.data), gravest_band=self.card().gravest)
        engine = connect(url_of(self.data, self.database))
        return CaseStore(engine, vault=self.vault(), settings=settings)

    def card(self) -> Scorecard:
        """The scorecard, at the operator's prior."""
        card = scorecards.shipped() if self.scorecard is None else scorecards.load(self.scorecard)
        return card if self.prior is None else card.with_prior(self.prior)

    def policy_file(self) -> PolicyFile | None:
        """The policy's file; None: the policy that ships. Raises PolicyError or SettingsError for
        one that is not valid, or does not know the scorecard's bands."""
        bands = [band.name for band in self.card().bands]
        if self.policy is not None:
            return PolicyFile(self.policy, bands)
        shipped().require_bands(bands)
        return None

    def reports(self) -> ReportLimits:
        """What the policy says of users' reports."""
        found = self.policy_file()
        return (shipped() if found is None else found.current()).reports

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The webhooks, with their secrets. Raises SettingsError for one that cannot be used."""
        if self.webhooks is None:
            return ()
        endpoints = load_webhooks(self.webhooks)
        bands = [band.name for band in self.card().bands]
        for each in endpoints:
            if each.from_band is not None and each.from_band not in bands:
                raise SettingsError(
                    f"{self.webhooks}: webhook '{each.name}': no band '{each.from_band}';"
                    f" one of {', '.join(bands)}"
                )
        return endpoints

    def open_journal(self, *, writer: bool = False) -> Journal:
        """A new connection to the journal, which is made if it is not there. `writer`: most of what
        is written goes through it, which is given memory for that."""
        partitions = 1 if self.database is None else PARTITIONS
        return Journal(self._database("journal", writer), partitions)

    def open_state(self, *, writer: bool = False) -> State:
        """The same for the state."""
        return State(self._database("state", writer))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Meanwhile no other service or replay works on the embedded database: two workers would
        merge the same events twice. Raises SettingsError where one does already. Workers of
        PostgreSQL hold locks of the server instead."""
        if self.database is not None:
            yield
            return
        with (self._folder() / "worker.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SettingsError(
                    f"{self.data}: a service or a replay works on it already; stop that, or choose"
                    " another --data"
                ) from None
            yield

    def _folder(self) -> Path:
        try:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise FieldfareError(
                f"{self.data}: cannot be made ({error.strerror}); choose another --data"
            ) from error
        return self.data

    def _database(self, name: str, writer: bool) -> Database:
        if self.database is not None:
            if not self.database.startswith(("postgresql://", "postgres://")):
                raise SettingsError("--database: only postgresql:// URLs are understood")
            return PostgreSQL(self.database)
        return SQLite(
            self._folder() / f"{name}.sqlite",
            durable=name == "journal",
            cache_mib=WRITER_CACHE_MIB if writer else CACHE_MIB,
        )
