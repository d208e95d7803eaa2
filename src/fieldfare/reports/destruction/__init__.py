"""Destruction: agreed to by two people, carried out in steps, certified.

What enters: destructions of `cases.destroying`, and the files that were made of cases. What leaves:
nothing of them, and a certificate that says so.

    carrying_out  every step, in order; a process killed anywhere is followed by one that goes on
    made_files    bags and packs that were made of a case
    certificate   what was destroyed, as JSON and PDF, signed with the evidence key
"""

from fieldfare.reports.destruction.carrying_out import carry_out
from fieldfare.reports.destruction.certificate import certificate, write_certificate

__all__ = ["carry_out", "certificate", "write_certificate"]
