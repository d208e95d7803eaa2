"""The main job: paths in, ranked accounts and a report out.

What enters: files and archives, and settings. What leaves: assessments (JSON Lines, Parquet) and
one self-contained page.

    settings   what the person at the keyboard decides
    gather     sources and language: everything read, annotated, and spooled to Parquet
    run        contacts and risk: from the spool to ranked assessments with evidence
    evidence   which children, which messages, which countries stand behind an assessment
    history    when an account would first have been flagged
    snapshot   all that a person needs in order to judge one account; a file of evidence/
    conversations  the messages with children, for snapshots
    evidence_folder  evidence/ written and read
    output     assessments.jsonl and assessments.parquet
    page       report.html
"""
