"""What two people said when they decided that a case is reported."""

from __future__ import annotations

from fieldfare.reports.case_file import CaseFile


def decided_reasons(case: CaseFile) -> frozenset[str]:
    """Codes of the reasons of the decision by two people that lets the case leave."""
    authority = case.authority
    if authority is None or authority.kind != "decision":
        return frozenset()
    return frozenset(
        reason for each in case.decisions if each.id == authority.id for reason in each.reasons
    )


def imminent(case: CaseFile) -> bool:
    """Whether they decided that a child is in danger now."""
    return "imminent_danger" in decided_reasons(case)


def revealed(case: CaseFile) -> frozenset[int]:
    """Messages (`FiledMessage.case_id`) whose text a person had shown, by the audit."""
    return frozenset(
        message
        for entry in case.trail()
        if entry.action == "text.reveal"
        for message in entry.detail.get("messages", ())
    )
