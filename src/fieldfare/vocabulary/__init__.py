"""The words of the system: Account, Message, Connection, Notice.

What enters: nothing; this room imports no other. What leaves: typed records for
code that handles one thing at a time (`records`), Arrow schemas for code that handles
a million (`schemas`), and times as int64 microseconds UTC (`times`). To add a field, add
it to the record and to the schema; `tests/vocabulary` holds the two together.
"""

from fieldfare.vocabulary.errors import FieldfareError, InputError, SettingsError
from fieldfare.vocabulary.records import (
    Account,
    Connection,
    Media,
    Message,
    Notice,
    Origin,
    Record,
)

__all__ = [
    "Account",
    "Connection",
    "FieldfareError",
    "InputError",
    "Media",
    "Message",
    "Notice",
    "Origin",
    "Record",
    "SettingsError",
]
