"""Reports: from people's decision to something the authorities can act on, and a court can trust.

Enters: a decided case (`fieldfare.cases`), with its conversations, assessment and audit chain; the
operator's settings and credentials. Leaves: a CyberTipline report and its receipt, a pack for the
National Crime Agency, an evidence bag that anyone can verify offline, a document to read.
To add a destination: a function from `packing.Job` to `packing.Made`, and its entry in
`destinations`. A hotline without an interface is a table in the operator's settings.

    case_file     one frozen view of a case, which everything here is built from
    destinations  where a case can go
    packing       what a destination is given and gives back; packs that a person hands in
    router        where a report belongs, and why (``jurisdictions.toml``)
    completeness  what would make it more actionable
    reasons       what two people said
    settings      the operator; `details`: the accounts, as the service knows them
    transcript    a conversation as text
    frozen        the case file as it is written down
    evidence      bags of it, verified offline; redacted copies
    document      the case report, for people
    typesetting   PDFs (``templates/``)
    filings       what is on its way, durably; `filing_rules`, `filing_records`
    credentials   names and passwords at the authorities
    cybertip      NCMEC's CyberTipline
    nca           the National Crime Agency
    hotline       any other (``hotlines.toml``)

Nothing here decides that a report is made: two people do, in `cases`. Nothing connects to any
machine but the one the operator configured, and to a production system only by explicit setting.
"""
