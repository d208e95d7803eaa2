"""The hand-over: what is given to the police of each country, so that children are found.

Enters: an investigation. Leaves, for every country with a confirmed or probable child (and for
those whose country is not known, so that no child falls between two): a report as a page and as a
PDF that say the same, and tables; where it is asked for, an evidence bag of the messages.

    content   what a report says; other countries' children are in it by reference only
    sentences what is known of a child, and what is not, in sentences
    references where a line stands, in short, and what each mark stands for
    writing   reports and tables as files, and which of them are out of date
    tables    CSV
    bag       the messages with the children of a country, as an evidence bag
    report.html.j2, handover.css   the page; the PDF is typeset by `reports.typesetting`
"""

from fieldfare.investigation.handover.content import NOTE
from fieldfare.investigation.handover.writing import (
    FOLDER,
    Handed,
    handed,
    write_country,
    write_reports,
)

__all__ = ["FOLDER", "NOTE", "Handed", "handed", "write_country", "write_reports"]
