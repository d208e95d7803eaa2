"""Fieldfare: the child-protection layer that a messaging service plugs in.

The rooms, in the direction of the data (each imports only those before it):

    vocabulary   the words of the system: Account, Message, Connection, Notice
    sources      files and archives become messages, with provenance
    client       a typed client of the live service; imports only the vocabulary
    language     a message becomes evidence: token weights, indicators, stated ages
    contacts     who reaches whom: the ledger of pairs, and signals of an account
    risk         signals become an assessment: a scorecard, a band, reasons in words
    scan         the main job: paths in, ranked accounts and a report out
    lab          worlds to try it on, and benchmarks
    cli          the command line

Importing this package loads none of them: each loads when it is used.
"""

__version__ = "0.1.0"
