"""The case report: a PDF that an officer reads in five minutes and a defence expert in five hours.

Enters: a frozen case and what was gathered while its messages went by. Leaves: the document's data
(`content`), and the PDF that ``templates/report.typ`` makes of it (`report`). Every sentence says
what was measured and where its limits are; the rates of error are those of the scorecard that was
used, read from the card itself.
"""

from fieldfare.reports.document.gathering import Gathered, Gatherer
from fieldfare.reports.document.report import case_report

__all__ = ["Gathered", "Gatherer", "case_report"]
