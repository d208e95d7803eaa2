"""Who reaches whom.

What enters: annotated messages, accounts, connections and notices, as Parquet files or Arrow
tables. What leaves: the ledger (what is remembered of every ordered pair of accounts) and the
signals (one row an account), as Arrow tables.

    sql/intake/   the vocabulary's tables become the ledger's events
    sql/ledger/   events -> one row an ordered pair; sums, minima and maxima only
    sql/signals/  the ledger -> one row an account
    definition    the order of these steps, and the merge derived from the ledger's SQL
    norms         what accounts of like activity reach: a file that the operator renews
    engine        the seam: load tables, create a table from SQL, fetch Arrow

To add a signal: a column in the step it belongs to and in `sql/signals/signals.sql`, its entry in
`catalogue.toml`, and, if it is to count, its bins in the scorecard. To add an engine: a class with
the methods of `engine.Engine`; `tests/contacts/test_engines.py` runs on all of them.
"""
