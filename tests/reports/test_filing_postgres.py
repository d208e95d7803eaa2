"""Filing on PostgreSQL."""

from __future__ import annotations

import pytest

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import connect
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.vault import Vault
from fieldfare.reports.credentials import Credentials, CredentialStore
from fieldfare.reports.filings import Filings
from tests.cases.conftest import KEYS, Clock, postgres_template, postgres_url
from tests.reports.conftest import decided
from tests.reports.cybertip_server import PASSWORD, USER, serving
from tests.reports.test_filing import check, file, prepare

__all__ = ["postgres_template", "postgres_url"]


@pytest.mark.postgres
def test_a_report_is_filed_after_a_fault(postgres_url: str, clock: Clock) -> None:
    engine = connect(postgres_url)
    with CaseStore(engine, clock, Vault(KEYS), StoreSettings(second_review_share=0.0)) as store:
        case = decided(store, clock, scripts=False)
        filings = Filings(engine, clock, Vault(KEYS))
        secrets = CredentialStore(engine, clock, Vault(KEYS))
        secrets.put(OPERATOR, "ncmec", "production", Credentials(USER, PASSWORD))
        assert secrets.use(OPERATOR, "ncmec", "production", lambda given: given.user) == USER
        with serving(clock) as server:
            server.faults = {"/finish": ["lose"], "/upload": [1110]}
            filing = file(filings, server, prepare(filings, store, case).id)
            check(server, store, filing)
            assert filing.state == "finished"
            assert server.calls.count("/submit") == 2
        assert filings.prior(OPERATOR, case, "ncmec", "production") == (filing.report_id,)
