"""The store of cases: everything that can be done with them, each for those who may.

The first argument of every public method is the actor; each has a rule (`permissions.allows`), and
a method without one is an error when this module is loaded.
"""

from __future__ import annotations

from fieldfare.cases.auditing import Auditing
from fieldfare.cases.deciding import Deciding
from fieldfare.cases.opening import Opening
from fieldfare.cases.queue import Queue


class CaseStore(Opening, Queue, Deciding, Auditing):
    """Cases, from opened to closed. Several may share a database, in several processes."""
