"""Reports: from people's decision to something the authorities can act on, and a court can trust.

Enters: a decided case (`fieldfare.cases`), with its conversations, assessment and audit chain; the
operator's settings and credentials. Leaves: a CyberTipline report and its receipt, a pack for the
National Crime Agency, an evidence bag that anyone can verify offline, a document to read.
To add a destination, see the seam of destinations in this room.

    case_file    one frozen view of a case, which everything here is built from

Nothing here decides that a report is made: two people do, in `cases`. Nothing connects to any
machine but the one the operator configured, and to a production system only by explicit setting.
"""
