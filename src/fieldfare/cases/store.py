"""The store of cases: everything that can be done with them, each for those who may.

The first argument of every public method is the actor; each has a rule (`permissions.allows`), and
a method without one is an error when this module is loaded.
"""

from __future__ import annotations

from fieldfare.cases.auditing import Auditing
from fieldfare.cases.caring import Caring
from fieldfare.cases.counting import Counting
from fieldfare.cases.destroying import Destroying
from fieldfare.cases.exporting import Exporting
from fieldfare.cases.investigating import Investigating
from fieldfare.cases.noting import Noting
from fieldfare.cases.opening import Opening
from fieldfare.cases.queue import Queue
from fieldfare.cases.reviewing import Reviewing
from fieldfare.cases.searching import Searching


class CaseStore(
    Opening,
    Queue,
    Reviewing,
    Noting,
    Searching,
    Exporting,
    Investigating,
    Destroying,
    Caring,
    Counting,
    Auditing,
):
    """Cases, from opened to closed. Several may share a database, in several processes."""
