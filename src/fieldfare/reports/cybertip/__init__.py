"""NCMEC's CyberTipline: a decided case becomes a report, filed once and for certain.

    model     the report as typed records, in the schema's order
    xml       records become XML; pure
    schema    is it what the operator's own copy of the schema wants?
    compose   a case becomes a report and its files
    client    the calls of the interface, one function each
    answers   codes, and what follows from each
    filing    open, upload, describe, finish, retract: resumable after a crash at any step

What is known of the interface, and how surely, stands in docs/reports.md.
"""
