"""Evidence bags: what a court can trust, and anyone can check offline.

Enters: a case file. Leaves: a BagIt bag of the frozen case (`frozen`), its transcript as JSON, CSV
and PDF, CASE/UCO, RSMF, the chain of custody, the report; signed, timestamped and encrypted where
the operator wants it. Enters: a bag. Leaves: what is wrong with it, and what is proved; or a
redacted copy of it.

    making        a bag is made, in one pass
    bag           BagIt, as a stream
    transcript    JSON Lines and CSV
    pages         the transcript as PDF
    ontology      CASE/UCO
    rsmf          RSMF
    custody       the trail and its check, the form
    readme        the page in the bag
    signing       Ed25519 over the tag manifest
    timestamping  RFC 3161 over it
    sealing       age encryption
    verifying     a bag is checked
    redacting     a copy without children's names

To add a form of the transcript: a class with ``add``, written in `making`.
"""

from fieldfare.reports.evidence.making import BagMade, BagOptions, make_bag

__all__ = ["BagMade", "BagOptions", "make_bag"]
