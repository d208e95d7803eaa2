"""The herald: who is to be told of which change, and in what words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldfare.service.database import Row
from fieldfare.service.outbox import Outbox
from fieldfare.service.state import CHANGES
from fieldfare.service.webhooks import BAND_CHANGED, Endpoint
from fieldfare.vocabulary.times import isoformat


@dataclass(frozen=True)
class Herald:
    """Puts changes of band into the outbox."""

    outbox: Outbox
    endpoints: Sequence[Endpoint]
    bands: Sequence[str]
    """From the least to the gravest."""

    def tell(self, changes: Sequence[Row]) -> None:
        """Have rows of `state.CHANGES` sent to those who want them. To be called in the
        transaction that makes them true."""
        for row in changes:
            change = dict(zip(CHANGES, row, strict=True))
            gravest = max(self._rank(change["band"]), self._rank(change["band_before"]))
            told = [
                each
                for each in self.endpoints
                if BAND_CHANGED in each.events
                and (each.from_band is None or gravest >= self._rank(each.from_band))
            ]
            if told:
                change |= {name: isoformat(change[name]) for name in ("as_of", "changed_at")}
                self.outbox.add(told, BAND_CHANGED, change["account"], change)

    def _rank(self, band: str) -> int:
        # A band of an earlier scorecard is no graver than the gravest.
        return self.bands.index(band) if band in self.bands else len(self.bands) - 1
