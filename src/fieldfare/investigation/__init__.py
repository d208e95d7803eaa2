"""The investigator's workbench: from one suspect's archives to every child contacted.

Enters: message archives of any format that `sources` reads, of one suspect: phones, exports,
warrant returns, also several of the same account. Leaves: one case folder with one database
(`tables.sql`): every person the suspect was in contact with, how probably a child, in which
country, at what risk now, and what each of these rests on, down to source file, member and record.

    tables.sql   the tables, and what each column means
    store        a case folder: opened, read, decided in
    importing    archives become `records`: what was read, never changed again
    identities   which accounts are one person: joins with evidence, proposed, confirmed, undone
    run          from records to everything else (``sql/``), as often as asked; the same each time
    output       CSVs and the short table
    records, reading, correspondence   the tables as typed records, for pages and reports
    wording      what is found, in words
    handover     the report of each country, evidence bags

Everything but `records`, `joins` and `verdicts` follows from these three, so undoing a join or a
verdict gives back exactly what was there before. It works by set, in DuckDB, on one machine.

To add a cue: its phrases in ``phrases/<language>.toml``, its entry in ``phrases/catalogue.toml``
and its weight in ``weights.toml``.
"""

from fieldfare.investigation.store import Investigation, Verdict

__all__ = ["Investigation", "Verdict"]
