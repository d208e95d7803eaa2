"""Situations for the tests: everything a policy can tell apart, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from fieldfare.safeguards import ACTIONS, Party, Situation

BANDS = ("none", "watch", "alert", "urgent")
AGES = (None, 5.0, 10.0, 12.9, 13.0, 15.0, 16.0, 17.0, 18.0, 25.0, 44.0)

ADULT = Party("adult", child_probability=0.02, age=40.0, age_basis="verified")
TEN = Party("ten", child_probability=0.95, age=10.0, age_basis="declared")
FIFTEEN = Party("fifteen", child_probability=0.95, age=15.0, age_basis="declared")
SEVENTEEN = Party("seventeen", child_probability=0.95, age=17.0, age_basis="declared")


def of_band(party: Party, band: str, *, open_case: bool = False) -> Party:
    return replace(party, band=band, open_case=open_case)


def message(sender: Party, recipient: Party, **rest: Any) -> Situation:
    return Situation("message", sender, recipient, **rest)


def parties(name: str) -> st.SearchStrategy[Party]:
    return st.builds(
        Party,
        account=st.just(name),
        child_probability=st.sampled_from((0.0, 0.1, 0.49, 0.5, 0.51, 0.9, 1.0)),
        age=st.sampled_from(AGES),
        band=st.sampled_from(BANDS),
        country=st.sampled_from((None, "GB", "DE", "PH")),
        language=st.sampled_from((None, "en", "pt-BR")),
        open_case=st.booleans(),
    )


def situations() -> st.SearchStrategy[Situation]:
    counts = st.sampled_from((0.0, 0.1, 1.0, 2.0, 2.5, 5.0, 5.5, 15.0, 16.0, 20.0, 21.0, 500.0))
    return st.builds(
        Situation,
        action=st.sampled_from(ACTIONS),
        sender=parties("a"),
        recipient=parties("b"),
        connected=st.booleans(),
        recipient_wrote_first_or_answered=st.booleans(),
        blocked=st.booleans(),
        first_contact=st.booleans(),
        children_first_contacted_1d=counts,
        children_first_contacted_7d=counts,
        encrypted=st.booleans(),
    )
