"""Cases: what people decide about, who may, and the record of it.

What enters: snapshots of accounts (`scan.snapshot`) from scans and the live service, and what
people do. What leaves: typed, frozen records; decisions in force; labels for calibration. No web
framework is known here.

    records      what leaves
    errors       what can go wrong
    permissions  roles, permissions, the actor; the one place where both are checked
    states       the states of a case
    actions      what can be decided
    urgency      how imminent harm is: the order of the queue
    tables       the tables; `migrations` brings a database up to them
    report_tables  those of what leaves for the authorities
    retention_tables  those of holds and destructions
    database     SQLite or PostgreSQL
    vault        text at rest, keys
    audit        the chain of hashes
    desk         what the parts of the store share
    opening      a case is opened, or joined
    queue        what to look at next; leases
    reading      a case, its conversations, revealing
    noting       notes, tags, tasks, links, redactions, many at once
    searching    search, saved searches
    proposing    what takes two people
    deciding     decisions, undone, reported
    reviewing    blind second reviews, agreement, labels
    exporting    all of a case, frozen, for what leaves the house
    investigating  the record of what is done with investigations
    clocks       how long what is kept: data
    holding      what is kept until when and why; holds
    destroying   what is kept no longer: agreed to by two, carried out in steps
    caring       exposure, the team, keys
    auditing     the audit read and verified
    store        `CaseStore`, all of these parts in one
    users        users, signing in, sessions

To add an action, a sign of urgency, a state or a permission: the TOML file of that name. To add
something that can be done: a method in one of the parts, with ``@allows(…)``. To store more: a
column in `tables`, and a migration.
"""

from fieldfare.cases.permissions import OPERATOR, SERVICE, Actor, Permission
from fieldfare.cases.store import CaseStore

__all__ = ["OPERATOR", "SERVICE", "Actor", "CaseStore", "Permission"]
